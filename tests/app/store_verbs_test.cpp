// runs, compare, report: verbs that read a store.
#include "app/cli/command.h"
#include "tests/app/command_line.h"

#include <gmock/gmock.h>
#include <algorithm>
#include <nlohmann/json.hpp>

namespace ringscope::test {
namespace {

using nlohmann::json;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class StoreVerbs : public CommandLineTest {};

TEST_F(StoreVerbs, AreNotFoundWhereThereIsNoStoreAndMakeNone) {
    for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
             {"runs", "ls"}, {"runs", "show"}, {"compare"}, {"report", "-o", at("r.html")}})
        EXPECT_EQ(run(words).exit, cli::NotFound) << words.front();
    EXPECT_THAT(filesOf(folder()), IsEmpty());
}

TEST_F(StoreVerbs, RefuseAFileThatIsNoStore) {
    write("ringscope.db", std::string(4096, 'x'));
    const Ran ran = run({"runs", "ls"});
    EXPECT_EQ(ran.exit, cli::BadStore);
    EXPECT_THAT(ran.err, StartsWith("ringscope: "));
    EXPECT_THAT(ran.out, IsEmpty());
}

TEST_F(StoreVerbs, CheckSaysThatAStoreIsWhole) {
    addRun("ring");
    const Ran ran = run({"db", "check"});
    EXPECT_EQ(ran.exit, cli::Ok);
    EXPECT_EQ(ran.out, file().string() + " is whole\n");
}

TEST_F(StoreVerbs, RecoverTakesInTheRunsOfAnotherStore) {
    const RunRecord ring = addRun("ring");
    const std::string other = at("other.db");
    std::filesystem::copy_file(file(), other);
    EXPECT_EQ(run({"runs", "rm", "@last", "--yes"}).exit, cli::Ok);
    const Ran ran = run({"db", "recover", other});
    EXPECT_EQ(ran.exit, cli::Ok) << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("added"));
    EXPECT_TRUE(open()->load(ring.id).ok());
    EXPECT_EQ(run({"db", "recover", at("none.db")}).exit, cli::NotFound);
}

TEST_F(StoreVerbs, ListSaysHowToStartWhereThereAreNoRuns) {
    open();
    const Ran ran = run({"runs", "ls"});
    EXPECT_EQ(ran.exit, cli::Ok);
    EXPECT_THAT(ran.out, IsEmpty());
    EXPECT_EQ(ran.err, "ringscope: no runs; start some with `ringscope demo`\n");
    EXPECT_EQ(json::parse(run({"runs", "ls", "--json"}).out)["runs"], json::array());
}

TEST_F(StoreVerbs, ListIsALinePerRunNewestFirst) {
    addRun("legacy");
    addRun("zigzag");
    const std::string out = run({"runs", "ls"}).out;
    EXPECT_EQ(std::ranges::count(out, '\n'), 3);
    EXPECT_LT(out.find("sample/zigzag"), out.find("sample/legacy"));
}

TEST_F(StoreVerbs, ListTakesFiltersAndALimit) {
    addRun("legacy");
    addRun("zigzag");
    const auto listed = [&](std::vector<std::string> more) {
        std::vector<std::string> words = {"runs", "ls", "--json"};
        words.insert(words.end(), more.begin(), more.end());
        return json::parse(run(words).out)["runs"].size();
    };
    EXPECT_EQ(listed({}), 2U);
    EXPECT_EQ(listed({"--mode", "zigzag"}), 1U);
    EXPECT_EQ(listed({"--status", "failed"}), 0U);
    EXPECT_EQ(listed({"--experiment", "another"}), 0U);
    EXPECT_EQ(listed({"-n", "1"}), 1U);
    EXPECT_EQ(listed({"-n", "0"}), 2U);
    EXPECT_EQ(run({"runs", "ls", "-n", "-1"}).exit, cli::Usage);
}

TEST_F(StoreVerbs, ListHasWholeRunsForPrograms) {
    addRun("ring");
    const json runs = json::parse(run({"runs", "ls", "--json"}).out)["runs"];
    EXPECT_EQ(runs[0]["losses"].size(), 4U);
}

TEST_F(StoreVerbs, ShowHasTheNewestExperimentWhereNoneIsNamed) {
    addRun("ring", "first");
    addRun("zigzag", "second");
    const std::string out = run({"runs", "show"}).out;
    EXPECT_THAT(out, StartsWith("second/zigzag\n"));
    EXPECT_THAT(out, Not(HasSubstr("first/ring")));
}

TEST_F(StoreVerbs, ShowHasARunOnceHoweverOftenItIsNamed) {
    const RunRecord ring = addRun("ring");
    const json runs =
        json::parse(run({"runs", "show", ring.id.text, "sample", "--json"}).out)["runs"];
    EXPECT_EQ(runs.size(), 1U);
}

