// What cannot be read: one sentence with its place, whatever the bytes.
#include "tests/backend/migration/migrating.h"

#include <gmock/gmock.h>

namespace ringscope {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string refusalOf(const std::string& text, const std::string& name = "old.yaml") {
    const Result<Migration> migration = migrate(inputOf(text, name));
    if (migration.ok()) return "it was migrated";
    EXPECT_EQ(migration.error().code, ErrorCode::InvalidConfig);
    EXPECT_EQ(migration.error().message.find('\n'), std::string::npos);
    return migration.error().message;
}

TEST(BrokenSource, OfYamlNamesLineAndColumn) {
    EXPECT_THAT(refusalOf("stage: sft\ncutoff_len: [1, 2\n"), StartsWith("old.yaml:"));
    EXPECT_THAT(refusalOf("stage: sft\n  cutoff_len: 3\n"), StartsWith("old.yaml:2:"));
    EXPECT_THAT(refusalOf("stage: sft\nstage: dpo\n"),
                StartsWith("old.yaml:2:1: duplicate key 'stage', written before in line 1"));
}

TEST(BrokenSource, OfJsonNamesLineAndColumn) {
    EXPECT_THAT(refusalOf("{\"a\": 1\n \"b\": 2}", "ds.json"),
                StartsWith("ds.json:2:2: not JSON: expected , or }"));
    EXPECT_THAT(refusalOf("{\"a\": 1,\n \"a\": 2}", "ds.json"),
                StartsWith("ds.json:2:2: duplicate key 'a', written before in line 1"));
}

TEST(BrokenSource, ThatIsNoTextIsSaidToBeNone) {
    const std::string binary("stage: sft\ncutoff_len: \x01\x02\0\xff", 26);
    EXPECT_THAT(refusalOf(binary), StartsWith("old.yaml:2:13: a byte that is no text"));
    EXPECT_THAT(refusalOf("\x89PNG\r\n\x1a\n"), HasSubstr("no text"));
}

TEST(BrokenSource, ThatIsNoConfigurationNamesThoseThatAreKnown) {
    EXPECT_THAT(refusalOf("colour: red\nsize: 3\n"), HasSubstr("360-llama-factory-alst"));
    EXPECT_THAT(refusalOf(""), HasSubstr("holds nothing"));
    EXPECT_THAT(refusalOf("- stage\n- sft\n"), HasSubstr("holds a list"));
    EXPECT_THAT(refusalOf("just words"), HasSubstr("holds a single text"));
}

TEST(BrokenSource, ThatIsTooLargeOrTooDeepIsRefusedQuickly) {
    EXPECT_THAT(refusalOf(std::string(2 << 20, 'a')), HasSubstr("at most 1.00 MiB"));
    EXPECT_THAT(refusalOf(std::string(1 << 19, '['), "deep.json"), HasSubstr("nested deeper"));
    EXPECT_NE(refusalOf(std::string(1 << 19, '[')), "it was migrated");
    std::string many;
    for (int i = 0; i < 6000; ++i) many += "k" + std::to_string(i) + ": 1\n";
    EXPECT_THAT(refusalOf(many), HasSubstr("more than 5,000 keys"));
}

TEST(BrokenSource, OfACompanionIsRefusedInItsName) {
    MigrationInput input = inputOf(baseText(2, "deepspeed: ds.json\n"));
    input.companions = {{"ds.json", "{\"a\": }"}};
    const Result<Migration> migration = migrate(input);
    ASSERT_FALSE(migration.ok());
    EXPECT_THAT(migration.error().message, StartsWith("ds.json:1:7: not JSON"));
}

TEST(Source, MayHaveAByteOrderMarkAndWindowsLines) {
    std::string text = "\xef\xbb\xbf";
    for (const char c : baseText(2, "cutoff_len: 4096\n"))
        text += c == '\n' ? "\r\n" : std::string(1, c);
    const Migration migration = migrated(text);
    EXPECT_EQ(verdictOn(migration, "cutoff_len").line, 5);
    EXPECT_EQ(verdictOn(migration, "cutoff_len").old, "4096");
    EXPECT_EQ(verdictOn(migration, "model_name_or_path").column, 1);
}

}  // namespace
}  // namespace ringscope
