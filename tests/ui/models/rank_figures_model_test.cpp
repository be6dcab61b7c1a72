#include "ui/models/rank_figures_model.h"

#include <gtest/gtest.h>
#include <QAbstractItemModelTester>

namespace ringscope::ui {
namespace {

constexpr std::int64_t ms = 1'000'000;

RankFigures rankOf(int rank, std::int64_t attention, std::int64_t exposed) {
    RankFigures figures;
    figures.rank = rank;
    figures.attention = attention;
    figures.compute = attention;
    figures.communication.exposed = exposed;
    figures.communication.wait = exposed / 2;
    figures.communication.transfer = exposed;
    figures.communication.bytes = 1'000'000;
    return figures;
}

WindowFigures twoRanks() {
    return {.window = {0, 100 * ms},
            .ranks = {rankOf(0, 40 * ms, 8 * ms), rankOf(3, 20 * ms, 0)},
            .blame = {{.rank = 0, .causedWait = 0}, {.rank = 3, .causedWait = 4 * ms}}};
}

class RankFiguresTable : public testing::Test {
protected:
    RankFiguresTable() { model.setFigures(twoRanks()); }
    std::string shown(int row, int column) const {
        return model.index(row, column).data().toString().toStdString();
    }

    RankFiguresModel model;
};

TEST_F(RankFiguresTable, HasARowARankAndTheMeanBelow) {
    const QAbstractItemModelTester tester(&model,
                                          QAbstractItemModelTester::FailureReportingMode::Fatal);
    ASSERT_EQ(model.rowCount(), 3);
    EXPECT_EQ(shown(0, RankFiguresModel::Rank), "0");
    EXPECT_EQ(shown(1, RankFiguresModel::Rank), "3");
    EXPECT_EQ(shown(2, RankFiguresModel::Rank), "mean");
    EXPECT_EQ(shown(0, RankFiguresModel::Attention), "40.0");
    EXPECT_EQ(shown(2, RankFiguresModel::Attention), "30.0");
    EXPECT_EQ(shown(1, RankFiguresModel::Exposed), "0");
}

TEST_F(RankFiguresTable, SaysForWhichRankTheOthersWaited) {
    EXPECT_EQ(shown(0, RankFiguresModel::Blamed), "0");
    EXPECT_EQ(shown(1, RankFiguresModel::Blamed), "4.00");
}

TEST_F(RankFiguresTable, SaysThatWaitsAreNotKnownWhereTheClocksDoNotShowThem) {
    model.setClock({.splits = false, .sentence = "too far apart"});
    for (const int column : {RankFiguresModel::Wait, RankFiguresModel::HiddenWait,
                             RankFiguresModel::Transfer, RankFiguresModel::Blamed})
        EXPECT_EQ(shown(0, column), "–");
    EXPECT_EQ(shown(0, RankFiguresModel::Exposed), "8.00");
}

TEST_F(RankFiguresTable, KeepsItsRowsWhileTheSelectionMoves) {
    int resets = 0;
    QObject::connect(&model, &QAbstractItemModel::modelReset, &model, [&] { ++resets; });
    model.setFigures(twoRanks());
    EXPECT_EQ(resets, 0);
    WindowFigures one = twoRanks();
    one.ranks.pop_back();
    model.setFigures(one);
    EXPECT_EQ(resets, 1);
    model.setFigures({});
    EXPECT_EQ(model.rowCount(), 0);
}

TEST(TotalsText, SaysTheMeanOfTheRanks) {
    EXPECT_EQ(
        totalsText(twoRanks(), true).toStdString(),
        "100 ms · mean of ranks: attention 30.0 ms · hidden 0 ns · exposed 4.00 ms (wait 2.00 "
        "ms, most for rank 3) · sent 1.91 MiB, 0.25 GB/s while moving");
}

TEST(TotalsText, SaysNothingOfMovingWhereItIsNotKnown) {
    const QString totals = totalsText(twoRanks(), false);
    EXPECT_TRUE(totals.contains(QStringLiteral("(wait not known)"))) << totals.toStdString();
    EXPECT_FALSE(totals.contains(QStringLiteral("GB/s")));
}

TEST(TotalsText, MakesNoZeroOfMessagesWithoutSizes) {
    WindowFigures figures = twoRanks();
    for (RankFigures& rank : figures.ranks) rank.communication.bytes = 0;
    const QString totals = totalsText(figures, true);
    EXPECT_TRUE(totals.endsWith(QStringLiteral(" · bytes not known"))) << totals.toStdString();
}

TEST(TotalsText, SaysWhatMayBeTransferOrWait) {
    WindowFigures figures = twoRanks();
    figures.ranks[0].communication.unpaired = 6 * ms;
    const QString totals = totalsText(figures, true);
    EXPECT_TRUE(totals.endsWith(QStringLiteral("3.00 ms with ranks that are not in the trace")))
        << totals.toStdString();
    EXPECT_FALSE(totals.contains(QStringLiteral("GB/s")));
}

TEST(TotalsText, OfNoRanksIsEmpty) { EXPECT_EQ(totalsText({}, true), QString()); }

}  // namespace
}  // namespace ringscope::ui
