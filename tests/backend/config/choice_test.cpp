#include "backend/config/choices.h"

#include "backend/config/field_table.h"
#include "backend/config/precision.h"
#include "backend/core/text.h"
#include "tests/backend/config/reading.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringscope {
namespace {

using ::testing::ElementsAre;

template <typename Enum>
void expectRoundTrips() {
    for (const std::string& name : choiceNames<Enum>()) {
        const std::optional<Enum> value = findChoice<Enum>(name);
        ASSERT_TRUE(value) << name;
        EXPECT_EQ(nameOf(*value), name);
        EXPECT_EQ(rowOf(*value).value, *value);
    }
    EXPECT_FALSE(findChoice<Enum>(""));
    EXPECT_FALSE(findChoice<Enum>("AUTO"));
    EXPECT_FALSE(findChoice<Enum>("auto "));
}

TEST(Choices, ReadBackFromTheirNames) {
    expectRoundTrips<UlyssesOrder>();
    expectRoundTrips<MlaKeys>();
    expectRoundTrips<CuptiUse>();
    expectRoundTrips<TransportKind>();
    expectRoundTrips<DeviceChoice>();
    expectRoundTrips<NumberFormat>();
}

// Files, command lines and stored runs hold these words.
TEST(Choices, AreSpelledAsTheyAlwaysWere) {
    const auto choices = [](std::string_view path) { return findField(path)->choices; };
    EXPECT_THAT(choices("train.precision"), ElementsAre("fp32", "bf16", "fp16", "fp64"));
    EXPECT_THAT(choices("parallel.ulysses_order"), ElementsAre("inner", "outer"));
    EXPECT_THAT(choices("profile.cupti"), ElementsAre("auto", "on", "off"));
    EXPECT_THAT(choices("launch.transport"), ElementsAre("local", "ssh"));
    EXPECT_THAT(choices("launch.device"), ElementsAre("auto", "cpu", "cuda"));
}

TEST(Choices, AreSetByEachOfTheirNamesAndWrittenAsThem) {
    for (const Field& field : fieldTable()) {
        for (const std::string& choice : field.choices) {
            RunConfig config;
            EXPECT_TRUE(field.set(config, choice).ok()) << field.path << " " << choice;
            EXPECT_EQ(field.get(config), choice) << field.path;
        }
    }
}

TEST(Choices, RefuseOtherWordsWhereTheyStandAndNameTheNearest) {
    const auto problem = [](const std::string& text) { return join(problemsIn(text), " | "); };
    EXPECT_EQ(problem("train:\n  precision: fp8\n"),
              "t.yaml:2:14: train.precision: expected one of fp32, bf16, fp16, fp64; got 'fp8'");
    EXPECT_EQ(problem("launch: {transport: pigeon}\n"),
              "t.yaml:1:21: launch.transport: expected one of local, ssh; got 'pigeon'");
    EXPECT_EQ(problem("launch:\n  device: cdua\n"),
              "t.yaml:2:11: launch.device: expected one of auto, cpu, cuda; got 'cdua'; did you "
              "mean 'cuda'?");
    EXPECT_EQ(problem("data:\n\n  tokenizer: bpe\n"),
              "t.yaml:3:14: data.tokenizer: expected byte, char, ids or a path like ./byte.json; "
              "got 'bpe'");
    EXPECT_EQ(problem("profile: {cupti: true}\n"),
              "t.yaml:1:18: profile.cupti: expected one of auto, on, off; got 'true'");
    EXPECT_EQ(problem("parallel:\n  ulysses_order: [inner]\n"),
              "t.yaml:2:18: parallel.ulysses_order: expected one of inner, outer; got a list");
}

TEST(NumberFormats, SumInAtLeastAsManyBytesAsTheyStore) {
    for (const NumberFormatRow& format : numberFormats) {
        EXPECT_GE(format.sumBytes, format.bytes) << format.name;
        EXPECT_GE(format.sumBytes, 4) << format.name;
    }
}

}  // namespace
}  // namespace ringscope
