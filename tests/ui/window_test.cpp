#include "backend/store/store.h"
#include "backend/trace/trace_files.h"
#include "tests/ui/fake_transport.h"
#include "tests/ui/patience.h"
#include "tests/ui/sample.h"
#include "tests/ui/timeline/made_trace.h"
#include "ui/live/report_writer.h"
#include "ui/main_window.h"
#include "ui/pages/compare_page.h"
#include "ui/pages/live_panel.h"
#include "ui/pages/migrate_page.h"
#include "ui/pages/new_run_page.h"
#include "ui/pages/page_table.h"
#include "ui/pages/runs_page.h"
#include "ui/pages/traces_page.h"
#include "ui/plots/chart_panel.h"
#include "ui/plots/line_chart.h"
#include "ui/timeline/timeline_view.h"
#include "ui/widgets/parts.h"

#include <gtest/gtest.h>
#include <QFile>
#include <QProgressBar>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>
#include <QTest>
#include <QToolButton>

namespace ringscope::ui {
namespace {

class Window : public testing::Test {
protected:
    void open() {
        WindowOptions options;
        options.store = storeFile().toStdString();
        options.defaultStore = false;
        options.sample = test::sampleDraft();
        window = std::make_unique<MainWindow>(theme, transport, options);
        window->resize(1280, 800);
        window->show();
        waitFor([this] { return window->store().idle() && window->page<NewRunPage>().settled(); });
    }

    QString storeFile() const { return folder.filePath(QStringLiteral("runs.db")); }

    template <typename Condition>
    void waitFor(Condition condition) {
        ASSERT_TRUE(QTest::qWaitFor(condition, patience));
    }

    void click(const char* name) {
        auto* button = window->findChild<QAbstractButton*>(QString::fromLatin1(name));
        ASSERT_NE(button, nullptr) << name;
        QTest::mouseClick(button, Qt::LeftButton);
    }

    void runSample() {
        transport.gate.allow(test::StepGate::open);
        window->page<NewRunPage>().runSample();
        waitFor([this] { return window->controller().running(); });
        waitFor([this] { return !window->controller().running(); });
    }

    void writeToStore(const std::vector<RunRecord>& runs) {
        const auto store = Store::open(storeFile().toStdString(), Store::Access::ReadWrite).value();
        for (RunRecord run : runs) {
            ASSERT_TRUE(store->created(run).ok());
            for (const StepRecord& step : run.steps) ASSERT_TRUE(store->step(run, step).ok());
            ASSERT_TRUE(store->ended(run).ok());
        }
    }

