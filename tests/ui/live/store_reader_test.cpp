#include "ui/live/store_reader.h"

#include "backend/store/store.h"
#include "tests/ui/patience.h"
#include "tests/ui/sample.h"

#include <gtest/gtest.h>
#include <QFile>
#include <QTest>

namespace ringscope::ui {
namespace {

class Reader : public testing::Test {
protected:
    std::filesystem::path file() const {
        return folder.filePath(QStringLiteral("runs.db")).toStdString();
    }
    void write(const std::string& id) const {
        const auto store = Store::open(file(), Store::Access::ReadWrite).value();
        RunRecord run = test::finishedRun(id, "ring", 100);
        ASSERT_TRUE(store->created(run).ok());
        for (const StepRecord& step : run.steps) ASSERT_TRUE(store->step(run, step).ok());
        ASSERT_TRUE(store->ended(run).ok());
    }
    void open() {
        reader = std::make_unique<StoreReader>(file());
        waitFor([this] { return reader->idle(); });
    }
    template <typename Condition>
    void waitFor(Condition condition) {
        ASSERT_TRUE(QTest::qWaitFor(condition, patience));
    }

    QTemporaryDir folder;
    std::unique_ptr<StoreReader> reader;
};

TEST_F(Reader, SaysThatThereIsNoStoreAndCreatesNone) {
    open();
    EXPECT_EQ(reader->state(), StoreReader::State::Missing);
    EXPECT_TRUE(reader->runs().empty());
    EXPECT_FALSE(std::filesystem::exists(file()));
}

TEST_F(Reader, FindsAStoreThatIsCreatedLater) {
    open();
    write("a");
    reader->refresh();
    waitFor([this] { return reader->state() == StoreReader::State::Ready; });
    ASSERT_EQ(reader->runs().size(), 1U);
    EXPECT_EQ(reader->runs()[0].id.text, "a");
}

TEST_F(Reader, SaysWhyAFileIsNoStoreAndLeavesItAsItIs) {
    QFile wrong(QString::fromStdString(file().string()));
    ASSERT_TRUE(wrong.open(QIODevice::WriteOnly));
    wrong.write("this is no database");
    wrong.close();
    open();
    EXPECT_EQ(reader->state(), StoreReader::State::Failed);
    EXPECT_FALSE(reader->problem().isEmpty());
    ASSERT_TRUE(wrong.open(QIODevice::ReadOnly));
    EXPECT_EQ(wrong.readAll(), QByteArray("this is no database"));
}

TEST_F(Reader, ShowsNoFiguresOfADamagedStoreAndSaysSo) {
    write("a");
    QFile store(QString::fromStdString(file().string()));
    ASSERT_TRUE(store.open(QIODevice::ReadWrite));
    const QByteArray whole = store.readAll();
    constexpr int page = 4096;
    // The first page whose damage leaves a file that opens.
    bool opens = false;
    for (int at = page; at < whole.size() && !opens; at += page) {
        QByteArray damaged = whole;
        damaged.replace(at, 100, QByteArray(100, '\xff'));
        ASSERT_TRUE(store.seek(0));
        ASSERT_EQ(store.write(damaged), damaged.size());
        ASSERT_TRUE(store.flush());
        opens = Store::open(file(), Store::Access::ReadOnly).ok();
    }
    ASSERT_TRUE(opens);
    open();
    EXPECT_EQ(reader->state(), StoreReader::State::Failed);
    EXPECT_TRUE(reader->problem().contains(QStringLiteral("is damaged")))
        << qPrintable(reader->problem());
    EXPECT_TRUE(reader->problem().contains(QStringLiteral("ringscope db check")));
    EXPECT_TRUE(reader->runs().empty());

    ASSERT_TRUE(store.seek(0));
    ASSERT_EQ(store.write(whole), whole.size());
    store.close();
    waitFor([this] { return reader->state() == StoreReader::State::Ready; });
    EXPECT_EQ(reader->runs().size(), 1U);
}

TEST_F(Reader, LoadsRunsWithTheirStepsInTheOrderAsked) {
    for (const char* id : {"a", "b", "c"}) write(id);
    open();
    std::vector<RunRecord> loaded;
    reader->load({{"c"}, {"a"}}, reader.get(),
                 [&](Result<std::vector<RunRecord>> runs) { loaded = std::move(runs).value(); });
    EXPECT_FALSE(reader->idle());
    waitFor([&] { return loaded.size() == 2; });
    EXPECT_EQ(loaded[0].id.text, "c");
    EXPECT_EQ(loaded[1].id.text, "a");
    EXPECT_EQ(loaded[0].steps.size(), 4U);
    waitFor([this] { return reader->idle(); });
}

TEST_F(Reader, SaysWhichRunItCannotLoad) {
    write("a");
    open();
    std::string message;
    reader->load({{"a"}, {"gone"}}, reader.get(), [&](const Result<std::vector<RunRecord>>& runs) {
        message = runs.ok() ? "loaded" : runs.error().message;
    });
    waitFor([&] { return !message.empty(); });
    EXPECT_NE(message.find("gone"), std::string::npos) << message;
}

TEST_F(Reader, SaysThatThereIsNothingToLoadWhereThereIsNoStore) {
    open();
    std::string message;
    reader->load({{"a"}}, reader.get(), [&](const Result<std::vector<RunRecord>>& runs) {
        message = runs.ok() ? "loaded" : runs.error().message;
    });
    waitFor([&] { return !message.empty(); });
    EXPECT_TRUE(message.starts_with("there is no store at ")) << message;
}

TEST_F(Reader, AnswersNobodyWhoHasGone) {
    write("a");
    open();
    auto receiver = std::make_unique<QObject>();
    bool answered = false;
    reader->load({{"a"}}, receiver.get(), [&](const auto&) { answered = true; });
    receiver.reset();
    waitFor([this] { return reader->idle(); });
    EXPECT_FALSE(answered);
}

}  // namespace
}  // namespace ringscope::ui
