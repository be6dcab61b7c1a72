// One run in full, and what users write about runs, over a store without the window.
#include "ui/pages/run_page.h"
#include "backend/store/store.h"
#include "backend/trace/trace_files.h"
#include "tests/ui/patience.h"
#include "tests/ui/sample.h"
#include "tests/ui/timeline/made_trace.h"
#include "ui/look/theme.h"
#include "ui/pages/run_memory.h"
#include "ui/pages/runs_page.h"
#include "ui/plots/area_chart.h"
#include "ui/plots/chart_panel.h"
#include "ui/plots/line_chart.h"
#include "ui/widgets/parts.h"

#include <gtest/gtest.h>
#include <QHeaderView>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QTabWidget>
#include <QTableView>
#include <QTableWidget>
#include <QTest>
#include <algorithm>
#include <fstream>

namespace ringscope::ui {
namespace {

class RunPageTest : public testing::Test {
protected:
    std::filesystem::path file() const {
        return folder.filePath(QStringLiteral("runs.db")).toStdString();
    }
    std::unique_ptr<Store> store() const {
        return Store::open(file(), Store::Access::ReadWrite).value();
    }
    RunRecord add(RunRecord run) const {
        const auto open = store();
        EXPECT_TRUE(open->created(run).ok());
        EXPECT_TRUE(open->ended(run).ok());
        return run;
    }
    void open(int width = 1280) {
        reader = std::make_unique<StoreReader>(file());
        page = std::make_unique<RunsPage>(*reader);
        page->resize(width, 800);
        page->show();
        waitFor([this] { return reader->idle(); });
    }
    void openRun(const RunId& run) {
        page->openRun(run);
        settle();
    }
    void showTab(const char* title) {
        QTabWidget& tabs = page->runPage().tabs();
        for (int i = 0; i < tabs.count(); ++i)
            if (tabs.tabText(i) == QLatin1String(title)) return tabs.setCurrentIndex(i);
        throw std::runtime_error(title);
    }
    void settle() {
        waitFor([this] { return page->runPage().settled() && reader->idle(); });
    }
    template <typename Condition>
    void waitFor(Condition condition) {
        ASSERT_TRUE(QTest::qWaitFor(condition, patience));
    }
    QTableWidget& table(const char* name) {
        for (auto* found : page->runPage().findChildren<QTableWidget*>())
            if (found->accessibleName() == QLatin1String(name)) return *found;
        throw std::runtime_error(name);
    }
    static QStringList cells(const QTableWidget& table) {
        QStringList all;
        for (int row = 0; row < table.rowCount(); ++row)
            for (int column = 0; column < table.columnCount(); ++column)
                all << table.item(row, column)->text();
        return all;
    }
    const RunRow* rowOf(const char* id) { return page->model().find({id}); }

