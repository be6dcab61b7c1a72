// One file, several programs and threads.
#include "tests/backend/store/store_fixture.h"

#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <atomic>
#include <thread>
#include <vector>

namespace ringscope::test {
namespace {

// Another program, made before this one opens a store: SQLite does not survive a fork. It waits
// until it is told to go.
class OtherProgram {
public:
    template <typename Work>
    explicit OtherProgram(Work work) {
        if (::pipe(go_.data()) != 0) throw std::runtime_error("no pipe");
        child_ = ::fork();
        if (child_ != 0) return;
        ::close(go_[1]);
        char word = 0;
        ::_exit(::read(go_[0], &word, 1) == 1 && work() ? 0 : 1);
    }
    ~OtherProgram() {
        for (const int end : go_) ::close(end);
        if (!ended_) static_cast<void>(endedWell());
    }
    OtherProgram(const OtherProgram&) = delete;
    OtherProgram& operator=(const OtherProgram&) = delete;

    void go() const { ASSERT_EQ(::write(go_[1], "x", 1), 1); }
    bool endedWell() {
        int status = -1;
        ::waitpid(child_, &status, 0);
        ended_ = true;
        return WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }

private:
    std::array<int, 2> go_{};
    pid_t child_ = -1;
    bool ended_ = false;
};

class SharedStore : public StoreTest {
protected:
    // `count` other programs that write a run at the same moment.
    void writeInPrograms(int count, std::int64_t steps) {
        std::vector<std::unique_ptr<OtherProgram>> programs;
        for (int i = 0; i < count; ++i)
            programs.push_back(
                std::make_unique<OtherProgram>([this, steps] { return writeRun(steps); }));
        for (const auto& program : programs) program->go();
        for (const auto& program : programs) EXPECT_TRUE(program->endedWell());
    }

