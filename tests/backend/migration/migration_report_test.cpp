#include "backend/migration/migration_report.h"

#include "tests/backend/migration/migrating.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace ringscope {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> namesOf(const nlohmann::json& object) {
    std::vector<std::string> names;
    for (const auto& [name, value] : object.items()) names.push_back(name);
    return names;  // in alphabetical order
}

std::string written(const char* extension, const MigrationInput& input) {
    const auto format = migrationReportFormatFor(std::string("out") + extension);
    EXPECT_TRUE(format.ok());
    return (*format)->write(input, migrated(input));
}

TEST(MigrationJson, HasExactlyItsDocumentedFields) {
    const MigrationInput input = fixture("base_zigzag.yaml");
    const auto object = nlohmann::json::parse(migrationJson(input, migrated(input)));
    EXPECT_THAT(namesOf(object), ElementsAre("changed", "decisions", "experiment", "keys", "plan",
                                             "proof", "schema_version", "source", "summary"));
    EXPECT_THAT(namesOf(object["source"]), ElementsAre("confidence", "kind", "reason"));
    EXPECT_THAT(namesOf(object["keys"][0]),
                ElementsAre("column", "cost", "line", "new", "new_path", "old", "path", "reason",
                            "use", "verdict", "versions"));
    EXPECT_THAT(namesOf(object["summary"]), ElementsAre("carried", "dangerous", "dropped",
                                                        "housekeeping", "needed", "unknown"));
    EXPECT_THAT(namesOf(object["decisions"][0]),
                ElementsAre("answered", "chosen", "default", "id", "key", "options", "question"));
    EXPECT_THAT(namesOf(object["decisions"][0]["options"][0]),
                ElementsAre("consequence", "id", "label", "plan"));
}

TEST(MigrationJson, NamesTheCompanionBeforeItsKeys) {
    const MigrationInput input = fixture("base_zigzag.yaml");
    const auto object = nlohmann::json::parse(migrationJson(input, migrated(input)));
    EXPECT_EQ(object["keys"][1]["path"], "stage");
    EXPECT_EQ(object["keys"][25]["path"], "deepspeed/zero3.json:train_batch_size");
    EXPECT_EQ(object["experiment"], migrated(input).experiment);
    EXPECT_EQ(object["changed"], true);
}

TEST(MigrationReport, IsFoundByExtensionOrNamesTheKnown) {
    const auto unknown = migrationReportFormatFor("out.pdf");
    ASSERT_FALSE(unknown.ok());
    EXPECT_EQ(unknown.error().message,
              "'out.pdf' has no extension of a migration report; use .md, .html, .json");
    EXPECT_TRUE(migrationReportFormatFor("OUT.HTML").ok());
}

TEST(MigrationReport, ShowsKeysDecisionsLinesAndExperiment) {
    const MigrationInput input = fixture("alst_fork.yaml");
    for (const char* extension : {".md", ".html"}) {
        const std::string text = written(extension, input);
        for (const char* part : {"Keys", "Decisions", "Experiment", "Lines", "sliding", "dangerous",
                                 "default, open", "name: alst"})
            EXPECT_THAT(text, HasSubstr(part)) << extension;
    }
}

TEST(MigrationReport, LetsNothingOfTheSourceBecomeMarkup) {
    const MigrationInput input =
        inputOf(baseText(2, "dataset: \"<script>alert(1)</script> | ``` *x*\"\n"), "<b>.yaml");
    EXPECT_EQ(written(".html", input).find("<script"), std::string::npos);
    EXPECT_EQ(written(".html", input).find("<b>.yaml"), std::string::npos);
    const std::string markdown = written(".md", input);
    EXPECT_THAT(markdown, HasSubstr("\\<script>"));
    EXPECT_THAT(markdown, HasSubstr(" \\| \\`\\`\\` \\*x\\*"));
}

TEST(VerdictCounts, NameThoseThatOccur) {
    EXPECT_EQ(verdictCounts(Migration{}), "no keys");
    EXPECT_EQ(verdictCounts(migrated(fixture("accelerate_sp.yml"))),
              "2 kept, 2 renamed, 2 converted, 1 needs decision");
}

}  // namespace
}  // namespace ringscope
