// Runs of one store into another.
#include "backend/session/recover_runs.h"

#include "tests/backend/store/log_words.h"
#include "tests/backend/store/store_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringscope::test {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RecoverRuns : public StoreTest {
protected:
    fs::path unsaved() const { return folder() / "runs.db.unsaved-1"; }
    std::unique_ptr<Store> openUnsaved() const {
        return Store::open(unsaved(), Access::ReadWrite).value();
    }
};

TEST_F(RecoverRuns, AddsWhatTheStoreLacksWithItsStepsAndLines) {
    const auto store = open();
    const RunRecord run = finished(newRun("ring"));
    {
        const auto other = openUnsaved();
        add(*other, run);
        ASSERT_TRUE(other->logLine(run, 1, "a line").ok());
    }
    const Result<RecoveredRuns> taken = recoverRuns(unsaved(), *store);
    ASSERT_TRUE(taken.ok()) << taken.error().message;
    ASSERT_EQ(taken->added.size(), 1U);
    const RunRecord kept = store->load(run.id).value();
    EXPECT_EQ(kept.status, RunStatus::Finished);
    EXPECT_EQ(kept.steps.size(), run.steps.size());
    EXPECT_THAT(logWords(*store, run.id).value(), ElementsAre("rank 1: a line"));
    EXPECT_EQ(recoverRuns(unsaved(), *store)->known.size(), 1U) << "a second time changes nothing";
    EXPECT_THAT(logWords(*store, run.id).value(), ElementsAre("rank 1: a line"));
}

TEST_F(RecoverRuns, CompletesARunWhoseBeginningTheStoreHas) {
    const auto store = open();
    const RunRecord run = finished(newRun("ring"));
    RunRecord begun = run;
    begun.status = RunStatus::Running;
    begun.steps.clear();
    ASSERT_TRUE(store->created(begun).ok());
    ASSERT_TRUE(store->step(begun, run.steps.front()).ok());
    add(*openUnsaved(), run);
    const Result<RecoveredRuns> taken = recoverRuns(unsaved(), *store);
    ASSERT_TRUE(taken.ok()) << taken.error().message;
    EXPECT_EQ(taken->completed.size(), 1U);
    EXPECT_EQ(store->load(run.id)->status, RunStatus::Finished);
    EXPECT_EQ(store->load(run.id)->steps.size(), run.steps.size());
}

TEST_F(RecoverRuns, TakesNoStoreIntoItself) {
    const auto store = open();
    EXPECT_THAT(recoverRuns(file(), *store).error().message, HasSubstr("is the store itself"));
    EXPECT_EQ(recoverRuns(folder() / "none.db", *store).error().code, ErrorCode::NotFound);
}

TEST_F(RecoverRuns, LeavesAWholeStore) {
    const auto store = open();
    add(*openUnsaved(), finished(newRun("ring")));
    ASSERT_TRUE(recoverRuns(unsaved(), *store).ok());
    EXPECT_TRUE(store->damage()->empty());
    sql(file(), "PRAGMA foreign_keys = OFF; DELETE FROM config");
    EXPECT_THAT(store->damage().value(), ElementsAre("a row of run belongs to no row of config"));
}

}  // namespace
}  // namespace ringscope::test
