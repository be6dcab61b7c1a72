// The Traces page over a store and trace files as ranks write them.
#include "ui/pages/traces_page.h"

#include "backend/core/files.h"
#include "backend/core/output_file.h"
#include "backend/machine/machine_file.h"
#include "backend/machine/machine_table.h"
#include "backend/store/store.h"
#include "backend/trace/file/trace_folder.h"
#include "backend/trace/trace_files.h"
#include "tests/ui/patience.h"
#include "tests/ui/sample.h"
#include "tests/ui/timeline/made_trace.h"
#include "ui/look/theme.h"
#include "ui/pages/trace_beside.h"
#include "ui/pages/trace_diff_panel.h"
#include "ui/timeline/legend.h"
#include "ui/timeline/timeline_view.h"
#include "ui/widgets/parts.h"
#include "ui/widgets/search_bar.h"

#include <gtest/gtest.h>
#include <QComboBox>
#include <QFile>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>
#include <QTableWidget>
#include <QTest>
#include <fstream>

namespace ringscope::ui {
namespace {

class Traces : public testing::Test {
protected:
    std::filesystem::path store() const {
        return folder.filePath(QStringLiteral("runs.db")).toStdString();
    }

    void addRun(const std::string& id, const std::string& mode) {
        const auto open = Store::open(store(), Store::Access::ReadWrite).value();
        RunRecord run = test::finishedRun(id, mode, 100);
        run.device = "cpu";
        ASSERT_TRUE(open->created(run).ok());
        ASSERT_TRUE(open->ended(run).ok());
    }
    void addTrace(const std::string& id, const std::vector<RankTrace>& ranks) {
        test::writeTraces(traceRoot(store()) / id, ranks);
    }

    void open() {
        reader = std::make_unique<StoreReader>(store());
        page = std::make_unique<TracesPage>(*reader);
        page->resize(1100, 700);
        page->show();
        waitFor([this] { return reader->idle() && page->settled(); });
    }
    template <typename Condition>
    void waitFor(Condition condition) {
        ASSERT_TRUE(QTest::qWaitFor(condition, patience));
    }
    bool shows(const char* mode) const {
        const OpenedTrace* trace = page->timeline().trace();
        return trace != nullptr && page->settled() &&
               trace->trace.ranks.front().origin.mode == mode;
    }

