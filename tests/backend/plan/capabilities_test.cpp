#include "backend/plan/capabilities.h"

#include "backend/plan/mode_table.h"

#include <gmock/gmock.h>
#include <algorithm>

namespace ringscope {
namespace {

using ::testing::HasSubstr;

std::string reasonAgainst(std::string_view mode, std::string_view feature) {
    const std::vector<Capability> all = capabilitiesOf(mode);
    const auto found = std::ranges::find(all, feature, &Capability::feature);
    return found == all.end() ? "there is no such feature" : found->reason;
}

TEST(Capabilities, NameEveryFeatureForEveryMode) {
    for (const Mode& mode : modeTable())
        EXPECT_EQ(capabilitiesOf(mode.name).size(), featureTable().size()) << mode.name;
}

TEST(Capabilities, DoNotDependOnTheModeWhereNothingHasToDivide) {
    for (const Mode& mode : modeTable())
        for (const char* feature : {"causal", "bidirectional", "grouped_heads", "few_kv_heads",
                                    "batch", "scale", "bf16", "fp16"})
            EXPECT_EQ(reasonAgainst(mode.name, feature), "") << mode.name << ", " << feature;
}

TEST(Capabilities, OfModesThatSplitHeadsDependOnTheHeads) {
    EXPECT_EQ(reasonAgainst("ulysses", "few_heads"),
              "ulysses needs heads divisible by ranks: 2 heads, 4 ranks; legal: 1, 2");
    EXPECT_THAT(reasonAgainst("ulysses", "uneven_heads"), HasSubstr("legal: 1, 2, 3, 6"));
    for (const char* mode : {"ring", "zigzag", "striped", "usp", "llama3", "double-ring"}) {
        EXPECT_EQ(reasonAgainst(mode, "few_heads"), "") << mode;
        EXPECT_EQ(reasonAgainst(mode, "uneven_heads"), "") << mode;
    }
}

// Each changes rows whose keys have all been seen, wherever that is.
TEST(Capabilities, OfEveryModeIncludeSinks) {
    for (const std::string& mode : modeNames()) EXPECT_EQ(reasonAgainst(mode, "sinks"), "") << mode;
}

TEST(Capabilities, OfEveryModeIncludeAnyLength) {
    for (const std::string& mode : modeNames())
        EXPECT_EQ(reasonAgainst(mode, "uneven_length"), "") << mode;
}

}  // namespace
}  // namespace ringscope
