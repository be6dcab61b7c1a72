#include "backend/report/derivation.h"

#include "backend/core/units.h"
#include "tests/backend/simulate/planned.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <cmath>

namespace ringscope::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

Prediction madePrediction() {
    Prediction prediction;
    prediction.mode = "ring";
    prediction.ranks = 8;
    prediction.unlikeRanks = 1;
    prediction.kernel = "fa3";
    prediction.tokens = 524288;
    prediction.stepNanos = 10'000'000'000;
    prediction.mean = {.attention = 6'000'000'000,
                       .compute = 2'000'000'000,
                       .exposed = 1'500'000'000,
                       .wait = 300'000'000,
                       .tail = 200'000'000};
    prediction.flops = {.causal = 8e15, .full = 16e15, .withRecompute = 16e15};
    prediction.peakTflops = 1000;
    prediction.attentionBytes = 36'000'000'000;
    prediction.deviceBytes = std::int64_t{80} << 30;
    prediction.errorPercent = 12;
    prediction.errorSource = "assumed";
    return prediction;
}

std::string derived(PredictedFigure figure, const Prediction& prediction = madePrediction()) {
    return derivationText(prediction, findMachine("h100-8x").value(), figure);
}

TEST(Derivation, AddsUpTheStepFromItsPartsThatAreNotNothing) {
    EXPECT_EQ(derived(PredictedFigure::Step),
              "10.0 s = attention 6.00 s + other computation 2.00 s + exposed communication 1.50 s "
              "+ wait for other ranks 300 ms + wait for the step's end 200 ms; means over 8 ranks, "
              "1 played for all. ± 12 %: assumed.");
}

TEST(Derivation, NamesWhatEachFigureIsDividedBy) {
    EXPECT_EQ(derived(PredictedFigure::TokensPerSecond),
              "52,429 = 524,288 tokens of a step ÷ 10.0 s. ± 12 %: assumed.");
    EXPECT_THAT(derived(PredictedFigure::Mfu),
                StartsWith("10.0 % = 8.00 PFLOP (pairs that are seen, nothing that is computed "
                           "again) ÷ (8 devices × 10.0 s × 1,000 TFLOP/s"));
    EXPECT_THAT(derived(PredictedFigure::Compute),
                HasSubstr("2.00 PFLOP of a rank (pairs that are seen, and what is computed again) "
                          "÷ 8.00 s = 250 TFLOP/s, attention by fa3"));
    EXPECT_THAT(derived(PredictedFigure::Wait),
                StartsWith("500 ms = wait for other ranks 300 ms + wait for the step's end"));
}

// What a link takes alone, so that a reader sees how much of it is hidden.
TEST(Derivation, HoldsExposedAgainstWhatTheLinkTakesAlone) {
    const Machine machine = findMachine("h100-8x").value();
    const double seconds = 36e9 / machine.links.front().bandwidth;
    EXPECT_THAT(derived(PredictedFigure::Exposed),
                HasSubstr("(" + machine.links.front().name +
                          ") = " + formatDuration(Nanos(std::llround(seconds * 1e9))) +
                          " alone on its link"));
    Prediction silent = madePrediction();
    silent.attentionBytes = 0;
    EXPECT_THAT(derived(PredictedFigure::Exposed, silent), HasSubstr("no rank sends anything"));
}

TEST(Derivation, SaysThatAPeakIsNotKnown) {
    Prediction prediction = madePrediction();
    prediction.peakTflops = 0;
    EXPECT_THAT(derived(PredictedFigure::Mfu, prediction), StartsWith("not known"));
}

TEST(Derivation, HoldsMemoryAgainstTheDevice) {
    EXPECT_THAT(derived(PredictedFigure::Memory), HasSubstr("a device has 80"));
}

}  // namespace
}  // namespace ringscope::test
