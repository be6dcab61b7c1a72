// A run is loaded with those that it goes on from.
#include "backend/run/run_history.h"
#include "tests/backend/store/store_fixture.h"

namespace ringscope::test {
namespace {

class ContinuedRuns : public StoreTest {
protected:
    // Steps `first` to 3; goes on from `before` at `first`.
    RunRecord addFrom(Store& store, const RunId& before, std::int64_t first) {
        RunRecord run = newRun();
        run.continues = Continuation{before, first};
        EXPECT_TRUE(store.created(run).ok());
        run = finished(run);
        std::erase_if(run.steps, [&](const StepRecord& step) { return step.step < first; });
        run.validations = {{.step = first, .loss = 2.5, .tokens = 7}};
        run.lostSteps = 1;
        EXPECT_TRUE(store.ended(run).ok());
        return run;
    }
};

TEST_F(ContinuedRuns, AreLoadedUpToWhereTheNextOneGoesOn) {
    const auto store = open();
    RunRecord first = newRun();
    EXPECT_TRUE(store->created(first).ok());
    first = finished(first);
    first.validations = {{.step = 1, .loss = 4.0, .tokens = 7}, {.step = 3, .loss = 3.0}};
    EXPECT_TRUE(store->ended(first).ok());
    const RunRecord second = addFrom(*store, first.id, 2);
    const RunRecord third = addFrom(*store, second.id, 3);

    const RunRecord run = store->load(third.id).value();
    EXPECT_EQ(run.continues, (Continuation{second.id, 3}));
    ASSERT_EQ(run.earlier.size(), 2U);
    EXPECT_EQ(run.earlier[0].id, first.id);
    EXPECT_EQ(run.earlier[0].mode, "zigzag");
    EXPECT_EQ(run.earlier[0].ranks, 2);
    EXPECT_EQ(run.earlier[0].startedUs, first.startedUs);
    EXPECT_EQ(run.earlier[0].steps.size(), 2U);
    EXPECT_EQ(run.earlier[0].validations.size(), 1U);
    EXPECT_EQ(run.earlier[0].lostSteps, 2);
    EXPECT_EQ(run.earlier[1].id, second.id);
    EXPECT_EQ(run.earlier[1].steps.size(), 1U);
    EXPECT_EQ(run.earlier[1].lostSteps, 2) << "one by its own tries, one that the third did again";

    const RunHistory history = historyOf(run);
    ASSERT_EQ(history.steps.size(), 4U);
    for (std::int64_t step = 0; step < 4; ++step)
        EXPECT_EQ(history.steps[static_cast<std::size_t>(step)].step, step);
    EXPECT_EQ(history.lostSteps, 5);
}

TEST_F(ContinuedRuns, EndWhereOneIsNotInTheStore) {
    const auto store = open();
    const RunRecord gone = add(*store, newRun());
    const RunRecord second = addFrom(*store, gone.id, 1);
    const RunRecord third = addFrom(*store, second.id, 2);
    ASSERT_TRUE(store->remove({gone.id}).ok());
    EXPECT_EQ(store->load(third.id)->earlier.size(), 1U);
    EXPECT_EQ(store->load(second.id)->continues, (Continuation{gone.id, 1}));
    EXPECT_TRUE(store->load(second.id)->earlier.empty());
}

TEST_F(ContinuedRuns, OfABrokenFileMayGoInACircle) {
    const auto store = open();
    const RunRecord first = add(*store, newRun());
    const RunRecord second = addFrom(*store, first.id, 2);
    const RunRecord third = addFrom(*store, second.id, 3);
    sql(file(), "UPDATE run SET continues = '" + third.id.text +
                    "', continued_step = 1 WHERE uuid = '" + first.id.text + "'");
    EXPECT_EQ(store->load(third.id)->earlier.size(), 2U);
}

}  // namespace
}  // namespace ringscope::test
