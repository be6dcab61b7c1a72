#include "ui/live/report_writer.h"

#include "backend/core/files.h"
#include "backend/store/store.h"
#include "tests/ui/patience.h"
#include "tests/ui/sample.h"

#include <gtest/gtest.h>
#include <QTest>

namespace ringscope::ui {
namespace {

class Reports : public testing::Test {
protected:
    void SetUp() override {
        const auto store = Store::open(path("runs.db"), Store::Access::ReadWrite).value();
        for (const char* mode : {"legacy", "zigzag"}) {
            RunRecord run = test::finishedRun(mode, mode, 100);
            ASSERT_TRUE(store->created(run).ok());
            for (const StepRecord& step : run.steps) ASSERT_TRUE(store->step(run, step).ok());
            ASSERT_TRUE(store->ended(run).ok());
        }
        reader = std::make_unique<StoreReader>(path("runs.db"));
        writer = std::make_unique<ReportWriter>(*reader);
        QObject::connect(writer.get(), &ReportWriter::written, writer.get(),
                         [this](const QString& file) { written << file; });
        QObject::connect(writer.get(), &ReportWriter::failed, writer.get(),
                         [this](const QString& reason) { failed << reason; });
    }
    std::filesystem::path path(const char* name) const {
        return folder.filePath(QString::fromLatin1(name)).toStdString();
    }
    void write(const std::vector<RunId>& runs, const char* file) {
        const auto answers = written.size() + failed.size();
        writer->write(runs, path(file));
        ASSERT_TRUE(QTest::qWaitFor([&] { return written.size() + failed.size() == answers + 1; },
                                    patience));
    }

    QTemporaryDir folder;
    std::unique_ptr<StoreReader> reader;
    std::unique_ptr<ReportWriter> writer;
    QStringList written;
    QStringList failed;
};

TEST_F(Reports, AreWrittenInTheFormatOfTheFileName) {
    for (const char* name : {"out.html", "out.md", "out.csv", "out.json"}) {
        write({{"legacy"}, {"zigzag"}}, name);
        ASSERT_TRUE(std::filesystem::exists(path(name))) << name;
        EXPECT_NE(readFile(path(name)).value().find("zigzag"), std::string::npos) << name;
    }
    EXPECT_EQ(readFile(path("out.json")).value().front(), '{');
    EXPECT_EQ(written.size(), 4);
    EXPECT_TRUE(failed.empty());
}

TEST_F(Reports, SayWhichFormatIsNone) {
    write({{"legacy"}}, "out.pptx");
    ASSERT_EQ(failed.size(), 1);
    EXPECT_TRUE(failed[0].contains(QStringLiteral(".pptx"))) << failed[0].toStdString();
    EXPECT_FALSE(std::filesystem::exists(path("out.pptx")));
}

TEST_F(Reports, SayWhichRunIsNotInTheStore) {
    write({{"gone"}}, "out.html");
    ASSERT_EQ(failed.size(), 1);
    EXPECT_TRUE(failed[0].contains(QStringLiteral("gone"))) << failed[0].toStdString();
    EXPECT_FALSE(std::filesystem::exists(path("out.html")));
}

TEST_F(Reports, SayWhyAFileCannotBeWritten) {
    write({{"legacy"}}, "runs.db/out.html");
    ASSERT_EQ(failed.size(), 1);
    EXPECT_TRUE(failed[0].contains(QStringLiteral("runs.db"))) << failed[0].toStdString();
}

TEST_F(Reports, AreNotAnsweredToAWriterThatHasGone) {
    writer->write({{"legacy"}}, path("out.html"));
    writer.reset();
    ASSERT_TRUE(QTest::qWaitFor([this] { return reader->idle(); }, patience));
    EXPECT_TRUE(written.empty());
    EXPECT_TRUE(failed.empty());
}

}  // namespace
}  // namespace ringscope::ui