    QTemporaryDir folder;
    ThemeController theme;
    std::unique_ptr<StoreReader> reader;
    std::unique_ptr<TracesPage> page;
};

TEST_F(Traces, SayHowToRecordWhereThereIsNone) {
    addRun("aaaaaaaa-1", "ring");
    open();
    auto* empty = page->findChild<EmptyState*>();
    ASSERT_NE(empty, nullptr);
    EXPECT_TRUE(empty->isVisible());
    QStringList words;
    for (const QLabel* label : empty->findChildren<QLabel*>()) words << label->text();
    EXPECT_TRUE(words.join(QLatin1Char(' ')).contains(QStringLiteral("profile.steps")));
    EXPECT_FALSE(page->findChild<QPushButton*>(QStringLiteral("exportTrace"))->isEnabled());
    QSignalSpy asked(page.get(), &TracesPage::newRunRequested);
    QTest::mouseClick(empty->button(), Qt::LeftButton);
    EXPECT_EQ(asked.count(), 1);
}

// A data folder of its own, in which this machine is calibrated.
class CalibratedHere {
public:
    explicit CalibratedHere(const QString& folder) : before_(qgetenv("XDG_DATA_HOME")) {
        qputenv("XDG_DATA_HOME", folder.toUtf8());
        Machine machine = findMachine("h100-8x").value();
        machine.name = thisMachine;
        machine.device.kind = DeviceKind::Cpu;
        for (AttentionTable& table : machine.attention) table.format = NumberFormat::Fp32;
        for (ProductTable& table : machine.products) table.format = NumberFormat::Fp32;
        std::filesystem::create_directories(calibratedMachineFile().parent_path());
        EXPECT_TRUE(writeOutput(calibratedMachineFile(), machineText(machine)).ok());
    }
    ~CalibratedHere() {
        if (before_.isNull())
            qunsetenv("XDG_DATA_HOME");
        else
            qputenv("XDG_DATA_HOME", before_);
    }

private:
    QByteArray before_;
};

TEST_F(Traces, OutlineThePredictedStepWhereThisMachineIsCalibrated) {
    addRun("run-ring", "ring");
    addTrace("run-ring", test::lateSender());
    const CalibratedHere calibrated(folder.path());
    open();
    waitFor([this] { return shows("ring"); });
    auto* button = page->findChild<QPushButton*>(QStringLiteral("predictedSpans"));
    ASSERT_TRUE(button->isVisible());
    ASSERT_NE(page->timeline().predicted(), nullptr);
    EXPECT_EQ(page->timeline().predicted()->trace.ranks.size(), 2U);
    QTest::mouseClick(button, Qt::LeftButton);
    EXPECT_EQ(page->timeline().predicted(), nullptr);
}

TEST_F(Traces, OutlineNothingOfATraceThatIsOfNoRun) {
    const CalibratedHere calibrated(folder.path());
    const auto place = std::filesystem::path(folder.filePath(QStringLiteral("far")).toStdString());
    test::writeTraces(place, test::lateSender());
    open();
    page->openPlace(place);
    waitFor([this] { return shows("ring"); });
    EXPECT_EQ(page->timeline().predicted(), nullptr);
    EXPECT_FALSE(page->findChild<QPushButton*>(QStringLiteral("predictedSpans"))->isVisible());
}

TEST_F(Traces, ListTheRunsThatHaveOneAndShowTheOneChosen) {
    for (const char* mode : {"ring", "zigzag", "ulysses"}) addRun(std::string("run-") + mode, mode);
    auto zigzag = test::busyRanks(2, 400);
    for (RankTrace& rank : zigzag) rank.origin.mode = "zigzag";
    addTrace("run-ring", test::lateSender());
    addTrace("run-zigzag", zigzag);
    open();
    EXPECT_EQ(page->choice().count(), 2);
    page->openRun({"run-ring"});
    waitFor([this] { return shows("ring"); });
    page->openRun({"run-zigzag"});
    waitFor([this] { return shows("zigzag"); });
    page->openRun({"run-ulysses"});
    waitFor([this] { return page->settled() && page->timeline().trace() == nullptr; });
    EXPECT_TRUE(page->findChild<EmptyState*>()->isVisible());
}

TEST_F(Traces, AreNotReadWhileThePageIsHidden) {
    addRun("run-ring", "ring");
    addTrace("run-ring", test::lateSender());
    open();
    waitFor([this] { return shows("ring"); });
    addRun("run-zigzag", "zigzag");
    auto zigzag = test::lateSender();
    for (RankTrace& rank : zigzag) rank.origin.mode = "zigzag";
    addTrace("run-zigzag", zigzag);
    page->hide();
    page->refresh();
    waitFor([this] { return page->settled() && page->choice().count() == 2; });
    page->choice().setCurrentIndex(
        page->choice().findText(QStringLiteral("zigzag"), Qt::MatchContains));
    EXPECT_TRUE(page->settled());
    EXPECT_TRUE(shows("ring"));
    page->show();
    waitFor([this] { return shows("zigzag"); });
}

TEST_F(Traces, HaveTheTotalsThatAnalyzeSays) {
    addRun("run-ring", "ring");
    addTrace("run-ring", test::busyRanks(4, 4'000));
    open();
    waitFor([this] { return shows("ring"); });
    const RunFindings findings = analyze(readTrace(traceRoot(store()) / "run-ring").value());
    const auto expectSame = [&] {
        const WindowFigures& shown = page->figures().figures();
        ASSERT_EQ(shown.ranks.size(), findings.ranks.size());
        for (std::size_t r = 0; r < shown.ranks.size(); ++r) {
            const CommunicationFigures& a = shown.ranks[r].communication;
            const CommunicationFigures& b = findings.ranks[r].communication;
            EXPECT_EQ(shown.ranks[r].attention, findings.ranks[r].attention);
            EXPECT_EQ(a.hidden, b.hidden);
            EXPECT_EQ(a.exposed, b.exposed);
            EXPECT_EQ(a.wait, b.wait);
            EXPECT_EQ(a.transfer, b.transfer);
            EXPECT_EQ(a.bytes, b.bytes);
            EXPECT_EQ(shown.blame[r].causedWait, findings.blame[r].causedWait);
        }
    };
    expectSame();
    page->timeline().select(page->timeline().trace()->range());
    expectSame();
    EXPECT_TRUE(page->totals().startsWith(QStringLiteral("Selected · ")));
}

TEST_F(Traces, HaveTotalsThatFollowTheSelection) {
    addRun("run-ring", "ring");
    addTrace("run-ring", test::lateSender());
    open();
    waitFor([this] { return shows("ring"); });
    EXPECT_EQ(page->totals(),
              QStringLiteral("All 1 step · 100 ms · mean of ranks: attention 47.5 ms · hidden 10.0 "
                             "ms · exposed 40.0 ms (wait 20.0 ms, most for rank 0) · sent 1.00 "
                             "MiB, 0.0262 GB/s while moving"));
    page->timeline().select(Interval{40 * test::ms, 60 * test::ms});
    EXPECT_EQ(page->totals(),
              QStringLiteral("Selected · 20.0 ms · mean of ranks: attention 10.0 ms · hidden 0 ns "
                             "· exposed 10.0 ms (wait 10.0 ms, most for rank 0) · sent 0 B"));
    const QModelIndex wait = page->figures().index(1, RankFiguresModel::Wait);
    EXPECT_EQ(wait.data().toString(), QStringLiteral("20.0"));
    page->timeline().select({});
    EXPECT_TRUE(page->totals().startsWith(QStringLiteral("All 1 step · ")));
}

TEST_F(Traces, GoThroughTheSpansThatWereSearched) {
    addRun("run-ring", "ring");
    addTrace("run-ring", test::lateSender());
    open();
    waitFor([this] { return shows("ring"); });
    ASSERT_TRUE(page->find());
    ASSERT_TRUE(page->search().isVisible());
    QTest::keyClicks(&page->search().box(), QStringLiteral("attention rank 1"));
    EXPECT_EQ(page->search().count(), QStringLiteral("1 of 2"));
    EXPECT_EQ(page->timeline().selection(), (Interval{0, 20 * test::ms}));
    QTest::keyClick(&page->search().box(), Qt::Key_Return);
    EXPECT_EQ(page->search().count(), QStringLiteral("2 of 2"));
    EXPECT_EQ(page->timeline().selection(), (Interval{80 * test::ms, 95 * test::ms}));
    ASSERT_TRUE(page->timeline().shownWords());
    EXPECT_TRUE(page->timeline().shownWords()->title.contains(QStringLiteral("ttention")));
    page->search().box().setText(QStringLiteral("layer 9"));
    EXPECT_EQ(page->search().count(), QStringLiteral("not found"));
    QTest::keyClick(&page->search().box(), Qt::Key_Escape);
    EXPECT_FALSE(page->search().isVisible());
    EXPECT_EQ(page->timeline().selection(), std::nullopt);
}

TEST_F(Traces, HaveNoSearchWhereThereIsNoTrace) {
    open();
    EXPECT_FALSE(page->find());
}

TEST_F(Traces, ShowTwoSideBySideWithWhatTraceDiffSays) {
    addRun("run-ring", "ring");
    addTrace("run-ring", test::lateSender());
    addRun("run-zigzag", "zigzag");
    auto zigzag = test::busyRanks(2, 400);
    for (RankTrace& rank : zigzag) {
        rank.origin.mode = "zigzag";
        rank.spans.insert(rank.spans.begin(),
                          Span(0, rank.spans.back().end(), {.kind = SpanKind::Step, .step = 2}));
    }
    addTrace("run-zigzag", zigzag);
    open();
    page->openRun({"run-ring"});
    waitFor([this] { return shows("ring"); });
    ChoiceBox& choice = page->beside().choice();
    ASSERT_TRUE(choice.isEnabled());
    EXPECT_EQ(choice.count(), 2) << "nothing, and the other one";
    EXPECT_FALSE(page->beside().lanes().isVisible());
    choice.setCurrentIndex(1);
    waitFor([this] { return page->beside().on(); });
    EXPECT_TRUE(page->beside().lanes().isVisible());
    const TraceDiff diff = diffTraces(page->timeline().trace()->trace, "ring",
                                      page->beside().timeline().trace()->trace, "zigzag");
    EXPECT_EQ(page->totals().section(QStringLiteral(" · "), 0, 0).toStdString(), diff.sentence());
    const QTableWidget& effects = page->beside().figures().effects();
    EXPECT_EQ(effects.horizontalHeaderItem(1)->text(), QStringLiteral("ring"));
    EXPECT_EQ(effects.horizontalHeaderItem(2)->text(), QStringLiteral("zigzag"));
    EXPECT_EQ(effects.item(0, 0)->text().toStdString(), diff.effects.front().what);
    EXPECT_EQ(effects.item(effects.rowCount() - 1, 1)->text(), QStringLiteral("100"));

    choice.setCurrentIndex(0);
    EXPECT_FALSE(page->beside().lanes().isVisible());
    EXPECT_TRUE(page->totals().startsWith(QStringLiteral("All 1 step · ")));
    choice.setCurrentIndex(1);
    waitFor([this] { return page->beside().on(); });
    page->openRun({"run-zigzag"});  // the second one becomes the first
    waitFor([this] { return shows("zigzag"); });
    EXPECT_FALSE(page->beside().on());
    EXPECT_EQ(choice.currentIndex(), 0);
}

TEST_F(Traces, SayThatWaitsAreNotKnownWhereTheClocksDoNotShowThem) {
    std::vector<RankTrace> ranks = test::lateSender();
    ranks[1].clock = {{.local = 0, .reference = 0, .error = 30 * test::ms}};
    addRun("run-ring", "ring");
    addTrace("run-ring", ranks);
    open();
    waitFor([this] { return shows("ring"); });
    const QString why = QStringLiteral("wait and transfer are not told apart");
    EXPECT_TRUE(page->notes().contains(why)) << page->notes().toStdString();
    EXPECT_TRUE(page->totals().contains(QStringLiteral("exposed 40.0 ms (wait not known) · sent")))
        << page->totals().toStdString();
    EXPECT_FALSE(page->totals().contains(QStringLiteral("GB/s")));
    RankFiguresModel& figures = page->figures();
    for (const int column : {RankFiguresModel::Wait, RankFiguresModel::HiddenWait,
                             RankFiguresModel::Transfer, RankFiguresModel::Blamed})
        for (int r = 0; r < figures.rowCount(); ++r) {
            const QModelIndex cell = figures.index(r, column);
            EXPECT_EQ(cell.data().toString(), QStringLiteral("–"));
            EXPECT_TRUE(cell.data(Qt::ToolTipRole).toString().contains(why));
            EXPECT_TRUE(cell.data(Qt::AccessibleTextRole).toString().contains(why));
        }
    EXPECT_EQ(figures.index(0, RankFiguresModel::Exposed).data().toString(),
              QStringLiteral("20.0"));

    RingStepModel& steps = page->ringSteps();
    EXPECT_EQ(steps.figure(), RingStepModel::Figure::Exposed);
    steps.setFigure(RingStepModel::Figure::Wait);
    EXPECT_EQ(steps.index(1, 0).data().toString(), QStringLiteral("–"));
    EXPECT_EQ(steps.index(1, 0).data(RingStepModel::HeatRole).toDouble(), 0);
    EXPECT_TRUE(steps.index(1, 0).data(Qt::ToolTipRole).toString().contains(why));
    EXPECT_FALSE(page->findChild<TimelineLegend*>()->accessibleName().contains(
        QStringLiteral("waiting for a rank")));
}

TEST_F(Traces, HaveAMemoryLaneWhereMemoryWasRecordedAndFoldItAway) {
    addRun("run-ring", "ring");
    addTrace("run-ring", test::lateSenderWithMemory());
    open();
    waitFor([this] { return shows("ring"); });
    auto* button = page->findChild<QPushButton*>(QStringLiteral("memoryLanes"));
    auto* legend = page->findChild<MemoryLegend*>();
    ASSERT_NE(button, nullptr);
    ASSERT_NE(legend, nullptr);
    EXPECT_TRUE(button->isVisible());
    EXPECT_EQ(legend->accessibleName(),
              QStringLiteral("Colours: parameters, activations, workspace"));
    EXPECT_TRUE(
        page->totals().endsWith(QStringLiteral(" · memory at most 400 MiB, on rank 0 at 50.0 ms")))
        << page->totals().toStdString();
    QTest::mouseClick(button, Qt::LeftButton);
    EXPECT_FALSE(page->timeline().memoryShown());
    EXPECT_FALSE(legend->isVisible());
    QTest::keyClick(&page->timeline(), Qt::Key_M);
    EXPECT_TRUE(button->isChecked());
    EXPECT_TRUE(legend->isVisible());

    addTrace("run-bare", test::lateSender());
    page->openPlace(traceRoot(store()) / "run-bare");
    waitFor([this] { return page->settled() && !page->timeline().hasMemory(); });
    EXPECT_FALSE(button->isVisible());
    EXPECT_FALSE(legend->isVisible());
}

TEST_F(Traces, ZoomToTheRingStepThatIsClickedInTheTable) {
    addRun("run-ring", "ring");
    addTrace("run-ring", test::movedBy(3'000 * test::ms, test::busyRanks(2, 40)));
    open();
    waitFor([this] { return shows("ring"); });
    RingStepModel& model = page->ringSteps();
    const RunFindings& findings = page->timeline().trace()->findings;
    ASSERT_EQ(model.rowCount(), 2);
    ASSERT_EQ(model.columnCount(), 4);
    EXPECT_EQ(model.headerData(2, Qt::Horizontal, Qt::DisplayRole), QStringLiteral("fwd s2"));
    const QModelIndex cell = model.index(1, 2);
    ASSERT_EQ(model.cell(cell)->ringStep, 2);
    const auto step = std::ranges::find_if(findings.ringSteps, [](const RingStepFigures& s) {
        return s.rank == 1 && s.ringStep == 2;
    });
    ASSERT_NE(step, findings.ringSteps.end());
    model.setFigure(RingStepModel::Figure::Attention);
    EXPECT_NEAR(cell.data().toString().toDouble(), static_cast<double>(step->attention) / 1e6,
                static_cast<double>(step->attention) / 1e8);
    QTableView& table = page->ringStepTable();
    QTest::mouseClick(table.viewport(), Qt::LeftButton, {}, table.visualRect(cell).center());
    const OpenedTrace& trace = *page->timeline().trace();
    const Interval shown = trace.longestOccurrence(1, SpanPass::Forward, 2);
    const auto length = static_cast<double>(shown.end - shown.begin);
    const ViewTime begin = trace.inView({shown.begin});
    const TimeView& view = page->timeline().timeView();
    EXPECT_NEAR(view.span(), 1.2 * length, 1);  // a tenth of room on either side
    EXPECT_NEAR(view.from().ns, begin.ns - 0.1 * length, 1);
}

TEST_F(Traces, SayWhatIsMissingInThem) {
    std::vector<RankTrace> ranks = test::lateSender();
    ranks[1].dropped = 17;
    ranks[0].complete = false;
    addRun("run-ring", "ring");
    addTrace("run-ring", ranks);
    const auto cut = traceRoot(store()) / "run-ring" / traceFileName(0);
    std::filesystem::resize_file(cut, std::filesystem::file_size(cut) - 5);
    open();
    waitFor([this] { return shows("ring"); });
    EXPECT_TRUE(page->notes().contains(
        QStringLiteral("rank 1 dropped 17 spans: its figures are too small")))
        << page->notes().toStdString();
    EXPECT_TRUE(page->notes().contains(QStringLiteral("rank 0: ")));
}

TEST_F(Traces, SayWhyAFileIsNone) {
    const auto place = store().parent_path() / "other";
    std::filesystem::create_directories(place);
    std::ofstream(place / "rank-00000.trace") << "this is no trace";
    open();
    page->openPlace(place);
    waitFor([this] { return page->settled(); });
    auto* empty = page->findChild<EmptyState*>();
    EXPECT_TRUE(empty->isVisible());
    bool named = false;
    for (const QLabel* label : empty->findChildren<QLabel*>())
        named = named || label->text().contains(QStringLiteral("rank-00000.trace"));
    EXPECT_TRUE(named);
}

TEST_F(Traces, AreOpenedFromAFolderOfAnotherStore) {
    const auto place = store().parent_path() / "elsewhere";
    test::writeTraces(place, test::lateSender());
    open();
    page->openPlace(place);
    waitFor([this] { return shows("ring"); });
    EXPECT_TRUE(page->choice().currentText().startsWith(QStringLiteral("Opened: ")));
}

TEST_F(Traces, AreNotReadToTheEndOnceCancelled) {
    addTrace("run-ring", test::busyRanks(8, 80'000));
    TraceLoader loader;
    QSignalSpy cancelled(&loader, &TraceLoader::cancelled);
    QSignalSpy opened(&loader, &TraceLoader::opened);
    QSignalSpy failed(&loader, &TraceLoader::failed);
    loader.open(traceRoot(store()) / "run-ring");
    loader.cancel();
    EXPECT_EQ(cancelled.count(), 1);
    waitFor([&] { return loader.idle(); });
    EXPECT_EQ(opened.count(), 0);
    EXPECT_EQ(failed.count(), 0);
    loader.open(traceRoot(store()) / "run-ring");
    waitFor([&] { return opened.count() == 1; });
}

TEST_F(Traces, AreExportedForPerfetto) {
    addRun("run-ring", "ring");
    addTrace("run-ring", test::lateSender());
    open();
    waitFor([this] { return shows("ring"); });
    QSignalSpy exported(page.get(), &TracesPage::exported);
    const QString file = folder.filePath(QStringLiteral("out.json"));
    page->exportTo(file.toStdString());
    ASSERT_TRUE(exported.wait(patience));
    EXPECT_NE(readFile(file.toStdString()).value().find("traceEvents"), std::string::npos);
}

TEST_F(Traces, ListARunRecordedSinceAndAreReadAgainWhenAsked) {
    addRun("run-ring", "ring");
    open();
    EXPECT_EQ(page->choice().count(), 0);
    addTrace("run-ring", test::lateSender());
    page->refresh();
    waitFor([this] { return shows("ring"); });
    const auto before = page->timeline().sharedTrace();
    page->refresh();
    waitFor([&] { return shows("ring") && page->timeline().sharedTrace() != before; });
}

}  // namespace
}  // namespace ringscope::ui