    QTemporaryDir folder;
    std::unique_ptr<StoreReader> reader;
    std::unique_ptr<RunsPage> page;
};

TEST_F(RunPageTest, OpensByEnterAndByDoubleClickAndGoesBack) {
    add(test::finishedRun("a", "ring", 100));
    open();
    waitFor([this] { return page->selectedRuns().size() == 1; });
    QTableView& runs = page->table();
    runs.setCurrentIndex(runs.model()->index(0, 0));
    QTest::keyClick(&runs, Qt::Key_Return);
    EXPECT_TRUE(page->showsRun());
    EXPECT_EQ(page->runPage().run().text, "a");
    settle();
    QTest::mouseClick(page->runPage().findChild<QPushButton*>(QStringLiteral("backToRuns")),
                      Qt::LeftButton);
    EXPECT_FALSE(page->showsRun());
    const QPoint cell = runs.visualRect(runs.model()->index(0, RunTableModel::Mode)).center();
    QTest::mouseClick(runs.viewport(), Qt::LeftButton, {}, cell);
    QTest::mouseDClick(runs.viewport(), Qt::LeftButton, {}, cell);
    EXPECT_TRUE(page->showsRun());
    settle();
}

TEST_F(RunPageTest, ShowsHowExpertsWereUsedWhereThereAreSome) {
    RunRecord run = test::finishedRun("a", "ring", 100);
    run.routing = {{.step = 0, .layer = 1, .use = {8, 8}}, {.step = 5, .layer = 1, .use = {16, 0}}};
    add(run);
    add(test::finishedRun("b", "ring", 100));
    open();
    openRun({"a"});
    showTab("Experts");
    EXPECT_EQ(cells(table("Experts")),
              (QStringList{"1", "2.000", "1 of 2", "0.000", "1.000", "1.000", "16 0"}));
    QTabWidget& tabs = page->runPage().tabs();
    EXPECT_TRUE(tabs.isTabVisible(tabs.indexOf(&page->runPage().experts())));
    openRun({"b"});
    EXPECT_FALSE(tabs.isTabVisible(tabs.indexOf(&page->runPage().experts())));
}

TEST_F(RunPageTest, ShowsValidationsBesideTheLossOfTheStepsTheyFollow) {
    RunRecord run = test::finishedRun("a", "ring", 100);
    const std::int64_t last = run.steps.back().step;
    run.validations = {{.step = 0, .loss = 2, .tokens = 64},
                       {.step = last, .loss = 1, .tokens = 64}};
    add(run);
    add(test::finishedRun("b", "ring", 100));
    open();
    openRun({"a"});
    const auto lossTable = [this]() -> const QTableWidget& {
        for (const auto* panel : page->runPage().findChildren<ChartPanel*>()) {
            const auto* chart = panel->findChild<LineChart*>();
            if (chart != nullptr && chart->accessibleName() == QLatin1String("Loss"))
                return *panel->table();
        }
        throw std::runtime_error("no panel of losses");
    };
    const QTableWidget& table = lossTable();
    ASSERT_EQ(table.columnCount(), 4);
    EXPECT_EQ(table.item(0, 2)->text(), QLatin1String("2.000000"));
    EXPECT_EQ(table.item(0, 3)->text(), QLatin1String("7.389056"));
    EXPECT_EQ(table.item(1, 2)->text(), QString());
    const auto charts = page->runPage().findChildren<LineChart*>();
    const auto loss = std::ranges::find(charts, QStringLiteral("Loss"), &QWidget::accessibleName);
    ASSERT_NE(loss, charts.end());
    EXPECT_EQ((*loss)->points("validation"), 2);
    openRun({"b"});
    EXPECT_EQ(lossTable().columnCount(), 2);
    EXPECT_EQ((*loss)->points("validation"), 0);
}

TEST_F(RunPageTest, ShowsOneHistoryOfARunThatGoesOnFromAnother) {
    const RunRecord first = add(test::finishedRun("a", "ring", 100));
    RunRecord second = test::finishedRun("b", "zigzag", 100);
    const std::int64_t cut = first.steps.back().step;
    second.continues = Continuation{first.id, cut};
    std::erase_if(second.steps, [&](const StepRecord& step) { return step.step < cut; });
    add(second);
    open();
    openRun({"b"});
    const auto charts = page->runPage().findChildren<LineChart*>();
    ASSERT_EQ(charts.size(), 3);
    for (const LineChart* chart : charts) {
        EXPECT_EQ(chart->points("zigzag"), std::ssize(first.steps));
        EXPECT_EQ(chart->cuts(), 1);
    }
    openRun({"a"});
    for (const LineChart* chart : charts) EXPECT_EQ(chart->cuts(), 0);
}

TEST_F(RunPageTest, ShowsRanksConfigurationEnvironmentAndFiles) {
    RunRecord run = test::finishedRun("a", "ring", 100);
    run.environment.hosts = {{.host = "localhost", .processor = "AMD EPYC 7763", .cores = 64}};
    run.environment.origin.command = "ringscope run four.yaml";
    add(run);
    const auto trace = traceRoot(file()) / "a" / traceFileName(0);
    std::filesystem::create_directories(trace.parent_path());
    std::ofstream(trace) << "a trace";
    open();
    openRun({"a"});
    EXPECT_TRUE(cells(table("Ranks")).contains(QStringLiteral("100 MiB")));
    const QStringList configuration = cells(table("Configuration"));
    EXPECT_TRUE(configuration.contains(QStringLiteral("parallel.mode")));
    EXPECT_FALSE(configuration.contains(QStringLiteral("model.layers"))) << "it is the default";
    const QStringList environment = cells(table("Environment"));
    EXPECT_TRUE(environment.contains(QStringLiteral("AMD EPYC 7763")));
    EXPECT_TRUE(environment.contains(QStringLiteral("ringscope run four.yaml")));
    EXPECT_TRUE(cells(table("Files")).contains(QStringLiteral("7 B")));
}

TEST_F(RunPageTest, ComparesTheConfigurationWithAnotherRuns) {
    add(test::finishedRun("a", "ring", 100));
    RunRecord other = test::finishedRun("b", "ring", 100);
    other.config.train.seqLen = 2048;
    add(other);
    open();
    openRun({"a"});
    auto* choice = page->runPage().findChild<ChoiceBox*>(QStringLiteral("otherRun"));
    choice->setCurrentIndex(choice->findData(QStringLiteral("b")));
    settle();
    EXPECT_EQ(cells(table("Configuration")).mid(0, 3),
              (QStringList{QStringLiteral("train.seq_len"), QStringLiteral("1024"),
                           QStringLiteral("2048")}));
    EXPECT_EQ(table("Configuration").rowCount(), 1);
}

TEST_F(RunPageTest, ShowsTheLogOfAFailedRunPerRankAndSearchesIt) {
    RunRecord run = test::finishedRun("a", "ring", 100);
    run.status = RunStatus::Failed;
    run.statusReason = "rank 1 was ended by SIGKILL";
    run.steps.clear();
    add(run);
    ASSERT_TRUE(store()->logLine(run, 0, "hello world").ok());
    ASSERT_TRUE(store()->logLine(run, 1, "out of memory in layer 3").ok());
    open();
    openRun({"a"});
    RunPage& shown = page->runPage();
    EXPECT_TRUE(shown.log().toPlainText().contains(QStringLiteral("rank 0: hello world")));
    showTab("Log");
    auto* search = shown.findChild<QLineEdit*>(QStringLiteral("logSearch"));
    search->setText(QStringLiteral("MEMORY"));
    EXPECT_EQ(shown.log().textCursor().selectedText(), QStringLiteral("memory"));
    for (auto* source : shown.findChildren<ChoiceBox*>())
        if (const int rank = source->findData(QStringLiteral("0")); rank >= 0)
            source->setCurrentIndex(rank);
    EXPECT_FALSE(shown.log().toPlainText().contains(QStringLiteral("memory")));
    EXPECT_TRUE(shown.log().toPlainText().contains(QStringLiteral("hello world")));
}

TEST_F(RunPageTest, ShowsWhatTheMemoryOfEachRankWasForOverTime) {
    RunRecord run = test::finishedRun("a", "ring", 100);
    run.config.profile.steps = StepRange{2, 3};
    run.rankRecords[0].peakMemory.count += 1;
    add(run);
    test::writeTraces(traceRoot(file()) / "a", test::lateSenderWithMemory());
    open();
    openRun({"a"});
    showTab("Memory");
    settle();
    RunMemory& memory = page->runPage().memory();
    EXPECT_EQ(memory.sentence(), QString());
    EXPECT_EQ(memory.rank().currentText(), QStringLiteral("Rank 0")) << "it held the most";
    EXPECT_EQ(memory.rank().count(), 2);
    const AreaPicture& picture = memory.chart().picture();
    ASSERT_EQ(picture.parts.size(), 3U);
    EXPECT_EQ(picture.parts[0].label, QStringLiteral("parameters"));
    EXPECT_EQ(picture.parts[1].label, QStringLiteral("activations"));
    EXPECT_EQ(picture.parts[2].label, QStringLiteral("workspace"));
    EXPECT_EQ(picture.upright, QStringLiteral("MiB"));
    EXPECT_DOUBLE_EQ(picture.length, 100) << "ms";
    const std::vector<double>& activations = picture.parts[1].values;
    const auto at = [&](double ms) { return activations[std::size_t(ms / 100 * 800)]; };
    EXPECT_DOUBLE_EQ(at(10), 0);
    EXPECT_DOUBLE_EQ(at(50), 200);
    EXPECT_DOUBLE_EQ(at(90), 0);
    ASSERT_EQ(picture.marks.size(), 1U);
    EXPECT_EQ(picture.marks[0].label, QStringLiteral("step 2"));
    EXPECT_EQ(picture.wordsOf(440), QStringLiteral("from 55.0 ms on: 400 MiB\nparameters 100 MiB\n"
                                                   "activations 200 MiB\nworkspace 100 MiB"));

    memory.rank().setCurrentIndex(1);
    settle();
    EXPECT_EQ(memory.chart().picture().parts.size(), 1U);
}

TEST_F(RunPageTest, SaysWhatToSetWhereNothingIsKnownOfMemory) {
    add(test::finishedRun("a", "ring", 100));
    RunRecord silent = test::finishedRun("b", "ring", 100);
    silent.config.profile.steps = StepRange{2, 3};
    silent.config.profile.memory = false;
    add(silent);
    test::writeTraces(traceRoot(file()) / "b", test::lateSender());
    RunRecord live = test::finishedRun("c", "ring", 100);
    live.config.profile.steps = StepRange{2, 3};
    live.status = RunStatus::Running;
    ASSERT_TRUE(store()->created(live).ok());
    open();
    const auto sentence = [this](const char* run) {
        openRun({run});
        showTab("Memory");
        settle();
        return page->runPage().memory().sentence();
    };
    EXPECT_TRUE(sentence("a").contains(QStringLiteral("profile.steps set to")));
    EXPECT_TRUE(sentence("b").contains(QStringLiteral("profile.memory: true")));
    EXPECT_TRUE(sentence("c").contains(QStringLiteral("can be read when the run has ended")));
    EXPECT_TRUE(sentence("a").contains(QStringLiteral("profile.steps set to")));
}

TEST_F(RunPageTest, ReadsTheRecordingOfALiveRunWhenItArrives) {
    RunRecord run = test::finishedRun("a", "ring", 100);
    run.config.profile.steps = StepRange{2, 3};
    run.status = RunStatus::Running;
    const auto writer = store();
    ASSERT_TRUE(writer->created(run).ok());
    open();
    openRun({"a"});
    showTab("Memory");
    settle();
    EXPECT_FALSE(page->runPage().memory().sentence().isEmpty());
    test::writeTraces(traceRoot(file()) / "a", test::lateSenderWithMemory());
    run.status = RunStatus::Finished;
    ASSERT_TRUE(writer->ended(run).ok());
    waitFor([this] { return page->runPage().memory().sentence().isEmpty(); });
    settle();
}

TEST_F(RunPageTest, FollowsARunThatGoesOn) {
    RunRecord run = test::finishedRun("a", "ring", 100);
    run.status = RunStatus::Running;
    const std::vector<StepRecord> steps = std::exchange(run.steps, {});
    const auto writer = store();
    ASSERT_TRUE(writer->created(run).ok());
    open();
    openRun({"a"});
    ASSERT_TRUE(writer->step(run, steps[0]).ok());
    ASSERT_TRUE(writer->logLine(run, 0, "a first word").ok());
    waitFor([this] {
        return page->runPage().log().toPlainText().contains(QStringLiteral("a first word"));
    });
    settle();
}

TEST_F(RunPageTest, FillsNewRunFromAStoredConfiguration) {
    add(test::finishedRun("a", "ring", 100));
    open();
    openRun({"a"});
    QSignalSpy ready(page.get(), &Page::experimentReady);
    QTest::mouseClick(page->runPage().findChild<QPushButton*>(QStringLiteral("editAndRunAgain")),
                      Qt::LeftButton);
    ASSERT_EQ(ready.count(), 1);
    const std::string content = ready.front().at(1).value<std::string>();
    EXPECT_NE(content.find("name: sample"), std::string::npos);
    EXPECT_NE(content.find("mode: ring"), std::string::npos);
}

TEST_F(RunPageTest, KeepsWhatAUserWrites) {
    add(test::finishedRun("a", "ring", 100));
    open();
    page->change({{"a"}}, {.name = "best", .note = "the fan was off", .addTags = {"paper"}});
    waitFor([this] { return rowOf("a")->name == QStringLiteral("best"); });
    EXPECT_EQ(rowOf("a")->tags, QStringLiteral("paper"));
    EXPECT_EQ(rowOf("a")->note, QStringLiteral("the fan was off"));
    settle();
}

TEST_F(RunPageTest, ArchivesWithUndo) {
    add(test::finishedRun("a", "ring", 100));
    add(test::finishedRun("b", "zigzag", 100));
    open();
    waitFor([this] { return page->table().model()->rowCount() == 2; });
    page->change({{"a"}}, {.archived = true});
    waitFor([this] { return page->table().model()->rowCount() == 1; });
    auto* undo = page->findChild<QPushButton*>(QStringLiteral("undoArchive"));
    ASSERT_TRUE(undo->isVisible());
    QTest::mouseClick(undo, Qt::LeftButton);
    waitFor([this] { return page->table().model()->rowCount() == 2; });
    EXPECT_FALSE(undo->isVisible());
    settle();
}

TEST_F(RunPageTest, ShowsArchivedRunsWhereTheyAreAskedFor) {
    RunRecord old = test::finishedRun("a", "ring", 100);
    old.archivedUs = 1;
    add(old);
    open();
    EXPECT_EQ(page->table().model()->rowCount(), 0);
    EXPECT_TRUE(reader->runs().empty()) << "other pages do not see it";
    page->setArchivedShown(true);
    EXPECT_EQ(page->table().model()->rowCount(), 1);
}

TEST_F(RunPageTest, RemovesAndExports) {
    add(test::finishedRun("a", "ring", 100));
    add(test::finishedRun("b", "zigzag", 100));
    open();
    QSignalSpy said(page.get(), &Page::messageReady);
    const std::filesystem::path out = folder.filePath(QStringLiteral("out")).toStdString();
    page->exportTo({{"a"}}, out);
    waitFor([&] { return said.count() == 1; });
    EXPECT_TRUE(std::filesystem::exists(out / "sample-ring-a" / "SHA256SUMS"));
    page->remove({{"a"}});
    waitFor([this] { return page->model().rowCount() == 1; });
    EXPECT_EQ(rowOf("a"), nullptr);
    settle();
}

// The review found it 48 pixels wide at a window of 1000.
TEST_F(RunPageTest, NeverSqueezesTheNames) {
    add(test::finishedRun("a", "ring", 100));
    const int narrowest = scaled(190);  // of the fonts of this program
    for (const int width : {800, 924, 1000, 1050, 1280, 2560}) {
        open(width);
        EXPECT_GE(page->table().columnWidth(RunTableModel::Name), narrowest) << width;
        int others = 0;
        for (int c = 1; c < RunTableModel::ColumnCount; ++c)
            others += page->table().isColumnHidden(c) ? 0 : page->table().columnWidth(c);
        const int wanted = page->table().viewport()->width() - others;
        EXPECT_EQ(page->table().columnWidth(RunTableModel::Name), std::max(narrowest, wanted))
            << width;
    }
}

TEST_F(RunPageTest, RemembersWhichColumnsAreShown) {
    add(test::finishedRun("a", "ring", 100));
    open();
    QSettings settings(folder.filePath(QStringLiteral("s.ini")), QSettings::IniFormat);
    {
        RunsPage first(*reader, &settings);
        EXPECT_TRUE(first.table().isColumnHidden(RunTableModel::Tags));
        first.setColumnShown(RunTableModel::Tags, true);
        first.setColumnShown(RunTableModel::Parity, false);
        first.setGrouped(true);
    }
    RunsPage second(*reader, &settings);
    EXPECT_FALSE(second.table().isColumnHidden(RunTableModel::Tags));
    EXPECT_TRUE(second.table().isColumnHidden(RunTableModel::Parity));
    EXPECT_FALSE(second.table().isColumnHidden(RunTableModel::Started));
}

}  // namespace
}  // namespace ringscope::ui
