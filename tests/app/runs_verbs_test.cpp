// ringscope runs ls --where …, show, rename, tag, note, pin, archive, rm, rerun, export.
#include "app/cli/command.h"
#include "backend/core/output_file.h"
#include "backend/core/sha256.h"
#include "backend/core/text.h"
#include "backend/trace/trace_files.h"
#include "tests/app/command_line.h"

#include <gmock/gmock.h>
#include <algorithm>
#include <nlohmann/json.hpp>

namespace ringscope::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class RunsVerbs : public CommandLineTest {
protected:
    std::vector<std::string> listed(std::vector<std::string> more) {
        std::vector<std::string> words = {"runs", "ls", "--json"};
        words.insert(words.end(), more.begin(), more.end());
        std::vector<std::string> names;
        const json answer = json::parse(run(words).out);
        for (const json& one : answer["runs"]) names.push_back(one["name"]);
        return names;
    }
    json shown(const std::string& selector) {
        return json::parse(run({"runs", "show", selector, "--json"}).out)["runs"][0];
    }
    fs::path recordTrace(const RunRecord& of) {
        const fs::path trace = traceRoot(file()) / of.id.text / traceFileName(0);
        fs::create_directories(trace.parent_path());
        EXPECT_TRUE(writeOutput(trace, "a trace").ok());
        return trace;
    }
};

TEST_F(RunsVerbs, ListFindsAndOrders) {
    addRun("legacy");
    addRun("zigzag");
    addRun("ring", "other");
    EXPECT_THAT(listed({"--where", "mode=ring or mode=legacy"}),
                ElementsAre("other/ring", "sample/legacy"));
    EXPECT_THAT(listed({"--where", "not experiment=other", "--sort", "-mode"}),
                ElementsAre("sample/zigzag", "sample/legacy"));
    EXPECT_THAT(listed({"--sort", "mode", "-n", "1"}), ElementsAre("sample/legacy"));
    EXPECT_THAT(listed({"--where", "loss<3"}), IsEmpty());
}

TEST_F(RunsVerbs, ListRefusesWordsThatMeanNothingAndSuggestsTheNearest) {
    addRun("legacy");
    const std::vector<std::pair<std::vector<std::string>, std::string>> wrong = {
        {{"--status", "finshed"},
         "ringscope: --status: there is no state 'finshed'; did you mean 'finished'?\n"},
        {{"--mode", "zigzg"},
         "ringscope: --mode: there is no mode 'zigzg'; did you mean 'zigzag'?\n"},
        {{"--where", "mode=ring or los<3"},
         "ringscope: --where:14: there is no field 'los'; did you mean 'loss'?\n"},
        {{"--sort", "-tokens"},
         "ringscope: --sort:1: there is no field 'tokens'; did you mean 'tokens_per_s'?\n"}};
    for (const auto& [words, message] : wrong) {
        std::vector<std::string> line = {"runs", "ls"};
        line.insert(line.end(), words.begin(), words.end());
        const Ran ran = run(line);
        EXPECT_EQ(ran.exit, cli::Usage) << words[0];
        if (words[0] != "--sort") {
            EXPECT_EQ(ran.err, message);
        }
        EXPECT_THAT(ran.err, HasSubstr("there is no "));
    }
}

TEST_F(RunsVerbs, ListOfAFullStoreThatFindsNothingDoesNotCallItEmpty) {
    addRun("legacy");
    const Ran ran = run({"runs", "ls", "--mode", "ring"});
    EXPECT_EQ(ran.exit, cli::Ok);
    EXPECT_THAT(ran.err, HasSubstr("no run of those that were asked for"));
}

TEST_F(RunsVerbs, ListHasStartedExperimentAndHost) {
    addRun("legacy");
    const std::vector<std::string> lines = split(run({"runs", "ls"}).out, '\n');
    for (const char* column : {"started", "experiment", "host"})
        EXPECT_THAT(lines.at(0), HasSubstr(column));
    EXPECT_THAT(lines.at(1), HasSubstr("localhost"));
}

TEST_F(RunsVerbs, ShowHasRanksConfigurationAndFiles) {
    const RunRecord ring = addRun("ring");
    recordTrace(ring);
    const std::string out = run({"runs", "show", "sample/ring"}).out;
    EXPECT_THAT(out, HasSubstr("\n  ranks\n"));
    EXPECT_THAT(out, HasSubstr("localhost"));
    EXPECT_THAT(out, HasSubstr("parallel.mode"));
    EXPECT_THAT(out, HasSubstr("default zigzag"));
    EXPECT_THAT(out, HasSubstr(sha256("a trace")));
}

