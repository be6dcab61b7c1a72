#include "backend/report/memory_text.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace ringscope {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

PlannedMemory planned() {
    PlannedMemory run{.name = "long/zigzag", .mode = "zigzag", .ranks = 2};
    run.memory.peak = {.rank = 1, .held = {}, .layer = 2, .pass = SpanPass::Backward};
    run.memory.peak.held[static_cast<std::size_t>(MemoryCategory::Activations)] = 3 << 20;
    run.memory.peak.held[static_cast<std::size_t>(MemoryCategory::Parameters)] = 1 << 20;
    run.memory.waterfall = {{"naive", 6 << 20, {}},
                            {"memory.recompute layers", 4 << 20, {1024, 0, 2e9}}};
    return run;
}

TEST(MemoryText, ShowsPeakMomentAndWhatEachLeverBringsAndCosts) {
    const std::string text = memoryPlanText({planned()});
    EXPECT_THAT(text, HasSubstr("long/zigzag  zigzag  backward, layer 2  CPU         2  4.00 MiB"));
    EXPECT_THAT(text, HasSubstr("on another device they differ"));
    EXPECT_THAT(text, HasSubstr("memory.recompute layers  4.00 MiB  -2.00 MiB    +1.00 KiB"));
    EXPECT_THAT(text, HasSubstr("+2.00 GFLOP"));
    EXPECT_THAT(text, Not(HasSubstr("budget"))) << "there is none";
}

TEST(MemoryText, SaysWhetherTheBudgetIsMet) {
    PlannedMemory run = planned();
    run.budget = Bytes{2 << 20};
    run.memory.fits = false;
    EXPECT_THAT(memoryPlanText({run}), HasSubstr("2.00 MiB exceeded"));
}

TEST(MemoryText, IsNothingWhereNoRunCanWork) { EXPECT_EQ(memoryPlanText({}), ""); }

TEST(MemoryText, IsAnObjectForPrograms) {
    const auto object = nlohmann::json::parse(memoryPlanJson("long", {planned()}, {}));
    EXPECT_EQ(object["experiment"], "long");
    const nlohmann::json& run = object["runs"][0];
    EXPECT_EQ(run["peak_bytes"], 4 << 20);
    EXPECT_EQ(run["device"], "cpu");
    EXPECT_EQ(run["peak_moment"]["pass"], "backward");
    EXPECT_EQ(run["peak_moment"]["layer"], 2);
    EXPECT_EQ(run["categories"]["activations"], 3 << 20);
    EXPECT_TRUE(run["fits"].is_null());
    EXPECT_EQ(run["waterfall"][1]["price"]["message_bytes"], 1024);
    EXPECT_EQ(run["host_bytes"], 0);
}

}  // namespace
}  // namespace ringscope
