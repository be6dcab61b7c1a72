#include "ui/models/comparison_model.h"
#include "backend/compare/comparison.h"
#include "tests/ui/sample.h"

#include <gtest/gtest.h>
#include <QAbstractItemModelTester>

namespace ringscope::ui {
namespace {

using test::finishedRun;

Comparison sampleComparison() {
    RunRecord legacy = finishedRun("a", "legacy", 220);
    legacy.baseline = true;
    return compareRuns({legacy, finishedRun("b", "zigzag", 100)}).value();
}

// The row whose first cell is `name`, joined.
std::string line(const ComparisonModel& model, const char* name) {
    for (int row = 0; row < model.rowCount(); ++row) {
        if (model.index(row, 0).data().toString() != QLatin1String(name)) continue;
        QStringList cells;
        for (int c = 1; c < model.columnCount(); ++c)
            cells << model.index(row, c).data().toString().simplified();
        return cells.join(QStringLiteral(" | ")).toStdString();
    }
    return "no such row";
}

TEST(ComparisonModel, PutsTheBaselineFirstAndRatiosBesideTheOthers) {
    ComparisonModel model;
    const QAbstractItemModelTester tester(&model,
                                          QAbstractItemModelTester::FailureReportingMode::Fatal);
    model.setComparison(sampleComparison());
    EXPECT_TRUE(model.headerData(1, Qt::Horizontal, Qt::DisplayRole)
                    .toString()
                    .endsWith(QStringLiteral("legacy (baseline)")));
    EXPECT_EQ(model.headerData(2, Qt::Horizontal, ComparisonModel::ModeRole).toString(),
              QStringLiteral("zigzag"));
    EXPECT_EQ(line(model, "Tokens/s"), "4,655 | 10,240 2.2 ×");
    EXPECT_EQ(line(model, "Speed"), "baseline | faster");
}

TEST(ComparisonModel, ShowsAFailedModeAsWordsNotAsFigures) {
    RunRecord failed = finishedRun("b", "ring", 100);
    failed.status = RunStatus::Failed;
    failed.statusReason = "rank 1 was ended by SIGKILL";
    ComparisonModel model;
    model.setComparison(compareRuns({finishedRun("a", "legacy", 220), failed}).value());
    EXPECT_EQ(line(model, "Tokens/s"), "4,655 | –");
    EXPECT_NE(line(model, "Runs").find("rank 1 was ended by SIGKILL"), std::string::npos)
        << line(model, "Runs");
}

TEST(ComparisonModel, IsEmptyWithoutAComparison) {
    ComparisonModel model;
    model.setComparison(sampleComparison());
    model.setComparison(std::nullopt);
    EXPECT_EQ(model.rowCount(), 0);
    EXPECT_EQ(model.columnCount(), 0);
}

}  // namespace
}  // namespace ringscope::ui
