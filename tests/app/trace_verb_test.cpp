// trace: what recorded steps say, as text, JSON and CSV, and files for other tools.
#include "app/cli/command.h"
#include "backend/trace/file/trace_folder.h"
#include "backend/trace/trace_files.h"
#include "tests/app/command_line.h"
#include "tests/backend/analysis/made_ring.h"

#include <gmock/gmock.h>
#include <algorithm>
#include <nlohmann/json.hpp>

namespace ringscope::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class TraceVerb : public CommandLineTest {
protected:
    // A folder with the files of two ranks.
    std::string traced(const std::string& name = "traced", std::int64_t slowBy = 0) {
        const Trace trace = mergeRanks(test::madeRing({.ranks = 2, .slow = 1, .slowBy = slowBy}));
        EXPECT_TRUE(writeTrace(trace, folder() / name).ok());
        return at(name);
    }
};

TEST_F(TraceVerb, SaysTheSameAsTextJsonAndCsv) {
    const std::string trace = traced();
    EXPECT_THAT(run({"trace", "info", trace}).out, HasSubstr(" spans of 2 ranks over "));
    for (const char* verb : {"info", "analyze", "steps", "top"}) {
        const Ran text = run({"trace", verb, trace});
        EXPECT_EQ(text.exit, cli::Ok) << verb << ": " << text.err;
        EXPECT_FALSE(text.out.empty());
        EXPECT_FALSE(json::parse(run({"trace", verb, trace, "--json"}).out).is_null()) << verb;
        EXPECT_GE(std::ranges::count(run({"trace", verb, trace, "--csv"}).out, '\n'), 2) << verb;
    }
}

TEST_F(TraceVerb, PrintsOneFormat) {
    EXPECT_EQ(run({"trace", "steps", traced(), "--json", "--csv"}).exit, cli::Usage);
}

