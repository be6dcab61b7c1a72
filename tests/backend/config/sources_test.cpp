// The environment and the command line, each by itself.
#include "backend/config/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringscope {
namespace {

std::vector<std::string> texts(const std::vector<ConfigProblem>& problems) {
    std::vector<std::string> lines;
    for (const ConfigProblem& problem : problems) lines.push_back(problem.text());
    return lines;
}

TEST(Environment, SetsFieldsByNamesWithTwoUnderscores) {
    const SettingLayer layer = readEnvironment({{"RINGSCOPE_MODEL__HIDDEN_SIZE", "1_024"}});
    ASSERT_EQ(layer.settings.size(), 1U);
    EXPECT_EQ(layer.settings[0].field->path, "model.hidden_size");
    EXPECT_EQ(layer.settings[0].value, "1024");
    EXPECT_EQ(layer.settings[0].origin, "environment RINGSCOPE_MODEL__HIDDEN_SIZE");
}

TEST(Environment, LeavesVariablesAloneThatAreNoFields) {
    const SettingLayer layer = readEnvironment({{"RINGSCOPE_DB", "/x"},
                                                {"RINGSCOPE_CACHE", "x"},
                                                {"RINGSCOPE__DB", "x"},
                                                {"MODEL__HIDDEN_SIZE", "x"},
                                                {"HOME", "/"}});
    EXPECT_TRUE(layer.settings.empty());
    EXPECT_TRUE(layer.problems.empty());
}

TEST(Environment, NamesTheVariableThatWasMeant) {
    EXPECT_THAT(texts(readEnvironment({{"RINGSCOPE_TRAIN__STEP", "3"}}).problems),
                testing::ElementsAre("RINGSCOPE_TRAIN__STEP: this variable names no field; did you "
                                     "mean 'RINGSCOPE_TRAIN__STEPS'?"));
}

TEST(Environment, SaysWhatIsWrongWithAValueAfterItsName) {
    const SettingLayer layer = readEnvironment({{"RINGSCOPE_ATTENTION__CAUSAL", "1"}});
    EXPECT_THAT(
        texts(layer.problems),
        testing::ElementsAre("RINGSCOPE_ATTENTION__CAUSAL: expected true or false; got '1'"));
    EXPECT_TRUE(layer.broken.contains(findField("attention.causal")));
}

TEST(Overrides, SetFieldsNameAndRepeat) {
    const SettingLayer layer =
        readOverrides({"train.steps=20", "name=a=b", "repeat=3", "attention.window=null"});
    EXPECT_TRUE(layer.problems.empty());
    ASSERT_EQ(layer.settings.size(), 2U);
    EXPECT_EQ(layer.settings[0].value, "20");
    EXPECT_EQ(layer.settings[0].where, "--set train.steps");
    EXPECT_EQ(layer.settings[1].value, "null");
    EXPECT_EQ(layer.name, "a=b");
    EXPECT_EQ(layer.repeat, 3);
}

TEST(Overrides, SayHowTheyAreWrittenAndWhichFieldWasMeant) {
    EXPECT_THAT(
        texts(readOverrides({"train.steps", "=3", "train.setps=3", "train.steps=x", "repeat=0"})
                  .problems),
        testing::ElementsAre(
            "--set: expected PATH=VALUE like train.steps=20; got 'train.steps'",
            "--set: expected PATH=VALUE like train.steps=20; got '=3'",
            "--set 'train.setps': there is no such field; did you mean 'train.steps'?",
            "--set train.steps: expected an integer, 1 to 1,000,000,000; got 'x'",
            "--set repeat: expected an integer, 1 to 10,000; got '0'"));
}

TEST(Tokens, TakeUnitsFromEverySourceAndSayTheirDigits) {
    const auto only = [](const SettingLayer& layer) {
        EXPECT_TRUE(layer.problems.empty());
        return layer.settings.size() == 1 ? layer.settings[0].value : "";
    };
    EXPECT_EQ(only(readEnvironment({{"RINGSCOPE_TRAIN__SEQ_LEN", "1M"}})), "1048576");
    const SettingLayer set = readOverrides({"train.seq_len=128k"});
    EXPECT_EQ(only(set), "131072");
    EXPECT_THAT(texts(set.notes),
                testing::ElementsAre("--set train.seq_len: 128k is 131,072 tokens"));
    EXPECT_TRUE(readOverrides({"train.seq_len=131072"}).notes.empty());
    EXPECT_EQ(only(readOverrides({"attention.window=4Ki"})), "4096");
}

TEST(Tokens, AloneTakeUnits) {
    EXPECT_EQ(readOverrides({"train.steps=1k"}).problems.size(), 1U);
    EXPECT_EQ(readOverrides({"train.seq_len=128k,"}).problems.size(), 1U);
    EXPECT_EQ(readOverrides({"train.seq_len=1G"}).problems.size(), 1U);  // over the most
}

}  // namespace
}  // namespace ringscope
