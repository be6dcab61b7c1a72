// A user's word for runs.
#include "backend/core/output_file.h"
#include "backend/trace/trace_files.h"
#include "tests/backend/store/store_fixture.h"

namespace ringscope::test {
namespace {

class Selector : public StoreTest {
protected:
    RunId put(const std::string& id, const std::string& experiment, int session,
              const std::string& mode, bool reference = false) {
        RunRecord run = newRun(mode, experiment);
        run.id = {id};
        run.experimentId = experiment + "-" + std::to_string(session);
        run.reference = reference;
        EXPECT_TRUE(store_->created(run).ok());
        return run.id;
    }
    std::vector<RunId> ids(std::string_view word) {
        Result<Selection> found = store_->select(word);
        return found.ok() ? found->runs : std::vector<RunId>{RunId{found.error().message}};
    }
    std::string refusal(std::string_view word) {
        const Result<Selection> found = store_->select(word);
        if (found.ok()) return "found";
        EXPECT_EQ(found.error().code, ErrorCode::NotFound);
        return found.error().message;
    }

    void finish(const RunId& id) {
        RunRecord run = store_->load(id).value();
        run.status = RunStatus::Finished;
        EXPECT_TRUE(store_->changed(run).ok());
    }
    void fail(const RunId& id) {
        RunRecord run = store_->load(id).value();
        run.status = RunStatus::Failed;
        run.statusReason = "rank 1 was ended by SIGKILL";
        EXPECT_TRUE(store_->changed(run).ok());
    }
    void record(const RunId& id) {
        const std::filesystem::path file = traceRoot(store_->path()) / id.text / traceFileName(0);
        std::filesystem::create_directories(file.parent_path());
        EXPECT_TRUE(writeOutput(file, "a trace").ok());
    }
    Selection chosen(std::string_view word, RunNeed need) {
        return store_->select(word, need).value();
    }