TEST_F(RunsVerbs, ShowSaysWhatDiffersFromAnotherRun) {
    addRun("ring");
    addRun("legacy", "other");
    const std::string out = run({"runs", "show", "sample/ring", "--diff", "other/legacy"}).out;
    EXPECT_THAT(out, HasSubstr("differs from other/legacy ("));
    EXPECT_THAT(out, HasSubstr("parallel.mode  ring, not legacy\n"));
    EXPECT_EQ(run({"runs", "show", "sample/ring", "--diff", "none"}).exit, cli::NotFound);
}

TEST_F(RunsVerbs, ShowHasTheLogOfOneRank) {
    const RunRecord ring = addRun("ring");
    ASSERT_TRUE(open()->logLine(ring, 0, "zero").ok());
    ASSERT_TRUE(open()->logLine(ring, 1, "one").ok());
    ASSERT_TRUE(open()->logLine(ring, -1, "agent's").ok());
    const std::string all = run({"runs", "show", "--log"}).out;
    for (const char* line : {"rank 0: zero\n", "rank 1: one\n", "agent: agent's\n"})
        EXPECT_THAT(all, HasSubstr(line));
    const std::string one = run({"runs", "show", "--log", "--rank", "1"}).out;
    EXPECT_THAT(one, HasSubstr("rank 1: one\n"));
    EXPECT_THAT(one, Not(HasSubstr("zero")));
    EXPECT_THAT(run({"runs", "show", "--log", "1"}).out, Not(HasSubstr("one")));
    EXPECT_THAT(run({"runs", "show", "--rank", "7"}).err,
                HasSubstr("--rank 7: sample/ring has ranks 0 to 1"));
}

TEST_F(RunsVerbs, ShowFollowsALogToTheEndOfItsRun) {
    const RunRecord ring = addRun("ring");
    ASSERT_TRUE(open()->logLine(ring, 0, "zero").ok());
    const Ran ran = run({"runs", "show", "--follow"});
    EXPECT_EQ(ran.exit, cli::Ok);
    EXPECT_THAT(ran.out, HasSubstr("rank 0: zero\n"));
    EXPECT_THAT(ran.err, HasSubstr("sample/ring: "));
}

TEST_F(RunsVerbs, RenameTagAndNoteAreKept) {
    const RunRecord ring = addRun("ring");
    const std::string id = ring.id.text.substr(0, 8);
    EXPECT_EQ(run({"runs", "rename", "sample/ring", "best"}).out,
              "best (" + id + "): run of sample\n");
    EXPECT_EQ(run({"runs", "tag", "best", "+paper", "+slow", "plain"}).out,
              "best (" + id + "): tags paper, plain, slow\n");
    EXPECT_EQ(run({"runs", "tag", "best", "-slow"}).out, "best (" + id + "): tags paper, plain\n");
    EXPECT_EQ(run({"runs", "note", "best", "the fan was off"}).out,
              "best (" + id + "): note 'the fan was off'\n");
    const json now = shown("best");
    EXPECT_EQ(now["tags"], (json{"paper", "plain"}));
    EXPECT_EQ(now["note"], "the fan was off");
    EXPECT_THAT(listed({"--where", "tag=paper note~fan"}), ElementsAre("best"));
    EXPECT_EQ(run({"runs", "note", "best", ""}).out, "best (" + id + "): no note\n");
}

TEST_F(RunsVerbs, RefuseNamesAndTagsThatCannotBeOnes) {
    addRun("ring");
    addRun("zigzag");
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"runs", "rename", "sample/ring", ""},
          {"runs", "rename", "sample/ring", "@last"},
          {"runs", "rename", "sample", "both"},
          {"runs", "tag", "sample/ring", "+a b"},
          {"runs", "tag", "sample/ring"}}) {
        const Ran ran = run(words);
        EXPECT_EQ(ran.exit, cli::Usage) << words[1] << ' ' << words.back() << ran.err;
        EXPECT_THAT(ran.out, IsEmpty());
    }
    EXPECT_EQ(run({"runs", "tag", "none", "+a"}).exit, cli::NotFound);
}

