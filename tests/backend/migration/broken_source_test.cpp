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
    EXPECT_TRUE(migration.error().code == ErrorCode::InvalidConfig ||
                migration.error().code == ErrorCode::NotFound);
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

// Wherever a text is broken, the sentence begins with the place where a reader finds it.
TEST(BrokenSource, IsRefusedAtThePlaceThatIsBroken) {
    struct Broken {
        const char* name;
        const char* text;
        const char* place;
        const char* words;
    };
    for (const Broken& broken : {
             Broken{"a.json", "{\"a\": 1,, \"b\": 2}", "a.json:1:9: ", "expected a key"},
             Broken{"a.json", "{\"a\" 1}", "a.json:1:6: ", "expected : after the key"},
             Broken{"a.json", "{\"a\": 1} x", "a.json:1:10: ", "expected the end of the file"},
             Broken{"a.json", "{\"a\": tru}", "a.json:1:7: ", "expected a value; got 'tru'"},
             Broken{"a.json", "{\n  \"a\": \"b\n}", "a.json:2:10: ", "a text that does not end"},
             Broken{"a.json", "{ /* a\n\n", "a.json:1:3: ", "a comment that does not end"},
             Broken{"a.json", "{\"a\": \"\\q\"}", "a.json:1:9: ", "an unknown escape"},
             Broken{"a.json", "{\"a\": \"\\u12g4\"}", "a.json:1:12: ", "four hexadecimal digits"},
             Broken{"a.json", "{\"\xc3\xa9\xc3\xa9\": }",
                    "a.json:1:8: ", "expected a value; got '}'"},
             Broken{"a.yaml", "a: 1\nb: 'x\n", "a.yaml:", ""},
             Broken{"a.yaml", "a: {b: 1\n", "a.yaml:", ""},
             Broken{"a.yaml", "stage: sft\na: 1\nb: 2\na: 3\n",
                    "a.yaml:4:1: ", "written before in line 2"},
             Broken{"a.yaml", "stage: sft\nx: {a: 1, a: 2}\n",
                    "a.yaml:2:11: ", "duplicate key 'a'"},
         }) {
        const std::string refusal = refusalOf(broken.text, broken.name);
        EXPECT_THAT(refusal, StartsWith(broken.place)) << broken.text;
        EXPECT_THAT(refusal, HasSubstr(broken.words)) << broken.text;
    }
}

TEST(BrokenSource, ThatIsOnlyUnusualIsReadWithANoteAtThePlace) {
    const Migration migration =
        migrated(inputOf("{ // a comment\n  \"zero_optimization\": {\"stage\": 3},\n}", "ds.json"));
    EXPECT_THAT(migration.notes,
                testing::Contains("ds.json:1:3: comments are no part of JSON and were skipped"));
    EXPECT_THAT(migration.notes, testing::Contains(StartsWith("ds.json:2:36: a trailing comma")));
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