    QTemporaryDir folder;
    ThemeController theme;
    test::FakeTransport transport;
    std::unique_ptr<MainWindow> window;
};

TEST_F(Window, SaysWhatWasDoneWhereItIsSeen) {
    open();
    Q_EMIT window->page<RunsPage>().messageReady(QStringLiteral("Report written to report.html"));
    auto* message = window->findChild<ElidedLabel*>(QStringLiteral("message"));
    ASSERT_NE(message, nullptr);
    EXPECT_TRUE(message->isVisible());
    EXPECT_EQ(message->text(), QStringLiteral("Report written to report.html")) << "not cut";
    EXPECT_GT(message->width(), 300);
}

TEST_F(Window, GoesThroughItsPagesByClickAndByKey) {
    open();
    EXPECT_EQ(window->pageName(), QStringLiteral("runs"));
    click("rail_new");
    EXPECT_EQ(window->pageName(), QStringLiteral("new"));
    click("rail_compare");
    EXPECT_EQ(window->pageName(), QStringLiteral("compare"));
    click("rail_migrate");
    EXPECT_EQ(window->pageName(), QStringLiteral("migrate"));
    QTest::keyClick(window.get(), Qt::Key_1, Qt::ControlModifier);
    EXPECT_EQ(window->pageName(), QStringLiteral("runs"));
}

TEST_F(Window, PlansAMigratedExperimentInNewRun) {
    open();
    ASSERT_TRUE(window->openMigration(QStringLiteral(RINGSCOPE_FIXTURES "/base_zigzag.yaml")).ok());
    EXPECT_EQ(window->pageName(), QStringLiteral("migrate"));
    window->page<MigratePage>().goTo(MigratePage::Decisions);
    click("takeDefaults");
    click("nextStep");
    click("nextStep");
    EXPECT_EQ(window->pageName(), QStringLiteral("new"));
    waitFor([this] { return window->page<NewRunPage>().settled(); });
    EXPECT_EQ(window->page<NewRunPage>().draft().fileText,
              window->page<MigratePage>().draft().migration().experiment);
    EXPECT_TRUE(window->page<NewRunPage>().plan()->canStart())
        << window->page<NewRunPage>().plan()->refusal;
}

TEST_F(Window, OffersTheDemoWhereThereIsNoStoreAndCreatesNone) {
    open();
    EXPECT_EQ(window->store().state(), StoreReader::State::Missing);
    EXPECT_NE(window->page<RunsPage>().findChild<EmptyState*>(), nullptr);
    EXPECT_FALSE(QFile::exists(storeFile()));
}

TEST_F(Window, ShowsARunLiveFromItsFirstStepToItsRowInTheTable) {
    open();
    auto* demo = window->page<RunsPage>().findChild<EmptyState*>()->button();
    QTest::mouseClick(demo, Qt::LeftButton);
    NewRunPage& page = window->page<NewRunPage>();
    waitFor([&] { return page.showsLive() && page.live().runs().size() == 1; });
    EXPECT_EQ(window->pageName(), QStringLiteral("new"));
    const std::string first = page.live().runs().front().text;
    EXPECT_EQ(page.live().lossChart().points(first), 0);

    transport.gate.allow(2);
    waitFor([&] { return page.live().lossChart().points(first) == 2; });
    EXPECT_TRUE(window->controller().running());
    EXPECT_DOUBLE_EQ(window->controller().progress(), 2.0 / 12);
    waitFor([&] {
        const RunRow* row = window->page<RunsPage>().model().find({first});
        return row != nullptr && row->status == RunStatus::Running;
    });

    transport.gate.allow(test::StepGate::open);
    waitFor([&] { return !window->controller().running(); });
    waitFor([&] {
        const auto& rows = window->page<RunsPage>().model().rows();
        return rows.size() == 3 && std::ranges::all_of(rows, [](const RunRow& row) {
                   return row.status == RunStatus::Finished && row.tokensPerSecond.has_value();
               });
    });
    EXPECT_EQ(window->controller().done(), 3);
    EXPECT_EQ(page.live().problem(), QString());
}

TEST_F(Window, ShowsValidationsOfARunWhileItRuns) {
    open();
    ExperimentDraft draft = test::sampleDraft();
    draft.edits = {{"data.validation", "0.1"}};
    window->controller().start(planDraft(draft).reading.experiment);
    NewRunPage& page = window->page<NewRunPage>();
    waitFor([&] { return page.live().runs().size() == 1; });
    const std::string first = page.live().runs().front().text;
    transport.gate.allow(2);
    waitFor([&] { return page.live().lossChart().points(first + "/validation") == 2; });
    const LiveRun* line = page.live().findChild<LiveRun*>();
    ASSERT_TRUE(line->validation().has_value());
    EXPECT_EQ(line->validation()->loss, 5.75);
    transport.gate.allow(test::StepGate::open);
    waitFor([&] { return !window->controller().running(); });
}

TEST_F(Window, ComparesTheRunsOfTheExperimentThatJustRan) {
    open();
    runSample();
    ComparePage& compare = window->page<ComparePage>();
    QTest::mouseClick(window->page<NewRunPage>().live().compareButton(), Qt::LeftButton);
    EXPECT_EQ(window->pageName(), QStringLiteral("compare"));
    // The page may still show what it compared while the last of them ran.
    waitFor([&] { return compare.comparison() && compare.comparison()->groups().size() == 3; });
    EXPECT_EQ(compare.comparison()->baseline.group.mode, "legacy");
    EXPECT_TRUE(compare.verdict()->text().contains(QStringLiteral("zigzag")) ||
                compare.verdict()->text().contains(QStringLiteral("none")))
        << compare.verdict()->text().toStdString();
    const ChartPanel* exposed = compare.charts().back();  // these runs recorded no step
    for (const ChartPanel* chart : compare.charts())
        EXPECT_EQ(chart->isVisible(), chart != exposed);
}

TEST_F(Window, StopsWhatRunsAndKeepsItAsCancelled) {
    open();
    window->page<NewRunPage>().runSample();
    waitFor([this] { return window->page<NewRunPage>().live().runs().size() == 1; });
    const RunId first = window->page<NewRunPage>().live().runs().front();
    QTest::mouseClick(window->page<NewRunPage>().live().stopButton(), Qt::LeftButton);
    EXPECT_TRUE(window->controller().stopping());
    waitFor([this] { return !window->controller().running(); });
    waitFor([&] {
        const RunRow* row = window->page<RunsPage>().model().find(first);
        return row != nullptr && row->status == RunStatus::Cancelled;
    });
    EXPECT_EQ(window->page<RunsPage>().model().rowCount(), 1);
}

TEST_F(Window, ShowsWhyARunFailedAndGoesOnWithTheOthers) {
    transport.failingMode = "legacy";
    open();
    runSample();
    waitFor([this] { return window->page<RunsPage>().model().rowCount() == 3; });
    waitFor([this] {
        return std::ranges::any_of(window->page<RunsPage>().model().rows(), [](const RunRow& row) {
            return row.status == RunStatus::Failed &&
                   row.reason == QStringLiteral("rank 0 was ended by SIGKILL");
        });
    });
    EXPECT_EQ(window->controller().done(), 3);
}

TEST_F(Window, SaysWhyAStoreCannotBeWrittenInsteadOfRunning) {
    QFile file(storeFile());
    ASSERT_TRUE(file.open(QIODevice::WriteOnly));
    file.write("this is no database");
    file.close();
    open();
    EXPECT_EQ(window->store().state(), StoreReader::State::Failed);
    EXPECT_FALSE(window->store().problem().isEmpty());
    runSample();
    EXPECT_FALSE(window->page<NewRunPage>().live().problem().isEmpty());
    ASSERT_TRUE(file.open(QIODevice::ReadOnly));
    EXPECT_EQ(file.readAll(), QByteArray("this is no database"));
}

TEST_F(Window, AsksBeforeItStopsRunsByClosing) {
    open();
    window->page<NewRunPage>().runSample();
    waitFor([this] { return window->page<NewRunPage>().live().runs().size() == 1; });
    bool stop = false;
    int asked = 0;
    window->setAskToStop([&] {
        ++asked;
        return stop;
    });
    window->close();
    EXPECT_EQ(asked, 1);
    EXPECT_TRUE(window->isVisible());
    EXPECT_FALSE(window->controller().stopping());

    stop = true;
    window->close();
    waitFor([this] { return !window->isVisible(); });
    EXPECT_FALSE(window->controller().running());
}

TEST_F(Window, SeesARunThatAnotherProgramWrites) {
    writeToStore({test::finishedRun("aaaaaaaa-1", "legacy", 200)});
    open();
    waitFor([this] { return window->page<RunsPage>().model().rowCount() == 1; });
    writeToStore({test::finishedRun("bbbbbbbb-2", "zigzag", 100)});
    waitFor([this] { return window->page<RunsPage>().model().rowCount() == 2; });
    EXPECT_NE(window->page<RunsPage>().model().find({"bbbbbbbb-2"}), nullptr);
}

TEST_F(Window, SelectionOnRunsIsWhatCompareShows) {
    writeToStore({test::finishedRun("aaaaaaaa-1", "legacy", 200),
                  test::finishedRun("bbbbbbbb-2", "zigzag", 100),
                  test::finishedRun("cccccccc-3", "ring", 120)});
    open();
    waitFor([this] { return window->page<RunsPage>().model().rowCount() == 3; });
    window->page<RunsPage>().table().selectAll();
    Q_EMIT window->page<RunsPage>().compareRequested(window->page<RunsPage>().selectedRuns());
    EXPECT_EQ(window->pageName(), QStringLiteral("compare"));
    waitFor([this] {
        return window->page<ComparePage>().comparison() &&
               window->page<ComparePage>().comparison()->candidates.size() == 2;
    });
}

TEST_F(Window, WritesAReportOfTheRunsItIsAsked) {
    writeToStore({test::finishedRun("aaaaaaaa-1", "legacy", 200),
                  test::finishedRun("bbbbbbbb-2", "zigzag", 100)});
    open();
    ReportWriter writer(window->store());
    QSignalSpy written(&writer, &ReportWriter::written);
    QSignalSpy failed(&writer, &ReportWriter::failed);
    const QString file = folder.filePath(QStringLiteral("out.html"));
    writer.write({{"aaaaaaaa-1"}, {"bbbbbbbb-2"}}, file.toStdString());
    ASSERT_TRUE(written.wait(patience));
    QFile report(file);
    ASSERT_TRUE(report.open(QIODevice::ReadOnly));
    EXPECT_TRUE(report.readAll().contains("zigzag"));
    writer.write({{"aaaaaaaa-1"}}, folder.filePath(QStringLiteral("out.pptx")).toStdString());
    ASSERT_TRUE(failed.wait(patience));
}

TEST_F(Window, OpensTheTimelineOfTheRunThatIsSelected) {
    RunRecord recorded = test::finishedRun("aaaaaaaa-1", "ring", 200);
    recorded.config.profile.steps = StepRange{1, 3};
    writeToStore({recorded, test::finishedRun("bbbbbbbb-2", "zigzag", 100)});
    test::writeTraces(traceRoot(storeFile().toStdString()) / "aaaaaaaa-1", test::lateSender());
    open();
    waitFor([this] { return window->page<RunsPage>().model().rowCount() == 2; });
    QTableView& table = window->page<RunsPage>().table();
    auto* button = window->findChild<QPushButton*>(QStringLiteral("openTimeline"));
    for (int row : {0, 1}) {
        table.selectRow(row);
        const bool isRecorded = window->page<RunsPage>().selectedRuns().front() == recorded.id;
        EXPECT_EQ(button->isEnabled(), isRecorded);
        if (!isRecorded) continue;
        QTest::mouseClick(button, Qt::LeftButton);
        EXPECT_EQ(window->pageName(), QStringLiteral("traces"));
        waitFor([this] { return window->page<TracesPage>().timeline().trace() != nullptr; });
        window->goTo(QStringLiteral("runs"));
    }
    EXPECT_EQ(window->page<TracesPage>().timeline().trace()->rows.size(), 2U);
}

// Labels and buttons whose text does not fit their place, of those that do not elide it.
QStringList clippedTexts(const QWidget& page) {
    QStringList clipped;
    for (const auto* label : page.findChildren<QLabel*>()) {
        if (!label->isVisibleTo(&page) || label->wordWrap() || label->text().isEmpty()) continue;
        if (qobject_cast<const ElidedLabel*>(label) != nullptr) continue;
        if (label->fontMetrics().horizontalAdvance(label->text()) > label->width() + 1)
            clipped << label->text();
    }
    for (const auto* button : page.findChildren<QPushButton*>())
        if (button->isVisibleTo(&page) && button->width() < button->minimumSizeHint().width())
            clipped << button->text();
    return clipped;
}

TEST_F(Window, HidesNoTextAtItsSmallestSizeAndWhenZoomed) {
    writeToStore({test::finishedRun("aaaaaaaa-1", "legacy", 200),
                  test::finishedRun("bbbbbbbb-2", "zigzag", 100)});
    test::writeTraces(traceRoot(storeFile().toStdString()) / "aaaaaaaa-1", test::lateSender());
    for (double zoom : {1.0, 1.25}) {
        theme.setZoom(zoom);
        open();
        window->resize(window->minimumSize());
        for (const PageRow& page : pageTable()) {
            window->goTo(QLatin1String(page.name));
            waitFor(
                [this] { return window->store().idle() && window->page<TracesPage>().settled(); });
            QCoreApplication::processEvents();
            const QStringList clipped = clippedTexts(*window->centralWidget());
            EXPECT_TRUE(clipped.isEmpty()) << page.name << " zoom " << zoom << ": "
                                           << clipped.join(QStringLiteral(" | ")).toStdString();
        }
        window.reset();
    }
    theme.setZoom(1);
}

}  // namespace
}  // namespace ringscope::ui
