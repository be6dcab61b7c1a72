// Real traces of the PyTorch profiler against values that were computed independently. Skipped
// where they are not beside the repository; the hand-made traces of the other tests cover the same
// ground.
#include "backend/analysis/findings.h"
#include "backend/analysis/tool_variants.h"
#include "backend/trace/chrome/import.h"

#include <gtest/gtest.h>
#include <cstdlib>

namespace ringscope {
namespace {

std::filesystem::path samples() {
    const char* folder = std::getenv("RINGSCOPE_SAMPLE_TRACES");
    return folder != nullptr && *folder != '\0' ? std::filesystem::path(folder)
                                                : std::filesystem::path(RINGSCOPE_SAMPLES);
}

struct Known {
    const char* file;
    double span;  // microseconds
    double comm;
    double overlap;
    double exposed;
};

class SampleTrace : public ::testing::TestWithParam<Known> {};

TEST_P(SampleTrace, MeetsTheValuesThatOthersComputed) {
    const Known& known = GetParam();
    const std::filesystem::path file = samples() / (std::string(known.file) + ".json.gz");
    if (!std::filesystem::exists(file))
        GTEST_SKIP() << file << " is not there; RINGSCOPE_SAMPLE_TRACES can name its folder";
    const Trace trace = importTrace(file).value();
    const RunFindings findings = analyze(trace);
    ASSERT_EQ(findings.ranks.size(), 1U);
    const RankFigures& rank = findings.ranks.front();
    // The independent values were added up in doubles: off by a nanosecond or two.
    EXPECT_NEAR(static_cast<double>(rank.span), known.span * 1000, 5);
    EXPECT_NEAR(static_cast<double>(rank.communication.comm), known.comm * 1000, 5);
    EXPECT_NEAR(static_cast<double>(rank.communication.hidden), known.overlap * 1000, 5);
    EXPECT_NEAR(static_cast<double>(rank.communication.exposed), known.exposed * 1000, 5);
    EXPECT_TRUE(findings.violations.empty()) << findings.violations.front();
    const ToolVariants variants = toolVariants(trace).front();
    EXPECT_TRUE(variants.violations.empty());
    EXPECT_NEAR(static_cast<double>(variants.hta.kernelTime), known.span * 1000, 5);
    EXPECT_NEAR(static_cast<double>(variants.traceLens.exposedComm), known.exposed * 1000, 5);
}

INSTANTIATE_TEST_SUITE_P(Of, SampleTrace,
                         ::testing::Values(Known{"sampled_rank-0", 1222847, 396199, 59216, 336983},
                                           Known{"sampled_rank-1", 1231186, 379053, 75530, 303523},
                                           Known{"nccl_data", 660551.006, 46876.492, 7317.026,
                                                 39559.466}),
                         [](const auto& test) {
                             std::string name = test.param.file;
                             for (char& c : name)
                                 if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
                             return name;
                         });

}  // namespace
}  // namespace ringscope
