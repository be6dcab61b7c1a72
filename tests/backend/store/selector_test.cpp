// A user's word for runs.
#include "tests/backend/store/store_fixture.h"

namespace ringscope::testing {
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
        Result<std::vector<RunId>> found = store_->select(word);
        return found.ok() ? *found : std::vector<RunId>{RunId{found.error().message}};
    }
    std::string refusal(std::string_view word) {
        const Result<std::vector<RunId>> found = store_->select(word);
        if (found.ok()) return "found";
        EXPECT_EQ(found.error().code, ErrorCode::NotFound);
        return found.error().message;
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

TEST_F(Selector, SaysThatAnEmptyStoreHasNoRuns) {
    for (const char* word : {"@last", "@last-run", "modes"})
        EXPECT_EQ(refusal(word), "there are no runs in '" + file().string() +
                                     "' yet; start some with `ringscope demo`");
}

}  // namespace
}  // namespace ringscope::testing