TEST_F(RunsVerbs, APinnedRunIsTheBaseline) {
    addRun("legacy");
    addRun("zigzag");
    const auto baseline = [&](std::vector<std::string> more) {
        std::vector<std::string> words = {"compare", "sample", "--json"};
        words.insert(words.end(), more.begin(), more.end());
        return json::parse(run(words).out)["comparison"]["baseline"]["mode"];
    };
    EXPECT_EQ(baseline({}), "legacy");
    EXPECT_EQ(run({"runs", "pin", "sample/zigzag"}).exit, cli::Ok);
    EXPECT_EQ(baseline({}), "zigzag");
    EXPECT_EQ(baseline({"--baseline", "sample/legacy"}), "legacy") << "what is named goes first";
    EXPECT_EQ(run({"runs", "unpin", "sample/zigzag"}).exit, cli::Ok);
    EXPECT_EQ(baseline({}), "legacy");
}

TEST_F(RunsVerbs, ArchivedRunsAreLeftOutUnlessAsked) {
    addRun("legacy");
    addRun("zigzag");
    EXPECT_EQ(run({"runs", "archive", "sample/zigzag"}).exit, cli::Ok);
    EXPECT_THAT(listed({}), ElementsAre("sample/legacy"));
    EXPECT_THAT(listed({"--archived"}), ElementsAre("sample/zigzag", "sample/legacy"));
    EXPECT_EQ(run({"runs", "unarchive", "sample/zigzag"}).exit, cli::Ok);
    EXPECT_EQ(listed({}).size(), 2U);
}

TEST_F(RunsVerbs, RemoveAsksFirstAndTakesTheTraceWithIt) {
    const RunRecord ring = addRun("ring");
    const fs::path trace = recordTrace(ring);
    addRun("zigzag");
    const Ran asked = run({"runs", "rm", "sample/ring"});
    EXPECT_EQ(asked.exit, cli::Usage);
    EXPECT_THAT(asked.err, HasSubstr("this would remove sample/ring"));
    EXPECT_THAT(asked.err, HasSubstr("7 B of traces; add --yes"));
    EXPECT_TRUE(fs::exists(trace));
    EXPECT_EQ(run({"runs", "rm", "sample/ring", "--yes"}).exit, cli::Ok);
    EXPECT_FALSE(fs::exists(trace));
    EXPECT_THAT(listed({"--archived"}), ElementsAre("sample/zigzag"));
    EXPECT_EQ(sql(file(), "SELECT count(*) FROM run_step WHERE run NOT IN (SELECT id FROM run)"),
              "0");
}

TEST_F(RunsVerbs, RemoveLeavesARunThatGoesOnAndAllOthersNamed) {
    addRun("ring");
    RunRecord live = newRun("zigzag");
    ASSERT_TRUE(open()->created(live).ok());
    const Ran ran = run({"runs", "rm", "sample/ring", live.id.text, "--yes"});
    EXPECT_EQ(ran.exit, cli::PreflightFailed);
    EXPECT_THAT(ran.err, HasSubstr("is still going on; stop it first"));
    EXPECT_EQ(listed({}).size(), 2U);
}

TEST_F(RunsVerbs, MarkLostEndsARunWhoseProgramIsGone) {
    RunRecord live = newRun("zigzag");
    ASSERT_TRUE(open()->created(live).ok());
    const Ran early = run({"runs", "mark-lost", "sample/zigzag"});
    EXPECT_EQ(early.exit, cli::PreflightFailed);
    EXPECT_THAT(early.err, HasSubstr("stop it with: kill -INT "));
    sql(file(),
        "UPDATE run SET writer_host = 'node2', writer_pid = 812, alive_us = 1; "
        "UPDATE event SET at_us = 1");
    const Ran marked = run({"runs", "mark-lost", "sample/zigzag"});
    EXPECT_EQ(marked.exit, cli::Ok) << marked.err;
    EXPECT_EQ(marked.out, "sample/zigzag (" + live.id.text.substr(0, 8) +
                              "): lost: no sign of life since 1970-01-01 00:00:00 UTC from the "
                              "program that controlled it (process 812 on node2, which cannot be "
                              "looked for from here)\n");
    EXPECT_EQ(sql(file(), "SELECT status FROM run"), "lost");
    addRun("ring");
    EXPECT_EQ(run({"runs", "mark-lost", "sample/ring"}).exit, cli::Usage);
}

TEST_F(RunsVerbs, RerunPlansTheStoredConfiguration) {
    addRun("ring");
    const Ran plan = run({"runs", "rerun", "sample/ring", "--dry-run"});
    EXPECT_EQ(plan.exit, cli::Ok) << plan.err;
    EXPECT_THAT(plan.out, HasSubstr("sample/ring"));
    const Ran other =
        run({"runs", "rerun", "sample/ring", "--dry-run", "--set", "parallel.mode=zigzag"});
    EXPECT_THAT(other.out, HasSubstr("sample/zigzag"));
}

