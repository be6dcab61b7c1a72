#include "backend/core/output_file.h"
#include "tests/ui/fake_transport.h"
#include "tests/ui/sample.h"
#include "ui/pages/field_form.h"
#include "ui/pages/mode_picker.h"
#include "ui/pages/new_run_page.h"
#include "ui/plots/waterfall_picture.h"

#include <gtest/gtest.h>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTest>

namespace ringscope::ui {
namespace {

class NewRun : public testing::Test {
protected:
    NewRun()
        : controller(transport, folder.filePath(QStringLiteral("runs.db")).toStdString()),
          page(controller, test::sampleDraft(), "") {
        page.resize(1200, 760);
        page.show();
        settle();
    }

    void settle() {
        EXPECT_TRUE(QTest::qWaitFor([this] { return page.settled(); }));
    }

    void type(const char* path, const QString& value) {
        auto* line = qobject_cast<QLineEdit*>(page.form().find(path)->editor());
        ASSERT_NE(line, nullptr);
        line->selectAll();
        QTest::keyClicks(line, value);
        settle();
    }

    QString error(const char* path) { return page.form().find(path)->error(); }

    QTemporaryDir folder;
    test::FakeTransport transport;
    RunController controller;
    NewRunPage page;
};

TEST_F(NewRun, StartsWithTheSampleReadyToRun) {
    EXPECT_EQ(page.runButton()->text(), QStringLiteral("Run 3 runs"));
    EXPECT_TRUE(page.runButton()->isEnabled());
    EXPECT_EQ(page.modes().chosen(), (std::vector<std::string>{"none", "legacy", "zigzag"}));
}

TEST_F(NewRun, SaysWhichOldSpellingsAFileHas) {
    auto* warnings = page.findChild<QLabel*>(QStringLiteral("draftWarnings"));
    EXPECT_FALSE(warnings->isVisible());
    const QString file = folder.filePath(QStringLiteral("old.yaml"));
    ASSERT_TRUE(writeOutput(file.toStdString(),
                            "model: {preset: nano}\ntrain: {seq_len: 256}\n"
                            "parallel: {mode: zigzag-ring, sp: 2}\n")
                    .ok());
    ASSERT_TRUE(page.openFile(file).ok());
    settle();
    EXPECT_TRUE(warnings->isVisible());
    EXPECT_TRUE(warnings->text().contains(QStringLiteral("old.yaml:3:18")))
        << warnings->text().toStdString();
    EXPECT_TRUE(warnings->text().contains(QStringLiteral("zigzag-ring")));
    EXPECT_TRUE(page.runButton()->isEnabled());
}

TEST_F(NewRun, TakesAnExperimentThatIsInNoFile) {
    page.openText("mine.yaml",
                  "model: {preset: nano}\ntrain: {seq_len: 256}\nparallel: {mode: ring, sp: 2}\n");
    settle();
    EXPECT_EQ(page.modes().chosen(), std::vector<std::string>{"ring"});
    const std::string command = draftCommand(page.draft(), *page.plan(), "");
    EXPECT_TRUE(command.starts_with("ringscope run - <<'EXPERIMENT'\n")) << command;
    EXPECT_EQ(command.find("mine.yaml"), std::string::npos) << "there is no such file";
}

TEST_F(NewRun, SaysWhatARankWillHoldAndWhatEachLeverBrings) {
    page.openText("mine.yaml",
                  "model: {preset: nano}\ntrain: {seq_len: 256}\nparallel: {mode: ring, sp: 2}\n"
                  "memory: {recompute: layers, budget: 64MiB}\n");
    settle();
    auto* peak = page.findChild<QLabel*>(QStringLiteral("predictedPeak"));
    ASSERT_NE(peak, nullptr);
    EXPECT_TRUE(peak->text().contains(QStringLiteral(" on rank "))) << peak->text().toStdString();
    EXPECT_TRUE(peak->text().contains(QStringLiteral(" on a CPU will hold at most ")));
    auto* waterfall = page.findChild<WaterfallPicture*>();
    const QString rows = waterfall->accessibleDescription();
    EXPECT_TRUE(rows.startsWith(QStringLiteral("naive: "))) << rows.toStdString();
    EXPECT_TRUE(rows.contains(QStringLiteral("memory.recompute layers: "))) << rows.toStdString();
    const ModeCard* ring = page.modes().card("ring");
    EXPECT_TRUE(ring->accessibleDescription().contains(QStringLiteral("B a CPU rank")));
    EXPECT_FALSE(ring->accessibleDescription().contains(QStringLiteral("over 64")));
    type("memory.budget", QStringLiteral("1MiB"));
    EXPECT_TRUE(ring->accessibleDescription().contains(QStringLiteral("a CPU rank, over 1.00 MiB")))
        << ring->accessibleDescription().toStdString();
}

TEST_F(NewRun, HasARowForEveryFieldButTheMode) {
    for (const Field& field : fieldTable()) {
        const bool expected = field.path != "parallel.mode";
        EXPECT_EQ(page.form().find(field.path) != nullptr, expected) << field.path;
    }
}

TEST_F(NewRun, TakesAnEditIntoThePlanAndTheCommand) {
    type("train.steps", QStringLiteral("9"));
    EXPECT_EQ(page.plan()->reading.experiment.base.train.steps, 9);
    EXPECT_EQ(page.draft().edits.at("train.steps"), "9");
    EXPECT_TRUE(error("train.steps").isEmpty());
}

TEST_F(NewRun, SaysUnderTheFieldWhatIsWrongAndDoesNotRun) {
    type("train.steps", QStringLiteral("many"));
    EXPECT_TRUE(error("train.steps").startsWith(QStringLiteral("expected an integer")))
        << error("train.steps").toStdString();
    EXPECT_FALSE(page.runButton()->isEnabled());
    type("train.steps", QStringLiteral("5"));
    EXPECT_TRUE(error("train.steps").isEmpty());
    EXPECT_TRUE(page.runButton()->isEnabled());
}

TEST_F(NewRun, DisablesAModeThatCannotRunAndSaysWhy) {
    type("parallel.sp", QStringLiteral("8"));  // nano has 4 heads
    const ModeCard* ulysses = page.modes().card("ulysses");
    EXPECT_FALSE(ulysses->isEnabled());
    EXPECT_TRUE(ulysses->toolTip().contains(QStringLiteral("heads")))
        << ulysses->toolTip().toStdString();
    EXPECT_TRUE(page.modes().card("zigzag")->isEnabled());
}

TEST_F(NewRun, ATickedModeThatCannotRunIsLeftOutAndCanBeUnticked) {
    QTest::mouseClick(page.modes().card("ulysses"), Qt::LeftButton);
    settle();
    EXPECT_EQ(page.runButton()->text(), QStringLiteral("Run 4 runs"));
    type("parallel.sp", QStringLiteral("8"));  // nano has 4 heads
    ModeCard* ulysses = page.modes().card("ulysses");
    EXPECT_TRUE(ulysses->isChecked());
    EXPECT_TRUE(ulysses->isEnabled());
    EXPECT_EQ(page.runButton()->text(), QStringLiteral("Run 3 runs"));
    EXPECT_TRUE(page.runButton()->isEnabled());
    ASSERT_EQ(page.plan()->leftOut.size(), 1U);
    QTest::mouseClick(ulysses, Qt::LeftButton);
    settle();
    EXPECT_FALSE(page.modes().card("ulysses")->isChecked());
    EXPECT_FALSE(page.modes().card("ulysses")->isEnabled());
    EXPECT_TRUE(page.plan()->leftOut.empty());
}

TEST_F(NewRun, CountsTheRunsOfTheModesThatAreChecked) {
    QTest::mouseClick(page.modes().card("none"), Qt::LeftButton);
    settle();
    EXPECT_EQ(page.runButton()->text(), QStringLiteral("Run 2 runs"));
    QTest::mouseClick(page.modes().card("legacy"), Qt::LeftButton);
    settle();
    EXPECT_EQ(page.runButton()->text(), QStringLiteral("Run 1 run"));
    QTest::mouseClick(page.modes().card("zigzag"), Qt::LeftButton);
    settle();
    EXPECT_FALSE(page.runButton()->isEnabled());
}

TEST_F(NewRun, AnotherPresetChangesTheModelFieldsThatNobodyWrote) {
    auto* preset = qobject_cast<QComboBox*>(page.form().find("model.preset")->editor());
    preset->setCurrentText(QStringLiteral("small"));
    settle();
    EXPECT_EQ(page.form().find("model.layers")->value(), QStringLiteral("8"));
}

TEST_F(NewRun, KeepsTheDraftWhenAFileCannotBeRead) {
    const Result<void> opened = page.openFile(QStringLiteral("/nowhere/x.yaml"));
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code, ErrorCode::NotFound);
    EXPECT_NE(opened.error().message.find("/nowhere/x.yaml"), std::string::npos);
    EXPECT_TRUE(page.draft().fileName.empty());
}

}  // namespace
}  // namespace ringscope::ui