TEST_F(StoreVerbs, ShowHasTheLastLogLinesWhereTheyAreAskedFor) {
    const RunRecord ring = addRun("ring");
    ASSERT_TRUE(open()->logLine(ring, 1, "hello from the rank").ok());
    EXPECT_THAT(run({"runs", "show"}).out, Not(HasSubstr("hello from the rank")));
    EXPECT_THAT(run({"runs", "show", "--log", "5"}).out, EndsWith("rank 1: hello from the rank\n"));
}

TEST_F(StoreVerbs, ShowOfARunThatIsNotThereIsNotFound) {
    addRun("ring");
    const Ran ran = run({"runs", "show", "rong"});
    EXPECT_EQ(ran.exit, cli::NotFound);
    EXPECT_THAT(ran.err, HasSubstr("rong"));
}

TEST_F(StoreVerbs, ComparePrintsTheTableAndTheVerdict) {
    addRun("legacy");
    addRun("zigzag");
    const Ran ran = run({"compare", "sample", "--baseline", "sample/legacy"});
    EXPECT_EQ(ran.exit, cli::Ok) << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("zigzag"));
    EXPECT_THAT(ran.out, HasSubstr("baseline"));
    EXPECT_THAT(ran.out, Not(HasSubstr("\x1b")));
    EXPECT_THAT(run({"compare", "sample", "--color", "always"}).out, HasSubstr("\x1b["));
}

TEST_F(StoreVerbs, CompareTakesTheBaselineThatIsNamed) {
    addRun("legacy");
    const RunRecord zigzag = addRun("zigzag");
    const json report =
        json::parse(run({"compare", "sample", "--baseline", zigzag.id.text, "--json"}).out);
    EXPECT_EQ(report["comparison"]["baseline"]["mode"], "zigzag");
}

TEST_F(StoreVerbs, CompareRefusesABaselineThatIsNotCompared) {
    const RunRecord first = addRun("legacy", "first");
    addRun("zigzag", "second");
    const Ran ran = run({"compare", "second", "--baseline", first.id.text});
    EXPECT_EQ(ran.exit, cli::NotFound);
    EXPECT_THAT(ran.err, HasSubstr("is not among the runs to compare; name it too"));
}

TEST_F(StoreVerbs, CompareHasItsTableInOtherFormats) {
    addRun("legacy");
    EXPECT_THAT(run({"compare", "--csv"}).out, StartsWith("run_id,name,experiment,mode,"));
    EXPECT_THAT(run({"compare", "--md"}).out, StartsWith("# sample\n"));
    EXPECT_EQ(json::parse(run({"compare", "--json"}).out)["title"], "sample");
}

TEST_F(StoreVerbs, UpgradeMakesAnOlderStoreReadableAndKeepsACopy) {
    EXPECT_EQ(run({"db", "upgrade"}).exit, cli::NotFound);
    addRun("ring");
    EXPECT_THAT(run({"db", "upgrade"}).out, HasSubstr("is of this Ringscope already"));
    forgetSchemaNine(file());
    sql(file(),
        "DROP TABLE run_validation; DROP TABLE run_routing; ALTER TABLE run_rank DROP COLUMN "
        "expert_bytes;"
        "PRAGMA user_version = 6");
    const Ran refused = run({"runs", "ls"});
    EXPECT_THAT(refused.err, HasSubstr("`ringscope db upgrade` makes it new, after a backup"));
    const Ran upgraded = run({"db", "upgrade"});
    EXPECT_EQ(upgraded.exit, cli::Ok) << upgraded.err;
    EXPECT_THAT(upgraded.out, HasSubstr("is upgraded; its backup stands beside it"));
    EXPECT_THAT(run({"runs", "ls"}).out, HasSubstr("sample/ring"));
    EXPECT_EQ(std::ranges::count_if(filesOf(folder()),
                                    [](const auto& entry) {
                                        return entry.first.find(".backup") != std::string::npos;
                                    }),
              1);
}

TEST_F(StoreVerbs, CompareFailsWhereNothingFinished) {
    RunRecord failed = newRun("ring");
    failed.status = RunStatus::Failed;
    failed.statusReason = "rank 1 was ended by SIGKILL";
    const auto store = open();
    ASSERT_TRUE(store->created(failed).ok());
    ASSERT_TRUE(store->ended(failed).ok());
    EXPECT_EQ(run({"compare"}).exit, cli::RunFailed);
    EXPECT_EQ(run({"compare", "--json"}).exit, cli::RunFailed);
}

TEST_F(StoreVerbs, ReportWritesTheFormatOfItsExtension) {
    addRun("legacy");
    const Ran ran = run({"report", "-o", at("r.json"), "--title", "mine"});
    EXPECT_EQ(ran.exit, cli::Ok) << ran.err;
    EXPECT_EQ(ran.out, at("r.json") + "\n");
    EXPECT_EQ(json::parse(readFile(at("r.json")).value())["title"], "mine");
}

TEST_F(StoreVerbs, ReportRefusesAnUnknownExtensionBeforeItLooksForAStore) {
    const Ran ran = run({"report", "-o", at("r.doc")});
    EXPECT_EQ(ran.exit, cli::Usage);
    EXPECT_THAT(ran.err, HasSubstr(".html"));
}

}  // namespace
}  // namespace ringscope::test