TEST_F(RunsVerbs, RerunRefusesAChangeThatCannotBe) {
    addRun("ring");
    const Ran ran = run({"runs", "rerun", "sample/ring", "--dry-run", "--set", "train.stps=3"});
    EXPECT_EQ(ran.exit, cli::BadConfig);
    EXPECT_THAT(ran.err, HasSubstr("did you mean 'train.steps'?"));
    EXPECT_EQ(run({"runs", "rerun", "none"}).exit, cli::NotFound);
}

TEST_F(RunsVerbs, ExportWritesAFolderThatChecks) {
    const RunRecord ring = addRun("ring");
    recordTrace(ring);
    ASSERT_TRUE(open()->logLine(ring, 1, "hello").ok());
    const Ran ran = run({"runs", "export", "sample/ring", "-o", at("out")});
    ASSERT_EQ(ran.exit, cli::Ok) << ran.err;
    EXPECT_EQ(ran.out, at("out") + "\n");
    std::map<std::string, std::string> files = filesOf(at("out"));
    EXPECT_EQ(files["logs/rank-1.log"], "hello\n");
    EXPECT_EQ(files["trace/rank-00000.trace"], "a trace");
    EXPECT_THAT(files["config.yaml"], StartsWith("name: sample\n"));
    EXPECT_EQ(json::parse(files["run.json"])["run"]["id"], ring.id.text);
    EXPECT_THAT(files["steps.csv"], StartsWith("step,loss,grad_norm,duration_ms,tokens\r\n0,5.5,"));
    const std::vector<std::string> sums = split(files["SHA256SUMS"], '\n');
    EXPECT_EQ(sums.size(), 6U) << "five files and the end";
    for (const std::string& line : sums) {
        if (line.empty()) continue;
        EXPECT_EQ(sha256(files[line.substr(66)]), line.substr(0, 64)) << line;
    }
    // What was written plans again.
    EXPECT_EQ(run({"run", at("out/config.yaml"), "--dry-run"}).exit, cli::Ok);
}

TEST_F(RunsVerbs, ExportOverwritesNothing) {
    addRun("ring");
    fs::create_directories(at("out"));
    write("out/mine.txt", "mine");
    const Ran ran = run({"runs", "export", "sample/ring", "-o", at("out")});
    EXPECT_EQ(ran.exit, cli::Usage);
    EXPECT_THAT(ran.err, HasSubstr("is no empty folder"));
    EXPECT_EQ(filesOf(at("out")).size(), 1U);
}

TEST_F(RunsVerbs, ExportOfSeveralRunsMakesAFolderEach) {
    const RunRecord ring = addRun("ring");
    const RunRecord zigzag = addRun("zigzag");
    ASSERT_EQ(run({"runs", "export", "sample", "-o", at("out")}).exit, cli::Ok);
    for (const RunRecord& one : {ring, zigzag})
        EXPECT_TRUE(fs::exists(at("out/sample-" + one.config.parallel.mode + "-" +
                                  one.id.text.substr(0, 8) + "/SHA256SUMS")));
}

TEST_F(RunsVerbs, ANameTakesAnOlderRunThatCanAnswerAndSaysSo) {
    const RunRecord good = add(*open(), newRun("ring"));
    RunRecord bad = newRun("ring");
    bad.experimentId = "sample-session-2";
    ASSERT_TRUE(open()->created(bad).ok());
    bad.status = RunStatus::Failed;
    bad.statusReason = "rank 1 was ended by SIGKILL";
    ASSERT_TRUE(open()->ended(bad).ok());
    const Ran ran = run({"compare", "sample/ring", "--json"});
    EXPECT_EQ(json::parse(ran.out)["runs"][0]["id"], good.id.text);
    EXPECT_THAT(ran.err, HasSubstr("'sample/ring' is run " + good.id.text.substr(0, 8)));
    EXPECT_THAT(ran.err, HasSubstr("did not finish (failed: rank 1 was ended by SIGKILL)"));
    EXPECT_EQ(std::ranges::count(ran.err, '\n'), 1);
    EXPECT_THAT(run({"compare", "sample/ring", "--json", "-q"}).err, IsEmpty());
    EXPECT_EQ(shown("sample/ring")["id"], bad.id.text) << "show means the newest";
}

}  // namespace
}  // namespace ringscope::test
