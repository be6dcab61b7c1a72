#include "ui/pages/plan_page.h"

#include "backend/core/output_file.h"
#include "tests/ui/patience.h"
#include "tests/ui/sample.h"
#include "ui/models/forecast_model.h"
#include "ui/plots/curve_chart.h"
#include "ui/timeline/timeline_view.h"
#include "ui/widgets/log_slider.h"
#include "ui/widgets/parts.h"

#include <gtest/gtest.h>
#include <QLineEdit>
#include <QSlider>
#include <QTableView>
#include <QTest>

namespace ringscope::ui {
namespace {

ExperimentDraft largeDraft() {
    ExperimentDraft draft = test::sampleDraft();
    draft.fileText =
        "name: large\n"
        "model: {layers: 4, hidden_size: 1024, heads: 8, kv_heads: 8, ffn_size: 2816}\n"
        "train: {seq_len: 65536, precision: bf16}\n"
        "parallel: {sp: 8, comm_buffer_limit: 16GiB}\n";
    return draft;
}

class Plan : public testing::Test {
protected:
    Plan() : store(folder.filePath(QStringLiteral("runs.db")).toStdString()) {
        page.setMachine(QStringLiteral("h100-8x"));
        page.takeDraft(largeDraft());
        page.resize(1200, 900);
        page.show();
        settle();
    }
    void settle() {
        ASSERT_TRUE(QTest::qWaitFor([this] { return page.settled(); }, patience));
    }
    const Prediction& first() { return *page.model().forecast(0).prediction; }

    QTemporaryDir folder;
    StoreReader store;
    PlanPage page{store, test::sampleDraft(), ""};
};

TEST_F(Plan, ShowsEveryModeTheFastestThatFitsFirst) {
    ForecastModel& model = page.model();
    ASSERT_GE(model.rowCount(), 8);
    std::int64_t before = 0;
    for (int row = 0; row < model.rowCount(); ++row) {
        const ModeForecast& mode = model.forecast(row);
        if (!mode.prediction || !mode.prediction->fits()) break;
        EXPECT_GE(mode.prediction->stepNanos, before) << mode.mode;
        before = mode.prediction->stepNanos;
    }
    EXPECT_EQ(first().ranks, 8);
    EXPECT_EQ(page.problem(), QString());
    EXPECT_FALSE(page.advice().isEmpty());
    EXPECT_FALSE(page.crossover().isEmpty());
    EXPECT_FALSE(page.curves().curves().empty());
}

TEST_F(Plan, AFigureSaysHowItComesAbout) {
    const auto select = [&](int column) {
        page.table().setCurrentIndex(page.model().index(0, column));
        return page.derivation();
    };
    EXPECT_TRUE(select(ForecastModel::TokensColumn).contains(QStringLiteral("tokens of a step ÷")))
        << page.derivation().toStdString();
    EXPECT_TRUE(select(ForecastModel::MemoryColumn).contains(QStringLiteral("a device has")));
    EXPECT_TRUE(select(ForecastModel::MfuColumn).contains(QStringLiteral("8 devices")));
    settle();
}

TEST_F(Plan, ShowsTheStepOfTheSelectedModeAsATimeline) {
    ASSERT_NE(page.timeline().trace(), nullptr);
    EXPECT_EQ(page.timeline().trace()->trace.ranks.size(), 8U);
    EXPECT_EQ(page.timeline().trace()->trace.ranks[0].origin.mode, page.model().forecast(0).mode);
    ASSERT_TRUE(page.model().forecast(1).prediction);
    page.table().setCurrentIndex(page.model().index(1, ForecastModel::StepColumn));
    settle();
    EXPECT_EQ(page.timeline().trace()->trace.ranks[0].origin.mode, page.model().forecast(1).mode);
}

TEST_F(Plan, FollowsItsSliders) {
    const std::int64_t tokens = first().tokens;
    page.tokens().slider().setValue(page.tokens().slider().value() + 1);
    settle();
    EXPECT_EQ(first().tokens, 2 * tokens);
    page.ranks().line().selectAll();
    QTest::keyClicks(&page.ranks().line(), QStringLiteral("16"));
    QTest::keyClick(&page.ranks().line(), Qt::Key_Return);
    settle();
    EXPECT_EQ(first().ranks, 16);
    const std::int64_t before = first().stepNanos;
    page.bandwidth().slider().setValue(0);  // a sixteenth
    settle();
    EXPECT_GT(first().stepNanos, before);
}

TEST_F(Plan, DrawsTheCurvesOverLengthOrBandwidth) {
    const double ofLength = page.curves().curves().front().points.back().at;
    EXPECT_EQ(ofLength, 8 * 65536);
    page.showAxis(SweepAxis::Bandwidth);
    settle();
    EXPECT_NEAR(page.curves().curves().front().points.back().at, 8 * page.bandwidth().value() / 1e9,
                1e-6);
    EXPECT_TRUE(page.crossover().contains(QStringLiteral("GB/s")));
}

TEST_F(Plan, PlansInANumberTypeThatTheMachineHasAndSaysSo) {
    ExperimentDraft draft = largeDraft();
    draft.edits["train.precision"] = "fp32";
    page.takeDraft(draft);
    settle();
    EXPECT_TRUE(page.model().forecast(0).prediction.has_value());
    bool said = false;
    for (const QLabel* label : page.findChildren<QLabel*>())
        said = said || label->text().contains(QStringLiteral("has no rates in fp32"));
    EXPECT_TRUE(said);
}

TEST_F(Plan, SaysWhyNothingCanBePlanned) {
    ExperimentDraft draft = largeDraft();
    draft.fileText = "train: {seq_len: no number}\n";
    page.takeDraft(draft);
    settle();
    EXPECT_TRUE(page.problem().contains(QStringLiteral("train.seq_len")));
    EXPECT_FALSE(page.table().isVisible());
    page.takeDraft(largeDraft());
    settle();
    EXPECT_TRUE(page.table().isVisible());
}

TEST_F(Plan, TakesTheExperimentOfNewRunUntilAFileIsOpenedHere) {
    const QString file = folder.filePath(QStringLiteral("large.yaml"));
    ASSERT_TRUE(writeOutput(file.toStdString(), largeDraft().fileText).ok());
    EXPECT_EQ(page.openFile(file), QString());
    settle();
    page.offerDraft(test::sampleDraft());
    settle();
    EXPECT_EQ(first().tokens, 65536);
    EXPECT_NE(page.openFile(folder.filePath(QStringLiteral("none.yaml"))), QString());
}

TEST_F(Plan, TakesAMachineOfAFileOrSaysWhatIsWrongWithIt) {
    const QString file = folder.filePath(QStringLiteral("mine.yaml"));
    ASSERT_TRUE(writeOutput(file.toStdString(), "machine: mine\n").ok());
    page.setMachine(file);
    settle();
    EXPECT_TRUE(page.problem().contains(QStringLiteral("mine.yaml")))
        << page.problem().toStdString();
    page.setMachine(QStringLiteral("h200-8x"));
    settle();
    EXPECT_EQ(page.problem(), QString());
    EXPECT_EQ(first().ranks, 8);
}

TEST(PlanUnseen, CostsNothing) {
    QTemporaryDir folder;
    StoreReader store(folder.filePath(QStringLiteral("runs.db")).toStdString());
    PlanPage page(store, test::sampleDraft(), "");
    page.offerDraft(largeDraft());
    QTest::qWait(300);
    EXPECT_TRUE(page.settled());
    EXPECT_EQ(page.model().rowCount(), 0);
}

}  // namespace
}  // namespace ringscope::ui
