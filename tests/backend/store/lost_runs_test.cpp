// Runs whose program vanished, told from those whose program lives.
#include "tests/backend/store/store_fixture.h"

#include "backend/store/writer.h"

#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

namespace ringscope::test {
namespace {

using store::currentWriter;
using store::stateOf;
using store::Writer;
using store::WriterState;

TEST(Writer, ThatIsThisProgramIsAlive) { EXPECT_EQ(stateOf(currentWriter()), WriterState::Alive); }

TEST(Writer, WhosePidWasReusedIsGone) {
    Writer writer = currentWriter();
    writer.process.back() = writer.process.back() == '0' ? '1' : '0';
    EXPECT_EQ(stateOf(writer), WriterState::Gone);
}

TEST(Writer, OfAnEarlierBootIsGone) {
    Writer writer = currentWriter();
    writer.process.front() = writer.process.front() == 'a' ? 'b' : 'a';
    EXPECT_EQ(stateOf(writer), WriterState::Gone);
}

TEST(Writer, OfAnotherHostOrContainerIsNotJudged) {
    Writer elsewhere = currentWriter();
    elsewhere.host += "-2";
    EXPECT_EQ(stateOf(elsewhere), WriterState::Unknown);

    Writer contained = currentWriter();
    const std::size_t bracket = contained.process.find('[');
    ASSERT_NE(bracket, std::string::npos) << contained.process;
    contained.process.insert(bracket + 1, "9");
    EXPECT_EQ(stateOf(contained), WriterState::Unknown);

    EXPECT_EQ(stateOf({currentWriter().host, 1, "nonsense"}), WriterState::Unknown);
}

class LostRuns : public StoreTest {
protected:
    // A program that starts a run, does two steps and is killed.
    RunId startAndDie() {
        RunRecord run = newRun();
        const pid_t child = ::fork();
        if (child == 0) {
            const auto store = open();
            bool told = store->created(run).ok();
            run.status = RunStatus::Running;
            told = told && store->changed(run).ok();
            for (const std::int64_t number : {0, 1})
                told = told && store->step(run, stepNumber(number)).ok();
            if (!told) ::_exit(1);
            ::raise(SIGKILL);
        }
        int status = 0;
        EXPECT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_TRUE(WIFSIGNALED(status));
        pid_ = child;
        return run.id;
    }