    std::unique_ptr<Store> store_ = open();
};
using Ids = std::vector<RunId>;

TEST_F(Selector, FindsARunByItsIdAndItsPrefix) {
    const RunId a = put("3fa8c1d2-aaaa", "first", 1, "ring");
    put("3fa9ffff-bbbb", "first", 1, "zigzag");
    EXPECT_EQ(ids("3fa8c1d2-aaaa"), Ids{a});
    EXPECT_EQ(ids("3fa8"), Ids{a});
    EXPECT_EQ(ids(" 3FA8C1 "), Ids{a});
}

TEST_F(Selector, RefusesAnAmbiguousPrefixAndNamesTheRuns) {
    put("3fa8c1d2-aaaa", "first", 1, "ring");
    put("3fa8ffff-bbbb", "first", 1, "zigzag");
    EXPECT_EQ(refusal("3fa8"),
              "'3fa8' begins the ids of several runs: 3fa8ffff-bbbb (first/zigzag) and "
              "3fa8c1d2-aaaa (first/ring); give more of the id");
}

TEST_F(Selector, TakesANameOfTheNewestSession) {
    put("1", "modes", 1, "ring");
    const RunId newer = put("2", "modes", 2, "ring");
    EXPECT_EQ(ids("modes/ring"), Ids{newer});
}

TEST_F(Selector, TakesAnExperimentInTheOrderItsRunsWereCreated) {
    put("1", "modes", 1, "ring");
    const RunId a = put("2", "modes", 2, "legacy");
    put("3", "modes", 2, "none", true);
    const RunId b = put("4", "modes", 2, "ring");
    EXPECT_EQ(ids("modes"), (Ids{a, b}));
    EXPECT_EQ(ids("modes-1"), Ids{RunId{"1"}});
}

TEST_F(Selector, KnowsTheLastExperimentAndTheLastRun) {
    put("1", "modes", 1, "ring");
    const RunId a = put("2", "other", 1, "legacy");
    const RunId b = put("3", "other", 1, "ring");
    EXPECT_EQ(ids("@last"), (Ids{a, b}));
    EXPECT_EQ(ids("@last-run"), Ids{b});
}

TEST_F(Selector, TakesReferencesWhereAnExperimentHasNothingElse) {
    const RunId only = put("1", "modes", 1, "none", true);
    EXPECT_EQ(ids("@last"), Ids{only});
    EXPECT_EQ(ids("modes"), Ids{only});
}

TEST_F(Selector, NamesTheNearestWhereAWordIsUnknown) {
    put("1", "modes", 1, "zigzag");
    const std::string start = "no run or experiment in '" + file().string() + "' is called ";
    EXPECT_EQ(refusal("modes/zigzg"), start + "'modes/zigzg'; did you mean 'modes/zigzag'?");
    EXPECT_EQ(refusal("zigzag"), start + "'zigzag'; did you mean 'modes/zigzag'?");
    EXPECT_EQ(refusal("@lst"), start + "'@lst'; did you mean '@last'?");
    EXPECT_EQ(refusal("qqqqqqqqqqqq"),
              start + "'qqqqqqqqqqqq'; `ringscope runs ls` lists what there is");
    EXPECT_EQ(refusal(""), start + "''; `ringscope runs ls` lists what there is");
    EXPECT_EQ(refusal("%"), start + "'%'; `ringscope runs ls` lists what there is");
}

TEST_F(Selector, TakesTheNewestThatFinishedAndSaysSo) {
    const RunId old = put("11111111-a", "modes", 1, "ring");
    const RunId broken = put("22222222-b", "modes", 2, "ring");
    finish(old);
    fail(broken);
    EXPECT_EQ(chosen("modes/ring", RunNeed::Any).runs, Ids{broken});
    const Selection taken = chosen("modes/ring", RunNeed::Finished);
    EXPECT_EQ(taken.runs, Ids{old});
    EXPECT_TRUE(taken.note.starts_with("'modes/ring' is run 11111111 of 2026-")) << taken.note;
    EXPECT_TRUE(
        taken.note.ends_with(", which finished; the newest, run 22222222, did not finish "
                             "(failed: rank 1 was ended by SIGKILL)"))
        << taken.note;
    EXPECT_EQ(chosen("modes", RunNeed::Finished).runs, Ids{old});
}

TEST_F(Selector, SaysNothingWhereTheNewestHasWhatIsNeeded) {
    finish(put("1", "modes", 1, "ring"));
    const RunId newest = put("2", "modes", 2, "ring");
    finish(newest);
    const Selection taken = chosen("modes/ring", RunNeed::Finished);
    EXPECT_EQ(taken.runs, Ids{newest});
    EXPECT_EQ(taken.note, "");
}

TEST_F(Selector, TakesTheNewestFinishedTraceBeforeANewerBrokenOne) {
    const RunId old = put("11111111-a", "modes", 1, "ring");
    const RunId cancelled = put("22222222-b", "modes", 2, "ring");
    put("33333333-c", "modes", 3, "ring");
    record(old);
    record(cancelled);
    EXPECT_EQ(chosen("modes/ring", RunNeed::Trace).runs, Ids{cancelled}) << "none has finished";
    finish(old);
    const Selection taken = chosen("modes/ring", RunNeed::Trace);
    EXPECT_EQ(taken.runs, Ids{old});
    EXPECT_NE(taken.note.find("which has a trace; the newest, run 33333333, has none ("),
              std::string::npos)
        << taken.note;
}

TEST_F(Selector, OfAnExperimentTakesTheRunsWithATrace) {
    put("1", "modes", 1, "legacy");
    const RunId ring = put("2", "modes", 1, "ring");
    record(ring);
    EXPECT_EQ(chosen("modes", RunNeed::Trace).runs, Ids{ring});
}

TEST_F(Selector, TakesTheNewestWhereNoneHasWhatIsNeeded) {
    put("1", "modes", 1, "ring");
    const RunId newest = put("2", "modes", 2, "ring");
    EXPECT_EQ(chosen("modes/ring", RunNeed::Trace).runs, Ids{newest});
    EXPECT_EQ(chosen("modes/ring", RunNeed::Finished).runs, Ids{newest});
}

TEST_F(Selector, MeansExactlyTheRunOfAnIdAndTheLastOnes) {
    const RunId old = put("11111111-a", "modes", 1, "ring");
    const RunId newest = put("22222222-b", "modes", 2, "ring");
    finish(old);
    for (const char* word : {"22222222-b", "2222", "@last", "@last-run"})
        EXPECT_EQ(chosen(word, RunNeed::Finished).runs, Ids{newest}) << word;
}

TEST_F(Selector, PassesOverArchivedRuns) {
    const RunId old = put("11111111-a", "modes", 1, "ring");
    put("22222222-b", "modes", 2, "ring");
    sql(file(), "UPDATE run SET archived_us = 1 WHERE uuid = '22222222-b'");
    for (const char* word : {"modes/ring", "modes", "@last", "@last-run"})
        EXPECT_EQ(ids(word), Ids{old}) << word;
    EXPECT_EQ(ids("2222"), Ids{RunId{"22222222-b"}});
}

TEST_F(Selector, SaysThatAnEmptyStoreHasNoRuns) {
    for (const char* word : {"@last", "@last-run", "modes"})
        EXPECT_EQ(refusal(word), "there are no runs in '" + file().string() +
                                     "' yet; start some with `ringscope demo`");
}

}  // namespace
}  // namespace ringscope::test
