#include "ui/plots/waterfall_picture.h"

#include "tests/ui/plots/pixels.h"
#include "ui/look/theme.h"

#include <gtest/gtest.h>

namespace ringscope::ui {
namespace {

using test::pixelsOf;

constexpr std::int64_t mib = 1 << 20;

MemoryPlan planOf(const std::vector<WaterfallRow>& rows) {
    MemoryPlan plan;
    plan.waterfall = rows;
    return plan;
}

const std::vector<WaterfallRow> threeRows = {
    {"naive", 100 * mib, {}},
    {"memory.zero 1", 60 * mib, {}},
    {"memory.recompute layers", 20 * mib, {.messageBytes = 2 * mib, .flops = 3e9}}};

TEST(WaterfallPicture, SpeaksEachRowWithItsPrice) {
    WaterfallPicture picture;
    picture.setPlan(planOf(threeRows), std::nullopt);
    EXPECT_EQ(picture.accessibleDescription().toStdString(),
              "naive: 100 MiB; memory.zero 1: 60.0 MiB; memory.recompute layers: 20.0 MiB   "
              "+2.00 MiB sent, +3.00 GFLOP a step");
}

TEST(WaterfallPicture, HasABarAsLongAsThePeak) {
    WaterfallPicture picture;
    picture.resize(900, 200);
    picture.setPlan(planOf(threeRows), std::nullopt);
    const int asked = pixelsOf(picture, inkFor(false).accent);
    EXPECT_GT(asked, 0);
    picture.setPlan(planOf({threeRows[0], threeRows[1]}), std::nullopt);
    const int longer = pixelsOf(picture, inkFor(false).accent);
    EXPECT_GT(longer, 2 * asked) << "60 MiB instead of 20, in as much room or more";
}

TEST(WaterfallPicture, PaintsWhatIsOverTheBudgetAsBad) {
    WaterfallPicture picture;
    picture.resize(900, 200);
    picture.setPlan(planOf(threeRows), Bytes{50 * mib});
    EXPECT_GT(pixelsOf(picture, inkFor(false).bad), 0);
    picture.setPlan(planOf(threeRows), Bytes{200 * mib});
    EXPECT_EQ(pixelsOf(picture, inkFor(false).bad), 0);
}

TEST(WaterfallPicture, IsAsHighAsItsRows) {
    WaterfallPicture picture;
    picture.setPlan(planOf(threeRows), std::nullopt);
    const int three = picture.sizeHint().height();
    picture.setPlan(planOf({threeRows[0]}), std::nullopt);
    EXPECT_NEAR(picture.sizeHint().height() * 3, three, 3) << "but for rounding";
}

}  // namespace
}  // namespace ringscope::ui
