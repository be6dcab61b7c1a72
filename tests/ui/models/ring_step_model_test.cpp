#include "ui/models/ring_step_model.h"

#include <gtest/gtest.h>
#include <QAbstractItemModelTester>
#include <QSignalSpy>

namespace ringscope::ui {
namespace {

constexpr std::int64_t millisecond = 1'000'000;

RingStepFigures figuresOf(int rank, SpanPass pass, int ringStep, std::int64_t attention,
                          std::int64_t wait) {
    RingStepFigures figures;
    figures.rank = rank;
    figures.pass = pass;
    figures.ringStep = ringStep;
    figures.attention = attention;
    figures.communication.wait = wait;
    figures.communication.exposed = wait * 2;
    return figures;
}

// Two ranks, two recorded steps; rank 1 has no second ring step.
RunFindings findings() {
    RunFindings found;
    found.steps = 2;
    found.ringSteps = {figuresOf(0, SpanPass::Forward, 0, 20 * millisecond, 4 * millisecond),
                       figuresOf(0, SpanPass::Forward, 1, 10 * millisecond, 8 * millisecond),
                       figuresOf(0, SpanPass::Backward, 0, 40 * millisecond, 0),
                       figuresOf(1, SpanPass::Forward, 0, 2 * millisecond, 2 * millisecond)};
    return found;
}

class RingSteps : public testing::Test {
protected:
    RingSteps() { model.setFindings(findings()); }
    std::string shown(int row, int column) const {
        return model.index(row, column).data().toString().toStdString();
    }
    double heat(int row, int column) const {
        return model.index(row, column).data(RingStepModel::HeatRole).toDouble();
    }

    RingStepModel model;
};

TEST_F(RingSteps, AreARowARankAndAColumnAStepOfAPass) {
    const QAbstractItemModelTester tester(&model,
                                          QAbstractItemModelTester::FailureReportingMode::Fatal);
    model.setFindings(findings());
    ASSERT_EQ(model.rowCount(), 2);
    ASSERT_EQ(model.columnCount(), 3);
    EXPECT_EQ(model.headerData(1, Qt::Horizontal, Qt::DisplayRole), QStringLiteral("fwd s1"));
    EXPECT_EQ(model.headerData(2, Qt::Horizontal, Qt::DisplayRole), QStringLiteral("bwd s0"));
    EXPECT_EQ(model.headerData(1, Qt::Vertical, Qt::DisplayRole), QStringLiteral("rank 1"));
    EXPECT_FALSE(model.headerData(3, Qt::Horizontal, Qt::DisplayRole).isValid());
}

TEST_F(RingSteps, ShowMillisecondsOfATrainingStep) {
    model.setFigure(RingStepModel::Figure::Attention);
    EXPECT_EQ(shown(0, 0), "10.0");
    model.setFigure(RingStepModel::Figure::Exposed);
    EXPECT_EQ(shown(0, 1), "8.00");
    model.setFigure(RingStepModel::Figure::Wait);
    EXPECT_EQ(shown(0, 1), "4.00");
    EXPECT_EQ(shown(0, 2), "0");
}

TEST_F(RingSteps, AreAsHotAsTheirShareOfTheLargestCell) {
    model.setFigure(RingStepModel::Figure::Attention);
    EXPECT_DOUBLE_EQ(heat(0, 2), 1);
    EXPECT_DOUBLE_EQ(heat(0, 0), 0.5);
    EXPECT_DOUBLE_EQ(heat(1, 0), 0.05);
}

TEST_F(RingSteps, ShowADashWhereARankHasNoSuchStep) {
    EXPECT_EQ(shown(1, 2), "–");
    EXPECT_FALSE(model.cell(model.index(1, 2)).has_value());
    EXPECT_FALSE(model.cell({}).has_value());
    EXPECT_EQ(model.cell(model.index(0, 2))->pass, SpanPass::Backward);
}

TEST_F(RingSteps, SayWhyAWaitIsNotKnown) {
    RunFindings found = findings();
    found.clock = {.splits = false, .sentence = "too far apart"};
    model.setFindings(found);
    model.setFigure(RingStepModel::Figure::Wait);
    EXPECT_EQ(shown(0, 0), "–");
    EXPECT_EQ(heat(0, 0), 0);
    EXPECT_EQ(model.index(0, 0).data(Qt::AccessibleTextRole).toString(),
              QStringLiteral("not known: clocks: too far apart"));
    model.setFigure(RingStepModel::Figure::Attention);
    EXPECT_EQ(shown(0, 0), "10.0");
}

TEST_F(RingSteps, TellTheViewWhenAnotherFigureIsShown) {
    QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
    model.setFigure(RingStepModel::Figure::Exposed);
    EXPECT_EQ(changed.count(), 1);
}

TEST_F(RingSteps, OfAModeWithoutARingAreNone) {
    model.setFindings({});
    EXPECT_EQ(model.rowCount(), 0);
    EXPECT_EQ(model.columnCount(), 0);
}

}  // namespace
}  // namespace ringscope::ui