    bool writeRun(std::int64_t steps) {
        Result<std::unique_ptr<Store>> store =
            Store::open(file(), Access::ReadWrite, std::chrono::seconds(30));
        if (!store.ok()) return false;
        RunRecord run = newRun();
        bool well = (*store)->created(run).ok();
        for (std::int64_t number = 0; number < steps; ++number)
            well = well && (*store)->step(run, stepNumber(number)).ok();
        run = finished(run);
        return well && (*store)->ended(run).ok();
    }
};

TEST_F(SharedStore, IsMadeOnceWhereProgramsMakeItAtTheSameMoment) {
    writeInPrograms(6, 3);
    EXPECT_EQ(open(Access::ReadOnly)->list({})->size(), 6U);
    EXPECT_EQ(filesOf(folder()).count("ringscope.db"), 1U);
    for (const auto& [name, bytes] : filesOf(folder()))
        EXPECT_EQ(name.find(".new"), std::string::npos) << name << " was left behind";
}

TEST_F(SharedStore, TakesEverythingThatSeveralProgramsWrite) {
    open();
    writeInPrograms(4, 50);
    const auto store = open(Access::ReadOnly);
    const std::vector<RunRecord> runs = store->list({}).value();
    ASSERT_EQ(runs.size(), 4U);
    for (const RunRecord& run : runs) EXPECT_EQ(store->load(run.id)->steps.size(), 50U);
    EXPECT_EQ(sql(file(), "PRAGMA integrity_check"), "ok");
}

// A reader sees steps only ever added, in order, and never a run that is half ended.
TEST_F(SharedStore, ShowsReadersAWriterAtWork) {
    constexpr std::int64_t steps = 300;
    const auto writer = open();
    RunRecord run = newRun();
    run.config.train.steps = steps;
    ASSERT_TRUE(writer->created(run).ok());

    std::atomic<int> ready{0};
    std::atomic<int> broken{0};
    const auto read = [&] {
        const auto reader = open(Access::ReadOnly);
        ++ready;
        std::size_t seen = 0;
        for (;;) {
            const Result<RunRecord> now = reader->load(run.id);
            const bool well =
                now.ok() && now->steps.size() >= seen &&
                (now->steps.empty() || now->steps.back().step + 1 == std::ssize(now->steps)) &&
                (!isFinal(now->status) || now->rankRecords.size() == 2);
            if (!well) {
                ++broken;
                return;
            }
            seen = now->steps.size();
            if (isFinal(now->status)) return;
        }
    };
    std::vector<std::jthread> readers;
    for (int i = 0; i < 3; ++i) readers.emplace_back(read);
    while (ready < 3) std::this_thread::yield();
    for (std::int64_t number = 0; number < steps; ++number)
        ASSERT_TRUE(writer->step(run, stepNumber(number)).ok());
    ASSERT_TRUE(writer->ended(finished(run)).ok());
    readers.clear();
    EXPECT_EQ(broken, 0);
}

// Closing a file drops all locks a program holds on it, so a second Store must not cost the first
// one its lock.
TEST_F(SharedStore, KeepsAWritersLockWhileTheSameProgramOpensItAgain) {
    OtherProgram other([this] { return writeRun(1); });
    const auto writer = open();
    ASSERT_TRUE(writer->created(newRun()).ok());
    for (const Access access : {Access::ReadOnly, Access::ReadWrite}) open(access);
    other.go();
    EXPECT_TRUE(other.endedWell());
    EXPECT_TRUE(std::filesystem::exists(file().string() + "-wal"))
        << "another program took itself for the last one and ended the log";
    ASSERT_TRUE(writer->created(newRun()).ok());
    EXPECT_EQ(open(Access::ReadOnly)->list({})->size(), 3U);
}

TEST_F(SharedStore, HasAVersionThatEveryCommitChanges) {
    OtherProgram other([this] { return writeRun(1); });
    const auto writer = open();
    const auto reader = open(Access::ReadOnly);
    const auto versions = [&] {
        return std::pair{writer->dataVersion().value(), reader->dataVersion().value()};
    };
    auto before = versions();
    EXPECT_EQ(versions(), before) << "reading changes nothing";
    RunRecord run = newRun();
    const auto expectChanged = [&](const char* what) {
        const auto after = versions();
        EXPECT_NE(after.first, before.first) << what;
        EXPECT_NE(after.second, before.second) << what;
        before = after;
    };
    ASSERT_TRUE(writer->created(run).ok());
    expectChanged("created");
    ASSERT_TRUE(writer->step(run, stepNumber(0)).ok());
    expectChanged("a step");
    ASSERT_TRUE(writer->logLine(run, 0, "line").ok());
    expectChanged("a log line");
    ASSERT_TRUE(writer->ended(finished(run)).ok());
    expectChanged("ended");
    other.go();
    EXPECT_TRUE(other.endedWell());
    expectChanged("another program");
}

TEST_F(SharedStore, SaysThatAnotherProgramIsWriting) {
    const auto writer = Store::open(file(), Access::ReadWrite, std::chrono::milliseconds(20));
    ASSERT_TRUE(writer.ok());
    const RunRecord run = newRun();
    ASSERT_TRUE((*writer)->created(run).ok());
    sqlite3* other = nullptr;
    ASSERT_EQ(::sqlite3_open(file().c_str(), &other), SQLITE_OK);
    ASSERT_EQ(::sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
    const Result<void> told = (*writer)->step(run, stepNumber(0));
    ASSERT_FALSE(told.ok());
    EXPECT_EQ(told.error().code, ErrorCode::Locked);
    EXPECT_EQ(told.error().message, "'" + file().string() +
                                        "' is locked by another program; try again when it is "
                                        "done");
    EXPECT_TRUE((*writer)->load(run.id).ok()) << "reading goes on";
    ::sqlite3_close(other);
    EXPECT_TRUE((*writer)->step(run, stepNumber(0)).ok());
}

}  // namespace
}  // namespace ringscope::test
