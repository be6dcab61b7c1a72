// What users write about runs, and the log of one rank.
#include "backend/core/output_file.h"
#include "backend/trace/trace_files.h"
#include "tests/backend/store/store_fixture.h"

#include <gmock/gmock.h>

namespace ringscope::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class UserRows : public StoreTest {
protected:
    std::unique_ptr<Store> store_ = open();
    RunRecord ring_ = add(*store_, newRun("ring"));
    RunRecord zigzag_ = add(*store_, newRun("zigzag"));

    RunRecord loaded(const RunRecord& run) { return store_->load(run.id).value(); }
};

TEST_F(UserRows, KeepWhatIsNotNamed) {
    ASSERT_TRUE(store_->change({ring_.id}, {.note = "slow", .addTags = {"b", "a", "b"}}).ok());
    ASSERT_TRUE(store_->change({ring_.id}, {.pinned = true, .removeTags = {"b", "none"}}).ok());
    const RunRecord now = loaded(ring_);
    EXPECT_EQ(now.name, "sample/ring");
    EXPECT_EQ(now.note, "slow");
    EXPECT_TRUE(now.pinned);
    EXPECT_THAT(now.tags, ElementsAre("a"));
    EXPECT_EQ(loaded(zigzag_).note, "");
}

TEST_F(UserRows, ChangeAllRunsOrNone) {
    const Result<void> changed = store_->change({ring_.id, RunId{"unknown"}}, {.note = "half"});
    ASSERT_FALSE(changed.ok());
    EXPECT_EQ(changed.error().code, ErrorCode::NotFound);
    EXPECT_EQ(loaded(ring_).note, "");
}

TEST_F(UserRows, RefuseWhatCannotBeANameOrATag) {
    for (const RunChange& change :
         {RunChange{.name = ""}, RunChange{.name = " x"}, RunChange{.name = "a\nb"},
          RunChange{.name = "@last"}, RunChange{.name = std::string(201, 'x')},
          RunChange{.addTags = {""}}, RunChange{.addTags = {"a b"}},
          RunChange{.note = std::string(20'001, 'x')}}) {
        const Result<void> changed = store_->change({ring_.id}, change);
        ASSERT_FALSE(changed.ok());
        EXPECT_EQ(changed.error().code, ErrorCode::InvalidConfig);
    }
    EXPECT_EQ(loaded(ring_).name, "sample/ring");
}

TEST_F(UserRows, LeaveArchivedRunsOutOfLists) {
    ASSERT_TRUE(store_->change({ring_.id}, {.archived = true}).ok());
    EXPECT_EQ(store_->list({})->size(), 1U);
    EXPECT_EQ(store_->list({.archived = true})->size(), 2U);
    EXPECT_GT(loaded(ring_).archivedUs, 0);
    ASSERT_TRUE(store_->change({ring_.id}, {.archived = false}).ok());
    EXPECT_EQ(store_->list({})->size(), 2U);
}

TEST_F(UserRows, RemoveARunWithAllThatBelongsToIt) {
    const auto trace = traceRoot(file()) / ring_.id.text / traceFileName(0);
    std::filesystem::create_directories(trace.parent_path());
    ASSERT_TRUE(writeOutput(trace, "a trace").ok());
    ASSERT_TRUE(store_->change({ring_.id}, {.addTags = {"a"}}).ok());
    ASSERT_TRUE(store_->logLine(ring_, 0, "hello").ok());
    ASSERT_TRUE(store_->remove({ring_.id}).ok());
    EXPECT_FALSE(store_->load(ring_.id).ok());
    EXPECT_FALSE(std::filesystem::exists(trace));
    for (const char* table :
         {"run_step", "run_rank", "run_routing", "run_validation", "run_tag", "log_line", "event"})
        EXPECT_EQ(sql(file(), std::string("SELECT count(*) FROM ") + table +
                                  " WHERE run NOT IN (SELECT id FROM run)"),
                  "0")
            << table;
    EXPECT_EQ(sql(file(), "SELECT count(*) FROM config"), "1") << "the other run's";
    EXPECT_TRUE(store_->load(zigzag_.id).ok());
}

TEST_F(UserRows, RemoveNoneWhereOneIsStillGoingOn) {
    const RunRecord live = newRun("usp");
    ASSERT_TRUE(store_->created(live).ok());
    const Result<void> removed = store_->remove({ring_.id, live.id});
    ASSERT_FALSE(removed.ok());
    EXPECT_EQ(removed.error().code, ErrorCode::Unavailable);
    EXPECT_THAT(removed.error().message, HasSubstr("is still going on; stop it first"));
    EXPECT_TRUE(store_->load(ring_.id).ok());
}

TEST_F(UserRows, ReadTheLogOfOneRankAndWhatCameAfterALine) {
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(store_->logLine(ring_, 0, "zero " + std::to_string(i)).ok());
        ASSERT_TRUE(store_->logLine(ring_, 1, "one " + std::to_string(i)).ok());
    }
    const auto words = [&](const LogRequest& request) {
        std::vector<std::string> texts;
        const std::vector<LogLine> lines = store_->log(ring_.id, request).value();
        for (const LogLine& line : lines) texts.push_back(line.text);
        return texts;
    };
    EXPECT_EQ(words({}).size(), 6U);
    EXPECT_THAT(words({.rank = 1}), ElementsAre("one 0", "one 1", "one 2"));
    EXPECT_THAT(words({.rank = 1, .last = 1}), ElementsAre("one 2"));
    EXPECT_THAT(words({.after = 3}), ElementsAre("zero 2", "one 2"));
}

}  // namespace
}  // namespace ringscope::test
