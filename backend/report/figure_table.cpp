#include "backend/report/figure_table.h"

#include "backend/config/precision.h"
#include "backend/report/wording.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <vector>

namespace ringscope::reporting {
namespace {

std::string duration(double ms) {
    if (!std::isfinite(ms)) return formatSignificant(ms);
    return formatDuration(Nanos(std::llround(ms * 1e6)));
}

std::string bytes(double count) {
    if (!std::isfinite(count)) return formatSignificant(count);
    return formatBytes({std::llround(count)});
}

std::string percent(double value) {
    if (!std::isfinite(value)) return formatSignificant(value);
    return fmt::format("{:.0f} %", value);
}

std::string rate(double gigabytes) { return formatSignificant(gigabytes) + " GB/s"; }

// What predictions of time are held to (decision 35).
constexpr double timeWithin = 0.12;
constexpr double exposedWithin = 0.15;  // of a step

constexpr std::array figures = {
    Figure{"tokens/s", "tokens_per_s", Better::Higher,
           "Tokens of all ranks in the steps after the warm-up, divided by the time those steps "
           "took on the slowest rank.",
           &RunGroup::tokensPerSecond, formatSignificant},
    Figure{"predicted tokens/s", "predicted_tokens_per_s", Better::Neither,
           "Tokens of a step, divided by the step that was predicted.",
           &RunGroup::predictedTokensPerSecond, formatSignificant, true, false,
           &RunGroup::tokensPerSecond, timeWithin},
    Figure{"step time", "step_ms", Better::Lower,
           "Median duration of the steps after the warm-up; a step lasts as long as its slowest "
           "rank.",
           &RunGroup::stepMs, duration},
    Figure{"predicted step", "predicted_step_ms", Better::Neither,
           "What the schedules, played on this machine as it was calibrated, said of a step before "
           "the run began; it should be within 12 % of the measured median.",
           &RunGroup::predictedStepMs, duration, true, false, &RunGroup::stepMs, timeWithin},
    Figure{"peak memory", "peak_bytes", Better::Lower,
           "The largest sum of live tensor bytes at the allocator, of the rank with the most.",
           &RunGroup::peakBytes, bytes},
    Figure{"predicted peak", "predicted_peak_bytes", Better::Neither,
           "What the plan says that the rank with the most holds; it should be within 2 % of the "
           "measured peak.",
           &RunGroup::predictedPeakBytes, bytes, false, false, &RunGroup::peakBytes, 0.02},
    Figure{"attention sent/step", "comm_bytes_per_step", Better::Lower,
           "Bytes that attention handed to other ranks in one step, all layers, forward and "
           "backward, measured on the busiest rank.",
           &RunGroup::attentionBytesPerStep, bytes},
    Figure{"predicted", "predicted_comm_bytes_per_step", Better::Neither,
           "The attention bytes the mode's schedule says the busiest rank sends; it should equal "
           "the measured figure exactly.",
           &RunGroup::predictedAttentionBytesPerStep, bytes, false, false,
           &RunGroup::attentionBytesPerStep},
    Figure{"gradients sent/step", "gradient_bytes_per_step", Better::Lower,
           "Bytes handed to other ranks in one step to sum gradients and losses, measured on the "
           "busiest rank.",
           &RunGroup::gradientBytesPerStep, bytes},
    Figure{"exposed/step", "exposed_ms_per_step", Better::Lower,
           "Communication of the recorded steps during which its rank computed nothing, per step; "
           "the mean over ranks.",
           &RunGroup::exposedMs, duration, true},
    Figure{"predicted exposed", "predicted_exposed_ms_per_step", Better::Neither,
           "The same as it was predicted; it should be right within 15 % of the step.",
           &RunGroup::predictedExposedMs, duration, true, false, &RunGroup::exposedMs,
           exposedWithin, &RunGroup::stepMs},
    Figure{"wait/step", "wait_ms_per_step", Better::Lower,
           "The part of exposed during which the other end, or for a collective the last rank, had "
           "not posted its part: what lateness cost the step.",
           &RunGroup::waitMs, duration, true},
    Figure{"predicted wait", "predicted_wait_ms_per_step", Better::Neither,
           "The same as it was predicted; it should be right within 15 % of the step.",
           &RunGroup::predictedWaitMs, duration, true, false, &RunGroup::waitMs, exposedWithin,
           &RunGroup::stepMs},
    Figure{"hidden wait/step", "hidden_wait_ms_per_step", Better::Neither,
           "The same behind computation, where it cost nothing. The rest of communication moves "
           "bytes.",
           &RunGroup::hiddenWaitMs, duration, true},
    Figure{"hidden", "hidden_pct", Better::Higher,
           "Share of the communication time of the recorded steps during which its rank computed.",
           &RunGroup::hiddenPercent, percent, true, true},
    Figure{
        "busbw", "busbw_gb_per_s", Better::Higher,
        "Bus bandwidth: bytes of the recorded steps' messages, divided by the time in which they "
        "moved, without the waiting; 1 GB is 10^9 bytes. The mean of single messages: those that "
        "move at once share the link.",
        &RunGroup::busbw, rate, true},
    Figure{
        "algbw", "algbw_gb_per_s", Better::Higher,
        "Algorithm bandwidth: the same bytes, divided by the time from posting the messages until "
        "they were complete, the waiting included.",
        &RunGroup::algbw, rate, true},
    Figure{"final loss", "final_loss", Better::Neither,
           "Mean loss of the last step over all tokens that have a label.", &RunGroup::finalLoss,
           formatLoss},
};

}  // namespace

std::span<const Figure> figureTable() { return figures; }

std::vector<const Figure*> figuresOf(const Comparison& comparison) {
    std::vector<const Figure*> shown;
    for (const Figure& figure : figures) {
        const auto measured = [&](const RunGroup* group) {
            return (group->*figure.spread).has_value();
        };
        if (!figure.ifKnown || std::ranges::any_of(comparison.groups(), measured))
            shown.push_back(&figure);
    }
    return shown;
}

const Figure& figure(std::string_view jsonName) {
    const auto found = std::ranges::find(figures, jsonName, &Figure::jsonName);
    assert(found != figures.end());
    return *found;
}

const Figure* predictionOf(const Figure& measured) {
    const auto found = std::ranges::find(figures, measured.spread, &Figure::predicts);
    return found == figures.end() ? nullptr : &*found;
}

std::string figureDetail(const Figure& figure, const RunGroup& group) {
    const std::optional<Spread>& said = group.*figure.spread;
    if (figure.predicts != nullptr && said && said->median > 0)
        if (const std::optional<Spread>& measured = group.*figure.predicts;
            measured && measured->median != said->median)
            return fmt::format("measured {:+.1f} %", (measured->median / said->median - 1) * 100);
    return formatEnds(said, figure.format);
}

std::span<const Definition> definitions() {
    const ParityLimits exact = parityLimits(NumberFormat::Fp32);
    const ParityLimits rounded = parityLimits(NumberFormat::Bf16);
    static const std::vector<Definition> others = {
        {"repeats",
         "Runs of one configuration are repeats; a figure is their median, with the smallest and "
         "the largest in brackets. Runs that did not finish give no figures."},
        {"speed-up",
         fmt::format("Tokens/s over the baseline's. The brackets hold the smallest and the largest "
                     "ratio of any two repeats; where they hold 1, or where single runs differ by "
                     "less than {:.0f} %, it is called no clear difference.",
                     singleRunNoise * 100)},
        {"parity",
         fmt::format("Step by step against a run of the unsharded model with the same seed: the "
                     "same model where the loss differs by at most {:.0e} and the gradient norm by "
                     "at most {:.0e}, both relative, in every step compared; in bf16 and fp16, and "
                     "with train.optimizer adamw8bit, by at most {:.0e} and {:.0e}.",
                     exact.loss, exact.gradNorm, rounded.loss, rounded.gradNorm)},
    };
    return others;
}

}  // namespace ringscope::reporting