    pid_t pid_ = 0;
};

TEST_F(LostRuns, AreThoseOfAProgramThatWasKilled) {
    const RunId id = startAndDie();
    const auto store = open();
    EXPECT_EQ(sql(file(), "SELECT status FROM run"), "running");
    EXPECT_EQ(store->markLostRuns().value(), 1);
    EXPECT_EQ(sql(file(), "SELECT status FROM run"), "lost");

    const RunRecord run = store->load(id).value();
    EXPECT_EQ(run.status, RunStatus::Lost);
    EXPECT_EQ(run.statusReason,
              "the program that controlled it (process " + std::to_string(pid_) + ") is gone");
    EXPECT_EQ(run.steps.size(), 2U);
    const std::int64_t lastStep = std::stoll(sql(file(), "SELECT max(recorded_us) FROM run_step"));
    EXPECT_EQ(run.endedUs, lastStep) << "its last sign of life";
    EXPECT_EQ(stepsDone(store->list({}).value().at(0)), 2);
    EXPECT_TRUE(runSpeed(store->list({}).value().at(0)).has_value());
    EXPECT_EQ(store->markLostRuns().value(), 0) << "once is enough";
}

TEST_F(LostRuns, AreNotThoseOfALivingProgram) {
    const auto store = open();
    ASSERT_TRUE(store->created(newRun()).ok());
    EXPECT_EQ(store->markLostRuns().value(), 0);
    EXPECT_EQ(store->list({}).value().at(0).status, RunStatus::Queued);
}

TEST_F(LostRuns, AreNotThoseThatEnded) {
    const auto store = open();
    add(*store, newRun());
    sql(file(), "UPDATE run SET writer_process = 'an earlier boot'");
    EXPECT_EQ(store->markLostRuns().value(), 0);
    EXPECT_EQ(store->list({}).value().at(0).status, RunStatus::Finished);
}

TEST_F(LostRuns, AreNotLookedForWithAWriteLock) {
    const auto store = Store::open(file(), Access::ReadWrite, std::chrono::milliseconds(20));
    ASSERT_TRUE(store.ok());
    ASSERT_TRUE((*store)->created(newRun()).ok());
    sqlite3* other = nullptr;
    ASSERT_EQ(::sqlite3_open(file().c_str(), &other), SQLITE_OK);
    ASSERT_EQ(::sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
    EXPECT_TRUE((*store)->markLostRuns().ok());
    const Result<void> written = (*store)->created(newRun());
    ASSERT_FALSE(written.ok());
    EXPECT_EQ(written.error().code, ErrorCode::Locked);
    ::sqlite3_close(other);
}

TEST_F(LostRuns, AreReadAsLostBeforeAnybodyWroteItDown) {
    const RunId id = startAndDie();
    const auto reader = open(Access::ReadOnly);
    const RunRecord run = reader->load(id).value();
    EXPECT_EQ(run.status, RunStatus::Lost);
    EXPECT_EQ(run.statusReason,
              "the program that controlled it (process " + std::to_string(pid_) + ") is gone");
    EXPECT_EQ(run.steps.size(), 2U);
    EXPECT_EQ(std::to_string(run.endedUs), sql(file(), "SELECT max(recorded_us) FROM run_step"));

    const RunRecord listed = reader->list({}).value().at(0);
    EXPECT_EQ(listed.status, RunStatus::Lost);
    EXPECT_EQ(stepsDone(listed), 2);
    EXPECT_EQ(reader->list({.statuses = {"lost"}, .limit = 1})->size(), 1U);
    EXPECT_TRUE(reader->list({.statuses = {"running"}})->empty());
    EXPECT_EQ(sql(file(), "SELECT status FROM run"), "running") << "a reader writes nothing";
}

TEST_F(LostRuns, ChangeTheVersionThatTheWindowAsksFor) {
    const RunRecord run = newRun();
    const auto store = open();
    ASSERT_TRUE(store->created(run).ok());
    const std::int64_t before = store->dataVersion().value();
    EXPECT_EQ(store->dataVersion().value(), before);
    const RunId id = startAndDie();
    const std::int64_t lost = store->dataVersion().value();
    EXPECT_NE(lost, before);
    EXPECT_EQ(store->markLostRuns().value(), 1);
    EXPECT_NE(store->dataVersion().value(), lost);
}

TEST_F(LostRuns, CanBeRemoved) {
    const RunId id = startAndDie();
    const auto store = open();
    EXPECT_TRUE(store->remove({id}).ok());
    EXPECT_TRUE(store->list({})->empty());
}

TEST_F(LostRuns, AreMarkedByAUserOnlyWhereTheirProgramIsGone) {
    const RunId id = startAndDie();
    const RunRecord live = newRun("ring");
    const auto store = open();
    ASSERT_TRUE(store->created(live).ok());
    const Result<void> both = store->markLost({id, live.id});
    ASSERT_FALSE(both.ok());
    EXPECT_EQ(both.error().code, ErrorCode::Unavailable);
    const std::string me = std::to_string(::getpid());
    EXPECT_EQ(both.error().message, "run " + live.id.text.substr(0, 8) +
                                        " (sample/ring) goes on: process " + me +
                                        " controls it; stop it with: kill -INT " + me);
    EXPECT_EQ(sql(file(), "SELECT count(*) FROM run WHERE status = 'lost'"), "0");
    EXPECT_TRUE(store->markLost({id}).ok());
    EXPECT_TRUE(store->markLost({id}).ok()) << "it is";
    EXPECT_EQ(sql(file(), "SELECT count(*) FROM run WHERE status = 'lost'"), "1");

    const RunRecord done = add(*store, newRun());
    const Result<void> ended = store->markLost({done.id});
    ASSERT_FALSE(ended.ok());
    EXPECT_EQ(ended.error().code, ErrorCode::InvalidConfig);
    EXPECT_EQ(ended.error().message,
              "run " + done.id.text.substr(0, 8) + " (sample/zigzag) has ended: finished");
}

// Runs of a program on another host, which can only be heard.
class RunsElsewhere : public LostRuns {
protected:
    void SetUp() override {
        store_ = open();
        ASSERT_TRUE(store_->created(run_).ok());
        sql(file(), "UPDATE run SET writer_host = 'node2', writer_pid = 812");
    }
    // As if everything of the run had happened so much earlier.
    void age(std::chrono::seconds by) const {
        const std::string us = std::to_string(std::chrono::microseconds(by).count());
        sql(file(), "UPDATE event SET at_us = at_us - " + us +
                        "; UPDATE run SET alive_us = alive_us - " + us + " WHERE alive_us > 0" +
                        "; UPDATE run_step SET recorded_us = recorded_us - " + us);
    }
    RunStatus status() const { return store_->load(run_.id)->status; }

    RunRecord run_ = newRun();
    std::unique_ptr<Store> store_;
};

TEST_F(RunsElsewhere, AreLostAfterTenSilences) {
    ASSERT_TRUE(store_->signOfLife({run_.id}).ok());
    age(9 * betweenSignsOfLife);
    EXPECT_EQ(status(), RunStatus::Queued);
    age(2 * betweenSignsOfLife);
    EXPECT_EQ(status(), RunStatus::Lost);
    const std::string reason = store_->load(run_.id)->statusReason;
    EXPECT_TRUE(reason.starts_with("no sign of life since 20")) << reason;
    EXPECT_TRUE(
        reason.ends_with(" UTC from the program that controlled it (process 812 on node2, "
                         "which cannot be looked for from here)"))
        << reason;
}

TEST_F(RunsElsewhere, AreNotLostOnceTheirProgramIsHeardAgain) {
    ASSERT_TRUE(store_->signOfLife({run_.id}).ok());
    age(20 * betweenSignsOfLife);
    EXPECT_EQ(status(), RunStatus::Lost);
    EXPECT_EQ(store_->markLostRuns().value(), 0) << "what is not certain is not written down";
    ASSERT_TRUE(store_->step(run_, stepNumber(0)).ok());
    EXPECT_EQ(status(), RunStatus::Queued);
    age(20 * betweenSignsOfLife);
    ASSERT_TRUE(store_->signOfLife({run_.id}).ok());
    EXPECT_EQ(status(), RunStatus::Queued);
}

TEST_F(RunsElsewhere, OfAProgramThatGivesNoSignsAreLostAfterAnHour) {
    age(std::chrono::minutes(59));
    EXPECT_EQ(status(), RunStatus::Queued);
    age(std::chrono::minutes(2));
    EXPECT_EQ(status(), RunStatus::Lost);
}

TEST_F(RunsElsewhere, AreMarkedByAUserAfterTenSilences) {
    ASSERT_TRUE(store_->signOfLife({run_.id}).ok());
    age(betweenSignsOfLife);
    const Result<void> early = store_->markLost({run_.id});
    ASSERT_FALSE(early.ok());
    EXPECT_EQ(early.error().code, ErrorCode::Unavailable);
    EXPECT_NE(early.error().message.find("(process 812 on node2) gave a sign of life "),
              std::string::npos)
        << early.error().message;
    age(10 * betweenSignsOfLife);
    const Result<void> removed = store_->remove({run_.id});
    ASSERT_FALSE(removed.ok());
    EXPECT_NE(removed.error().message.find("`ringscope runs mark-lost` says so"),
              std::string::npos);
    EXPECT_TRUE(store_->markLost({run_.id}).ok());
    EXPECT_EQ(sql(file(), "SELECT status FROM run"), "lost");
    EXPECT_TRUE(store_->remove({run_.id}).ok());
}

TEST_F(RunsElsewhere, GiveNoSignsOnceTheyHaveEnded) {
    RunRecord run = finished(run_);
    ASSERT_TRUE(store_->ended(run).ok());
    ASSERT_TRUE(store_->signOfLife({run.id}).ok());
    EXPECT_EQ(sql(file(), "SELECT alive_us FROM run"), "0");
}

}  // namespace
}  // namespace ringscope::test
