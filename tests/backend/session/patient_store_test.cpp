// A store that is locked while runs go on, and one that stays so.
#include "backend/session/patient_store.h"

#include "tests/backend/store/log_words.h"
#include "tests/backend/store/store_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <stdexcept>

namespace ringscope::test {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Another program that writes the store, and takes its time.
class OtherProgram {
public:
    explicit OtherProgram(const fs::path& store) {
        if (::sqlite3_open(store.c_str(), &database_) != SQLITE_OK)
            throw std::runtime_error("open");
        ::sqlite3_busy_timeout(database_, 5'000);
        run("BEGIN IMMEDIATE");
    }
    ~OtherProgram() { ::sqlite3_close(database_); }
    OtherProgram(const OtherProgram&) = delete;
    OtherProgram& operator=(const OtherProgram&) = delete;

    void letGo() { run("ROLLBACK"); }

private:
    void run(const char* sql) {
        if (::sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
            throw std::runtime_error(sql);
    }
    sqlite3* database_ = nullptr;
};

class PatientStoreTest : public StoreTest {
protected:
    static StorePatience impatient() {
        return {.ofACall = milliseconds(20),
                .betweenTries = milliseconds(5),
                .toOpen = milliseconds(50),
                .atEnd = std::chrono::minutes(1),
                .afterCancel = milliseconds(10)};
    }
    std::unique_ptr<PatientStore> patientStore(StorePatience patience = impatient()) {
        auto opened = PatientStore::open(
            file(), [this](const std::string& sentence) { told.push_back(sentence); },
            stop.get_token(), patience);
        EXPECT_TRUE(opened.ok()) << opened.error().message;
        return std::move(*opened);
    }
    static void tellAWholeRun(PatientStore& store, const RunRecord& run) {
        RunRecord begun = run;
        begun.steps.clear();
        begun.status = RunStatus::Running;
        EXPECT_TRUE(store.created(begun).ok());
        EXPECT_TRUE(store.logLine(begun, 1, "a line").ok());
        for (const StepRecord& step : run.steps) EXPECT_TRUE(store.step(begun, step).ok());
        EXPECT_TRUE(store.ended(run).ok());
    }
    std::vector<fs::path> unsaved() const {
        std::vector<fs::path> files;
        for (const auto& entry : fs::directory_iterator(folder()))
            if (entry.path().filename().string().find(".unsaved-") != std::string::npos &&
                entry.path().extension() != ".db-wal")
                files.push_back(entry.path());
        return files;
    }

    std::stop_source stop;
    std::vector<std::string> told;
};

TEST_F(PatientStoreTest, HasARunsBeginningAndEndWhenItIsTold) {
    const auto store = patientStore();
    const RunRecord run = finished(newRun("ring"));
    EXPECT_TRUE(store->created(run).ok());
    EXPECT_TRUE(open(Access::ReadOnly)->load(run.id).ok());
    EXPECT_TRUE(store->ended(run).ok());
    EXPECT_EQ(open(Access::ReadOnly)->load(run.id)->steps.size(), run.steps.size());
    EXPECT_TRUE(store->finish(stop.get_token()).ok());
    EXPECT_THAT(told, IsEmpty());
}

TEST_F(PatientStoreTest, KeepsEverythingInItsOrderWhileTheStoreIsLocked) {
    const auto store = patientStore();
    const RunRecord run = finished(newRun("ring"));
    OtherProgram other(file());
    tellAWholeRun(*store, run);
    EXPECT_THAT(told, ElementsAre(HasSubstr("is locked by another program")));
    EXPECT_THAT(told.front(), HasSubstr("the run goes on, its results wait for the store"));
    other.letGo();
    EXPECT_TRUE(store->finish(stop.get_token()).ok());
    const RunRecord kept = open(Access::ReadOnly)->load(run.id).value();
    EXPECT_EQ(kept.status, RunStatus::Finished);
    EXPECT_EQ(kept.steps.size(), run.steps.size());
    EXPECT_THAT(logWords(*open(Access::ReadOnly), run.id).value(), ElementsAre("rank 1: a line"));
    EXPECT_THAT(unsaved(), IsEmpty());
}

TEST_F(PatientStoreTest, GivesSignsOfLifeWhileARunGoesOn) {
    StorePatience patience;
    patience.betweenSigns = milliseconds(2);
    const auto store = patientStore(patience);
    const RunRecord run = newRun("ring");
    EXPECT_TRUE(store->created(run).ok());
    const auto sign = [&] { return std::stoll(sql(file(), "SELECT alive_us FROM run")); };
    EXPECT_TRUE(becomesTrue([&] { return sign() > 0; }));
    const std::int64_t first = sign();
    EXPECT_TRUE(becomesTrue([&] { return sign() > first; }));
    EXPECT_TRUE(store->ended(finished(run)).ok());
    EXPECT_TRUE(store->finish(stop.get_token()).ok());
}

// A sign that cannot be written is no trouble: nothing is told, and the end is kept.
TEST_F(PatientStoreTest, GivesNoSignsToALockedStoreAndEndsAllTheSame) {
    StorePatience patience = impatient();
    patience.betweenSigns = milliseconds(1);
    const auto store = patientStore(patience);
    const RunRecord run = finished(newRun("ring"));
    EXPECT_TRUE(store->created(newRun("zigzag")).ok());
    {
        OtherProgram other(file());
        EXPECT_TRUE(store->created(run).ok());
        other.letGo();
    }
    EXPECT_TRUE(store->ended(run).ok());
    EXPECT_TRUE(store->finish(stop.get_token()).ok());
    EXPECT_EQ(open(Access::ReadOnly)->load(run.id)->status, RunStatus::Finished);
}

TEST_F(PatientStoreTest, LaysBesideTheStoreWhatItCannotKeep) {
    StorePatience patience = impatient();
    patience.atEnd = milliseconds(50);
    const auto store = patientStore(patience);
    const RunRecord before = finished(newRun("zigzag"));
    tellAWholeRun(*store, before);
    const OtherProgram other(file());
    const RunRecord run = finished(newRun("ring"));
    tellAWholeRun(*store, run);
    const Result<void> end = store->finish(stop.get_token());
    ASSERT_FALSE(end.ok());
    EXPECT_EQ(end.error().code, ErrorCode::Locked);
    const std::vector<fs::path> files = unsaved();
    ASSERT_EQ(files.size(), 1U);
    EXPECT_THAT(end.error().message, HasSubstr("ringscope db recover " + files.front().string()));
    const auto beside = Store::open(files.front(), Store::Access::ReadOnly).value();
    EXPECT_FALSE(beside->load(before.id).ok()) << "which the store has";
    const RunRecord kept = beside->load(run.id).value();
    EXPECT_EQ(kept.status, RunStatus::Finished);
    EXPECT_EQ(kept.steps.size(), run.steps.size());
    EXPECT_THAT(logWords(*beside, run.id).value(), ElementsAre("rank 1: a line"));
}

TEST_F(PatientStoreTest, WaitsForALockedStoreToOpen) {
    (void)open();
    StorePatience patience = impatient();
    patience.toOpen = std::chrono::minutes(1);
    OtherProgram other(file());
    const auto letGo = [&](const std::string& sentence) {
        EXPECT_THAT(sentence, HasSubstr("is locked by another program"));
        other.letGo();
    };
    const auto store = PatientStore::open(file(), letGo, stop.get_token(), patience);
    ASSERT_TRUE(store.ok()) << store.error().message;
    EXPECT_TRUE((*store)->finish(stop.get_token()).ok());
}

TEST_F(PatientStoreTest, DropsLinesBeyondWhatFitsAndSaysHowMany) {
    const auto store = patientStore();
    const RunRecord run = finished(newRun("ring"));
    EXPECT_TRUE(store->created(run).ok());
    OtherProgram other(file());
    for (int i = 0; i < 10'100; ++i) EXPECT_TRUE(store->logLine(run, 0, "a line").ok());
    other.letGo();
    EXPECT_TRUE(store->ended(run).ok());
    EXPECT_TRUE(store->finish(stop.get_token()).ok());
    const std::string last = logWords(*open(Access::ReadOnly), run.id, 1).value().front();
    EXPECT_THAT(last, HasSubstr("lines were dropped while the store was not written"));
}

}  // namespace
}  // namespace ringscope::test
