#include "ui/plots/schedule_picture.h"

#include "backend/plan/mode_table.h"
#include "tests/ui/plots/pixels.h"
#include "tests/ui/sample.h"
#include "ui/look/theme.h"

#include <gtest/gtest.h>
#include <QCoreApplication>
#include <QHelpEvent>
#include <QToolTip>
#include <map>

namespace ringscope::ui {
namespace {

std::shared_ptr<const RunPlan> planOf(const char* mode, int ranks) {
    RunConfig config;
    config.parallel.mode = mode;
    config.parallel.sp = ranks;
    return std::make_shared<const RunPlan>(planRun(config).value());
}

// Pixels in the mode's colour over the matrices of one column of cells.
int inked(SchedulePicture& picture, const char* mode) {
    return test::pixelsOf(picture, inkFor(false).mode(mode));
}

TEST(SchedulePicture, HasARowARankAndAColumnAStep) {
    SchedulePicture picture;
    picture.setPlan(planOf("ring", 4));
    EXPECT_EQ(picture.shownRanks(), 4);
    EXPECT_EQ(picture.shownSteps(), 4);
    picture.setPlan(planOf("ulysses", 4));
    EXPECT_EQ(picture.shownSteps(), 1);
    picture.setPlan(planOf("none", 4));
    EXPECT_EQ(picture.shownRanks(), 1);
}

TEST(SchedulePicture, ShowsEveryModesSteps) {
    const std::map<std::string, int> steps = {
        {"none", 1},         {"legacy", 1},      {"ring", 4},         {"zigzag", 4},
        {"striped", 4},      {"ulysses", 1},     {"usp", 2},          {"ring-allgather", 1},
        {"llama3", 4},       {"double-ring", 4}, {"dilated-ring", 4}, {"dilated-gather", 1},
        {"needed-blocks", 4}};
    for (const Mode& mode : modeTable()) {
        SchedulePicture picture;
        picture.setPlan(planOf(std::string(mode.name).c_str(), 4));
        picture.resize(picture.sizeHint());
        EXPECT_EQ(picture.shownSteps(), steps.at(std::string(mode.name))) << mode.name;
        EXPECT_GT(inked(picture, std::string(mode.name).c_str()), 0) << mode.name;
    }
}

TEST(SchedulePicture, FillsAsManyPairsForZigzagAsForRing) {
    ThemeController theme;
    theme.setTheme(Theme::Light);
    SchedulePicture ring;
    ring.setPlan(planOf("ring", 4));
    ring.resize(ring.sizeHint());
    SchedulePicture zigzag;
    zigzag.setPlan(planOf("zigzag", 4));
    zigzag.resize(zigzag.sizeHint());
    // The work bars differ on purpose: the ring's are a staircase, zigzag's all full. Without them
    // both modes compute the same pairs.
    const double bars = 76.0 * 8;
    const double ringPairs = inked(ring, "ring") - bars * (1 + 3 + 5 + 7) / 7;
    const double zigzagPairs = inked(zigzag, "zigzag") - bars * 4;
    EXPECT_NEAR(zigzagPairs / ringPairs, 1.0, 0.06);
}

TEST(SchedulePicture, ShowsOnlyTheFirstSixteenRanksOfMany) {
    SchedulePicture picture;
    picture.setPlan(planOf("ring", 32));
    EXPECT_EQ(picture.shownRanks(), 16);
    EXPECT_EQ(picture.shownSteps(), 16);
}

TEST(SchedulePicture, SaysACellInWordsWhenHovered) {
    SchedulePicture picture;
    picture.setPlan(planOf("ring", 2));
    picture.resize(picture.sizeHint());
    picture.show();
    const QPoint firstCell(scaled(60), scaled(40));
    QHelpEvent help(QEvent::ToolTip, firstCell, picture.mapToGlobal(firstCell));
    QCoreApplication::sendEvent(&picture, &help);
    EXPECT_TRUE(QToolTip::text().startsWith(QStringLiteral(
        "rank 0, step 0\nqueries 0 – 511 meet keys 0 – 511, causal\nsend KV to rank 1")))
        << QToolTip::text().toStdString();
}

TEST(SchedulePicture, WritesTheReasonWhereThereIsNoPlan) {
    SchedulePicture picture;
    picture.setPlan(planOf("ring", 2));
    picture.setReason(QStringLiteral("ulysses needs heads divisible by ranks"));
    EXPECT_EQ(picture.shownRanks(), 0);
    EXPECT_EQ(picture.accessibleDescription(),
              QStringLiteral("ulysses needs heads divisible by ranks"));
}

}  // namespace
}  // namespace ringscope::ui