TEST_F(TraceVerb, DiffNamesItsSidesByTheirFolders) {
    const std::string before = traced("before");
    const std::string after = traced("after", 400'000);
    const json object = json::parse(run({"trace", "diff", before, after, "--json"}).out);
    EXPECT_EQ(object["before"], "before");
    EXPECT_EQ(object["after"], "after");
    EXPECT_GT(object["change_ns_per_step"], 0.0);
    EXPECT_THAT(run({"trace", "diff", before, after}).out, HasSubstr("ms per step "));
}

TEST_F(TraceVerb, TopShowsAsManyNamesAsAskedFor) {
    const std::string trace = traced();
    EXPECT_THAT(run({"trace", "top", trace, "-n", "1"}).out, HasSubstr("more names; -n shows"));
}

TEST_F(TraceVerb, TopHoldsAsManyNamesForProgramsAsAskedForAndOtherwiseAll) {
    const std::string trace = traced();
    EXPECT_EQ(json::parse(run({"trace", "top", trace, "-n", "1", "--json"}).out)["spans"].size(),
              1U);
    EXPECT_EQ(std::ranges::count(run({"trace", "top", trace, "-n", "1", "--csv"}).out, '\n'), 2);
    EXPECT_GT(json::parse(run({"trace", "top", trace, "--json"}).out)["spans"].size(), 1U);
}

TEST_F(TraceVerb, ExportsOneFileOrAFileForEachRank) {
    const std::string trace = traced();
    const Ran one = run({"trace", "export", trace, "-o", at("out.json")});
    EXPECT_EQ(one.exit, cli::Ok) << one.err;
    EXPECT_EQ(one.out, at("out.json") + "\n");
    EXPECT_TRUE(json::parse(readFile(at("out.json")).value()).contains("traceEvents"));
    EXPECT_EQ(run({"trace", "export", trace, "-o", at("ranks/")}).exit, cli::Ok);
    EXPECT_TRUE(std::filesystem::exists(at("ranks/rank-0.json")));
    EXPECT_TRUE(std::filesystem::exists(at("ranks/rank-1.json")));
    EXPECT_EQ(run({"trace", "export", trace, "-o", at("out.csv"), "--format", "csv"}).exit,
              cli::Ok);
    EXPECT_THAT(readFile(at("out.csv")).value(), StartsWith("rank,where,begin_ns,"));
    EXPECT_EQ(run({"trace", "export", trace, "-o", at("out"), "--format", "svg"}).exit, cli::Usage);
}

TEST_F(TraceVerb, ExportReplacesAFileOnlyWhereItIsToldTo) {
    const std::string trace = traced();
    std::filesystem::create_directories(at("ranks"));
    for (const std::string& taken :
         {write("out.json", "mine"), write("ranks/rank-1.json", "mine")}) {
        const std::string output = taken.ends_with("out.json") ? taken : at("ranks");
        const Ran kept = run({"trace", "export", trace, "-o", output});
        EXPECT_EQ(kept.exit, cli::BadConfig);
        EXPECT_EQ(kept.err, "ringscope: '" + taken +
                                "' exists; use --force to replace it, or give "
                                "-o another name\n");
        EXPECT_EQ(readFile(taken).value(), "mine");
        EXPECT_EQ(run({"trace", "export", trace, "-o", output, "--force"}).exit, cli::Ok);
        EXPECT_TRUE(json::parse(readFile(taken).value()).contains("traceEvents"));
    }
    EXPECT_FALSE(std::filesystem::exists(at("ranks/rank-0.json.part")));
}

TEST_F(TraceVerb, ImportWritesFilesThatOpenAgain) {
    ASSERT_EQ(run({"trace", "export", traced(), "-o", at("out.json")}).exit, cli::Ok);
    const Ran ran = run({"trace", "import", at("out.json"), "-o", at("imported")});
    EXPECT_EQ(ran.exit, cli::Ok) << ran.err;
    EXPECT_EQ(run({"trace", "info", at("imported")}).exit, cli::Ok);
}

TEST_F(TraceVerb, OfAFileThatIsNotThereIsNotFound) {
    const Ran ran = run({"trace", "info", at("none.json")});
    EXPECT_EQ(ran.exit, cli::NotFound);
    EXPECT_EQ(ran.err, "ringscope: there is no file or folder '" + at("none.json") + "'\n");
    EXPECT_THAT(ran.out, IsEmpty());
}

TEST_F(TraceVerb, OfARunFindsTheFolderBesideTheStore) {
    const RunRecord ring = addRun("ring");
    const Ran without = run({"trace", "info", "sample/ring"});
    EXPECT_EQ(without.exit, cli::NotFound);
    EXPECT_THAT(without.err, HasSubstr("has no trace; record one with --set profile.steps=[1,3]"));
    ASSERT_TRUE(
        writeTrace(mergeRanks(test::madeRing({.ranks = 2})), traceRoot(file()) / ring.id.text)
            .ok());
    EXPECT_EQ(run({"trace", "info", "sample/ring"}).exit, cli::Ok);
    EXPECT_EQ(run({"trace", "info"}).exit, cli::Ok) << "the newest run";
}

TEST_F(TraceVerb, OfSeveralRunsAsksForOne) {
    for (const char* mode : {"ring", "zigzag"}) {
        const RunRecord each = addRun(mode);
        ASSERT_TRUE(
            writeTrace(mergeRanks(test::madeRing({.ranks = 2})), traceRoot(file()) / each.id.text)
                .ok());
    }
    const Ran ran = run({"trace", "info", "@last"});
    EXPECT_EQ(ran.exit, cli::NotFound);
    EXPECT_THAT(ran.err, HasSubstr("'@last' names 2 runs with a trace; name one run"));
}

TEST_F(TraceVerb, RulesThatAreNotThereAreNotFound) {
    const Ran ran = run({"trace", "analyze", traced(), "--rules", at("rules.txt")});
    EXPECT_EQ(ran.exit, cli::NotFound);
    EXPECT_THAT(ran.err, HasSubstr("rules.txt"));
}

}  // namespace
}  // namespace ringscope::test
