// Runs whose program vanished, told from those whose program lives.
#include "tests/backend/store/store_fixture.h"

#include "backend/store/writer.h"

#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

namespace ringscope::testing {
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
    EXPECT_EQ(store->load(id).value().status, RunStatus::Running);
    EXPECT_EQ(store->markLostRuns().value(), 1);

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

}  // namespace
}  // namespace ringscope::testing
