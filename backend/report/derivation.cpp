#include "backend/report/derivation.h"

#include "backend/core/text.h"
#include "backend/core/units.h"
#include "backend/report/memory_text.h"
#include "backend/simulate/sweep.h"

#include <fmt/format.h>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

namespace ringscope {
namespace {

std::string timeText(std::int64_t nanos) { return formatDuration(Nanos(nanos)); }

struct TimePart {
    std::int64_t RankTimes::*nanos;
    std::string_view words;
};
constexpr std::array timePartWords = {TimePart{&RankTimes::attention, "attention"},
                                      TimePart{&RankTimes::compute, "other computation"},
                                      TimePart{&RankTimes::copies, "copies"},
                                      TimePart{&RankTimes::exposed, "exposed communication"},
                                      TimePart{&RankTimes::wait, "wait for other ranks"},
                                      TimePart{&RankTimes::moves, "host's memory or disk"},
                                      TimePart{&RankTimes::gaps, "launch gaps"},
                                      TimePart{&RankTimes::tail, "wait for the step's end"}};
static_assert(timePartWords.size() == timeParts.size());

// "41.2 s = attention 31.0 s + copies 10.2 s": of these parts, those that are not 0.
std::string sumText(std::int64_t sum, const RankTimes& mean,
                    const std::vector<std::int64_t RankTimes::*>& parts) {
    std::vector<std::string> words;
    for (const TimePart& part : timePartWords)
        for (const auto wanted : parts)
            if (wanted == part.nanos && mean.*wanted != 0)
                words.push_back(fmt::format("{} {}", part.words, timeText(mean.*wanted)));
    return timeText(sum) + " = " + (words.empty() ? "nothing" : join(words, " + "));
}

std::string stepFormula(const Prediction& prediction) {
    std::string text =
        sumText(prediction.stepNanos, prediction.mean, {timeParts.begin(), timeParts.end()}) +
        fmt::format("; means over {} ranks", prediction.ranks);
    if (prediction.unlikeRanks < prediction.ranks)
        text += fmt::format(", {} played for all", prediction.unlikeRanks);
    if (prediction.ranksApart > 0)
        text += fmt::format("; the work of the others differs by up to {:.1f} %",
                            prediction.ranksApart * 100);
    return text;
}

std::string computeFormula(const Prediction& prediction) {
    const std::int64_t nanos = computeNanos(prediction.mean);
    const double flops = prediction.flops.withRecompute / prediction.ranks;
    return sumText(nanos, prediction.mean,
                   {&RankTimes::attention, &RankTimes::compute, &RankTimes::copies}) +
           fmt::format(
               "; {} of a rank (pairs that are seen, and what is computed again) ÷ {} = "
               "{} TFLOP/s, attention by {}",
               formatFlops(flops), timeText(nanos),
               formatSignificant(flops / static_cast<double>(nanos) / 1e3), prediction.kernel);
}

std::string exposedFormula(const Prediction& prediction, const Machine& machine) {
    const std::int64_t exposed = prediction.mean.exposed;
    const std::int64_t bytes = prediction.attentionBytes + prediction.gradientBytes;
    if (bytes == 0) return timeText(exposed) + ": no rank sends anything";
    const LinkLevel& link = slowestLink(machine, prediction.ranks);
    const auto least =
        static_cast<std::int64_t>(std::llround(static_cast<double>(bytes) / link.bandwidth * 1e9));
    return fmt::format(
        "{} of a step, mean over ranks: nothing was computed while bytes moved. The busiest rank "
        "sends {} in attention and {} of gradients and losses: ÷ {} GB/s ({}) = {} alone on its "
        "link",
        timeText(exposed), formatBytes({prediction.attentionBytes}),
        formatBytes({prediction.gradientBytes}), formatSignificant(link.bandwidth / 1e9), link.name,
        timeText(least));
}

std::string memoryFormula(const Prediction& prediction) {
    std::string text = fmt::format("{} = tensors {}", formatBytes({prediction.neededBytes()}),
                                   peakText(prediction.peak));
    if (prediction.besideBytes > 0)
        text += fmt::format(" + {} beside tensors (context, libraries: as others measured)",
                            formatBytes({prediction.besideBytes}));
    return text + fmt::format("; a device has {}", formatBytes({prediction.deviceBytes}));
}

std::string mfuFormula(const Prediction& prediction) {
    if (prediction.peakTflops <= 0) return "not known: the machine's file has no peak";
    return fmt::format(
        "{:.1f} % = {} (pairs that are seen, nothing that is computed again) ÷ ({} devices × {} × "
        "{} TFLOP/s, the data sheet's dense peak)",
        prediction.mfu() * 100, formatFlops(prediction.flops.causal), prediction.ranks,
        timeText(prediction.stepNanos), formatSignificant(prediction.peakTflops));
}

std::string formulaOf(const Prediction& prediction, const Machine& machine,
                      PredictedFigure figure) {
    const RankTimes& mean = prediction.mean;
    switch (figure) {
        case PredictedFigure::Step:
            return stepFormula(prediction);
        case PredictedFigure::Compute:
            return computeFormula(prediction);
        case PredictedFigure::Exposed:
            return exposedFormula(prediction, machine);
        case PredictedFigure::Wait:
            return sumText(waitNanos(mean), mean, {&RankTimes::wait, &RankTimes::tail}) +
                   "; mean over ranks";
        case PredictedFigure::Memory:
            return memoryFormula(prediction);
        case PredictedFigure::TokensPerSecond:
            return fmt::format("{} = {} tokens of a step ÷ {}",
                               formatCount(std::llround(prediction.tokensPerSecond())),
                               formatCount(prediction.tokens), timeText(prediction.stepNanos));
        case PredictedFigure::Mfu:
            return mfuFormula(prediction);
    }
    return {};
}

}  // namespace

std::int64_t computeNanos(const RankTimes& mean) {
    return mean.attention + mean.compute + mean.copies;
}

std::int64_t waitNanos(const RankTimes& mean) { return mean.wait + mean.tail; }

std::int64_t otherNanos(const RankTimes& mean) { return mean.moves + mean.gaps; }

std::string derivationText(const Prediction& prediction, const Machine& machine,
                           PredictedFigure figure) {
    const std::string formula = formulaOf(prediction, machine, figure);
    if (figure == PredictedFigure::Memory) return formula + ".";
    return fmt::format("{}. ± {:.0f} %: {}.", formula, prediction.errorPercent,
                       prediction.errorSource);
}

}  // namespace ringscope
