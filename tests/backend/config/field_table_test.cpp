#include "backend/config/field_table.h"

#include "backend/config/conflicts.h"
#include "backend/config/experiment.h"
#include "backend/config/field_reference.h"
#include "tests/backend/config/random_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <set>

namespace ringscope {
namespace {

std::string refusal(std::string_view path, std::string_view text) {
    RunConfig config;
    const Result<void> set = findField(path)->set(config, text);
    EXPECT_FALSE(set.ok()) << path << " took " << text;
    EXPECT_EQ(config, RunConfig{}) << "a refused value changed the configuration";
    return set.ok() ? "" : set.error().message;
}

TEST(FieldTable, SpellsEveryFieldOnceAndFindsItThere) {
    std::set<std::string> names;
    for (const Field& field : fieldTable()) {
        EXPECT_EQ(findField(field.path), &field);
        EXPECT_TRUE(names.insert(environmentName(field)).second) << field.path;
        // Of a section, or of a part of one.
        const auto dots = std::ranges::count(field.path, '.');
        EXPECT_TRUE(dots == 1 || (dots == 2 && field.path.starts_with("attention.pattern.")))
            << field.path;
        EXPECT_FALSE(field.help.empty()) << field.path;
        EXPECT_FALSE(field.expected.empty()) << field.path;
        EXPECT_EQ(field.type == FieldType::Choice, !field.choices.empty()) << field.path;
    }
    EXPECT_EQ(findField("model.hidden"), nullptr);
}

TEST(FieldTable, AcceptsEveryDefaultInItsOwnWords) {
    const RunConfig defaults;
    for (const Field& field : fieldTable()) {
        RunConfig config;
        const Result<void> set = field.set(config, field.get(defaults));
        EXPECT_TRUE(set.ok()) << field.path << ": " << (set.ok() ? "" : set.error().message);
        EXPECT_EQ(config, defaults) << field.path;
    }
}

// Fails for a member that has no row, and for two rows that share one.
RC_GTEST_PROP(FieldTable, CarriesAWholeConfigurationFieldByField, ()) {
    const RunConfig source = *anyConfig();
    RunConfig copy;
    for (const Field& field : fieldTable()) RC_ASSERT(field.set(copy, field.get(source)).ok());
    RC_ASSERT(copy == source);
}

TEST(FieldTable, ReadsNullOnlyWhereAFieldMayBeUnset) {
    for (const Field& field : fieldTable()) {
        RunConfig config;
        const bool taken = field.set(config, "~").ok();
        const bool anyText = field.type == FieldType::Text && field.path != "data.tokenizer";
        EXPECT_EQ(taken, field.nullable || anyText || field.type == FieldType::TextList)
            << field.path;
        if (field.nullable) {
            EXPECT_EQ(field.get(config), "null") << field.path;
        }
    }
}

TEST(FieldTable, SaysWhatItExpectedAndWhatItGot) {
    EXPECT_EQ(refusal("model.layers", "twelve"), "expected an integer, 1 to 1,024; got 'twelve'");
    EXPECT_EQ(refusal("model.layers", "0"), "expected an integer, 1 to 1,024; got '0'");
    EXPECT_EQ(refusal("train.seed", "-1"), "expected an integer, at least 0; got '-1'");
    EXPECT_EQ(refusal("train.lr", "-1e-3"), "expected a number, at least 0; got '-1e-3'");
    EXPECT_EQ(refusal("model.rope_theta", "0"), "expected a number, above 0; got '0'");
    EXPECT_EQ(refusal("attention.dropout", "1"),
              "expected a number, at least 0 and below 1; got '1'");
    EXPECT_EQ(refusal("attention.causal", "yes"), "expected true or false; got 'yes'");
    EXPECT_EQ(refusal("attention.window", "all"),
              "expected an integer like 4096 or 128k (k is 1,024), 1 to 67,108,864, or null; got "
              "'all'");
    EXPECT_EQ(refusal("data.tokenizer", "bpe"),
              "expected byte, char, ids or a path like ./byte.json; got 'bpe'");
    EXPECT_EQ(refusal("data.source", " "), "expected text, not empty, on one line; got ' '");
    EXPECT_EQ(refusal("parallel.comm_buffer_limit", "0"),
              "expected a size like 512MiB, 1 to 1024TiB; got '0'");
    EXPECT_EQ(refusal("profile.steps", "[6, 3]"),
              "expected two steps like [3, 6], the second one not included, 0 <= first < second, "
              "or null; got '[6, 3]'");
    EXPECT_EQ(refusal("profile.ranks", "[1, 1]"),
              "expected a list of integers like [0, 3], each 0 to 1,023, none of them twice, or "
              "null; got '[1, 1]'");
    for (const char* ranks : {"[]", "all", "[-1]", "[0-3]", "[1024]", "[1, ]"})
        EXPECT_NE(refusal("profile.ranks", ranks), "") << ranks;
    EXPECT_EQ(refusal("launch.hosts", "[a b]"),
              "expected a list like [a, b], items without spaces, commas or brackets; "
              "got '[a b]'");
}

TEST(FieldTable, NamesTheChoiceThatWasMeant) {
    EXPECT_EQ(refusal("parallel.mode", "zigzg"),
              "expected one of none, legacy, ring, zigzag, striped, ulysses, usp, llama3, "
              "ring-allgather, double-ring, dilated-ring, dilated-gather, needed-blocks, auto; "
              "got 'zigzg'; did you mean 'zigzag'?");
    EXPECT_EQ(refusal("parallel.mode", "spiral"),
              "expected one of none, legacy, ring, zigzag, striped, ulysses, usp, llama3, "
              "ring-allgather, double-ring, dilated-ring, dilated-gather, needed-blocks, auto; "
              "got 'spiral'");
}

TEST(FieldTable, ReadsSizesStepsAndListsTheWayTheyAreTyped) {
    RunConfig config;
    ASSERT_TRUE(findField("parallel.comm_buffer_limit")->set(config, "512 MiB").ok());
    ASSERT_TRUE(findField("profile.steps")->set(config, "3,6").ok());
    ASSERT_TRUE(findField("profile.ranks")->set(config, "3, 1").ok());
    ASSERT_TRUE(findField("launch.hosts")->set(config, "a,b").ok());
    ASSERT_TRUE(findField("train.seq_len")->set(config, "1_024").ok());
    EXPECT_EQ(config.parallel.commBufferLimit, Bytes{512 << 20});
    EXPECT_EQ(config.profile.steps, (StepRange{3, 6}));
    EXPECT_EQ(config.profile.ranks, (std::vector<std::int64_t>{1, 3}));
    EXPECT_EQ(findField("profile.ranks")->get(config), "[1, 3]");
    EXPECT_EQ(config.launch.hosts, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(config.train.seqLen, 1024);
}

TEST(EnvironmentName, IsThePathInCapitalsWithTwoUnderscoresForTheDot) {
    EXPECT_EQ(environmentName(*findField("model.hidden_size")), "RINGSCOPE_MODEL__HIDDEN_SIZE");
}

TEST(FieldReference, HasARowForEveryFieldWithItsDefault) {
    const std::string text = fieldReferenceMarkdown();
    const RunConfig defaults;
    for (const Field& field : fieldTable()) {
        EXPECT_THAT(text, testing::HasSubstr("| `" + std::string(field.path) + "` | " +
                                             std::string(field.help) + " |"));
        EXPECT_THAT(text, testing::HasSubstr("| `" + field.get(defaults) + "` |\n"));
    }
    for (const ModelPreset& preset : modelPresets())
        EXPECT_THAT(text, testing::HasSubstr("| `" + std::string(preset.name) + "` |"));
}

}  // namespace
}  // namespace ringscope
