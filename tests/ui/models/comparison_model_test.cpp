#include "ui/models/comparison_model.h"
#include "backend/compare/comparison.h"
#include "tests/backend/compare/sweep_runs.h"
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

TEST(ComparisonDelegate, AsksForRoomForAFigureAndALongRatio) {
    RunRecord legacy = finishedRun("a", "legacy", 10);
    legacy.baseline = true;
    ComparisonModel model;
    model.setComparison(compareRuns({legacy, finishedRun("b", "zigzag", 62'000)}).value());
    const ComparisonDelegate delegate;
    const QStyleOptionViewItem option;
    for (int row = 0; row < model.rowCount(); ++row) {
        const QModelIndex cell = model.index(row, 2);
        const QString words = cell.data(ComparisonModel::MedianRole).toString() +
                              QStringLiteral("  ") +
                              cell.data(ComparisonModel::RatioRole).toString();
        EXPECT_GE(delegate.sizeHint(option, cell).width(),
                  option.fontMetrics.horizontalAdvance(words))
            << words.toStdString();
    }
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

TEST(ComparisonModel, HasARowForEachGroupOfASweepUnderTheTitleOfItsSection) {
    ComparisonModel model;
    const QAbstractItemModelTester tester(&model,
                                          QAbstractItemModelTester::FailureReportingMode::Fatal);
    const Comparison comparison = compareRuns(sweepRuns()).value();
    model.setComparison(comparison);
    ASSERT_TRUE(model.groupsAreRows());
    ASSERT_EQ(model.rowCount(), 8 * 4);
    EXPECT_EQ(model.headerData(1, Qt::Horizontal, Qt::DisplayRole), QStringLiteral("Tokens/s"));
    const auto shown = [&](int row, int column) {
        return model.index(row, column).data().toString();
    };
    for (int row = 0; row < model.rowCount(); row += 4) {
        EXPECT_TRUE(model.isHeading(row));
        EXPECT_EQ(model.groupAt(row, 1), nullptr);
        EXPECT_TRUE(shown(row + 1, 0).endsWith(QStringLiteral(" legacy")));
        EXPECT_FALSE(shown(row + 1, 1).contains(QStringLiteral("×"))) << "the baseline itself";
        EXPECT_TRUE(shown(row + 2, 1).contains(QStringLiteral("×")));
        EXPECT_EQ(model.groupAt(row + 2, 3)->rowLabel, "ring");
    }
    EXPECT_EQ(shown(0, 0), QStringLiteral("1,024 tokens, 2 ranks"));
    EXPECT_EQ(shown(28, 0), QStringLiteral("8,192 tokens, 4 ranks"));
    EXPECT_EQ(model.index(2, 0).data(Qt::ToolTipRole), QStringLiteral("ring seq_len=1024 ranks=2"));
    // 2,048 tokens on 2 ranks: legacy is no 0.64 × of legacy with 1,024.
    EXPECT_EQ(shown(9, 1), QStringLiteral("6,087 (5,967–6,206)"));
    EXPECT_EQ(shown(10, 1), QStringLiteral("7,608 (7,459–7,758) 1.2 ×"));
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
