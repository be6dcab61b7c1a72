#include "tests/ui/sample.h"
#include "ui/models/run_table_model.h"

#include <gtest/gtest.h>
#include <QAbstractItemModelTester>
#include <QPersistentModelIndex>
#include <QSignalSpy>

namespace ringscope::ui {
namespace {

using test::finishedRun;
constexpr auto FailAtOnce = QAbstractItemModelTester::FailureReportingMode::Fatal;

std::string cell(const RunTableModel& model, int row, int column) {
    return model.index(row, column).data().toString().toStdString();
}

TEST(RunTableModel, ShowsFiguresWithTheirUnits) {
    RunTableModel model;
    const QAbstractItemModelTester tester(&model, FailAtOnce);
    RunRecord run = finishedRun("a", "zigzag", 100);
    run.parity =
        Parity{.reference = {"b"}, .maxLossDiff = 1e-7, .maxGradNormRelDiff = 0, .steps = 4};
    model.setRows(runRows({run}));
    EXPECT_EQ(cell(model, 0, RunTableModel::Name), "sample/zigzag");
    EXPECT_EQ(cell(model, 0, RunTableModel::SeqLen), "1,024");
    EXPECT_EQ(cell(model, 0, RunTableModel::Speed), "10,240");
    EXPECT_EQ(cell(model, 0, RunTableModel::StepTime), "100");
    EXPECT_EQ(cell(model, 0, RunTableModel::Memory), "100 MiB");
    EXPECT_EQ(cell(model, 0, RunTableModel::Parity), "same");
    EXPECT_EQ(cell(model, 0, RunTableModel::State), "finished");
}

TEST(RunTableModel, SaysThatARunDiffersByComparesOwnLimits) {
    RunRecord run = finishedRun("a", "zigzag", 100);
    run.parity =
        Parity{.reference = {"b"}, .maxLossDiff = 2e-5, .maxGradNormRelDiff = 0, .steps = 4};
    EXPECT_EQ(runRow(run).parity, ParityWord::Different);
    run.parity->maxLossDiff = 1e-6;
    EXPECT_EQ(runRow(run).parity, ParityWord::Same);
}

TEST(RunTableModel, ShowsProgressWhileARunGoesOn) {
    RunTableModel model;
    RunRecord run = finishedRun("a", "ring", 100, 4);
    run.status = RunStatus::Running;
    run.steps.resize(3);
    model.setRows(runRows({run}));
    EXPECT_EQ(cell(model, 0, RunTableModel::State), "running 75 %");
}

TEST(RunTableModel, ExplainsAFailureInTheStateCell) {
    RunTableModel model;
    RunRecord run = finishedRun("a", "ring", 100);
    run.status = RunStatus::Failed;
    run.statusReason = "rank 1 was ended by SIGKILL";
    model.setRows(runRows({run}));
    EXPECT_EQ(model.index(0, RunTableModel::State).data(Qt::ToolTipRole).toString().toStdString(),
              "rank 1 was ended by SIGKILL");
}

TEST(RunTableModel, PutsTheNewestFirstAndKeepsAPlaceThroughUpdates) {
    RunTableModel model;
    const QAbstractItemModelTester tester(&model, FailAtOnce);
    RunRecord old = finishedRun("old", "legacy", 100);
    RunRecord fresh = finishedRun("new", "ring", 100);
    fresh.createdUs = old.createdUs + 1;
    model.setRows(runRows({old}));
    const QPersistentModelIndex place(model.index(0, 0));
    model.setRows(runRows({fresh, old}));
    EXPECT_EQ(model.rows().front().id.text, "new");
    EXPECT_EQ(place.row(), 1);
    model.setRows(runRows({old}));
    EXPECT_EQ(place.row(), 0);
}

TEST(RunTableModel, TellsOnlyWhatChanged) {
    RunTableModel model;
    std::vector<RunRecord> runs = {finishedRun("a", "legacy", 100), finishedRun("b", "ring", 100)};
    model.setRows(runRows(runs));
    QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
    model.setRows(runRows(runs));
    EXPECT_EQ(changed.count(), 0);
    runs[1].status = RunStatus::Failed;
    model.setRows(runRows(runs));
    EXPECT_EQ(changed.count(), 1);
}

}  // namespace
}  // namespace ringscope::ui
