#include "backend/report/run_memory.h"

#include "backend/core/text.h"
#include "backend/core/units.h"
#include "backend/memory/memory_plan.h"
#include "backend/report/memory_text.h"
#include "backend/report/run_json.h"
#include "backend/report/wording.h"
#include "backend/trace/file/trace_folder.h"
#include "backend/trace/trace_files.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

namespace ringscope {
namespace {

constexpr std::size_t courseWidth = 40;             // characters
constexpr std::int64_t largestShown = 256LL << 20;  // bytes of a file; more takes seconds

std::string stepsWords(const StepRange& steps) {
    if (steps.end - steps.begin <= 1) return fmt::format("step {}", steps.begin);
    return fmt::format("steps {} to {}", steps.begin, steps.end - 1);
}

std::int64_t heldOf(const BytesByCategory& held, MemoryCategory category) {
    return held[static_cast<std::size_t>(category)];
}

// "▁▂▅█": the fullest of all columns fills a character.
std::string course(const std::vector<std::int64_t>& values, std::int64_t fullest) {
    constexpr std::array<std::string_view, 9> eighths = {" ", "▁", "▂", "▃", "▄",
                                                         "▅", "▆", "▇", "█"};
    std::string text;
    for (const std::int64_t value : values) {
        const double share = fullest > 0 ? static_cast<double>(value) / double(fullest) : 0;
        const auto filled = static_cast<std::size_t>(share * 8 + 0.5);
        text += eighths[value > 0 ? std::clamp<std::size_t>(filled, 1, 8) : 0];
    }
    return text;
}

std::string memoryRow(std::string_view name, std::int64_t atPeak,
                      const std::vector<std::int64_t>& values, std::int64_t fullest) {
    return fmt::format("    {:<14}  {:>11}  {}\n", name, formatBytes({atPeak}),
                       course(values, fullest));
}

std::string memoryTitle(std::string_view words) {
    return fmt::format("  memory over the recorded steps\n    {}\n", words);
}

}  // namespace

Result<MemorySeries> readMemory(const std::filesystem::path& file, std::size_t columns) {
    RINGSCOPE_TRY(const Trace trace, readTrace(file));
    return memorySeries(trace.ranks.front(), columns);
}

int busiestRank(const RunRecord& run, const std::vector<int>& ranks) {
    int busiest = ranks.front();
    Bytes most;
    for (const RankRecord& rank : run.rankRecords) {
        if (std::ranges::find(ranks, rank.rank) == ranks.end() || rank.peakMemory <= most) continue;
        most = rank.peakMemory;
        busiest = rank.rank;
    }
    return busiest;
}

std::string whyNoMemory(const RunRecord& run, const std::vector<int>& recorded) {
    const ProfileConfig& profile = run.config.profile;
    if (recorded.empty() && !profile.steps)
        return fmt::format(
            "This run recorded no steps, so what its memory was for is not known. Run it once more "
            "with profile.steps set to the steps to record, as [2, 5]{}.",
            profile.memory ? "" : ", and with profile.memory: true");
    if (!profile.memory)
        return "This run did not record memory. Run it once more with profile.memory: true.";
    if (!isFinal(run.status) && profile.steps)
        return fmt::format("The recording of {} can be read when the run has ended.",
                           stepsWords(*profile.steps));
    if (recorded.empty())
        return fmt::format(
            "The recording of {} is not there: the run ended before it was written, or its files "
            "were removed. Steps are recorded where profile.steps names some that the run reaches.",
            stepsWords(*profile.steps));
    return "The recording of this rank has no memory in it: the rank ended before it was written.";
}

std::string memoryPeakText(const MemorySeries& series) {
    std::vector<std::pair<std::int64_t, MemoryCategory>> parts;
    for (const MemoryCategory category : heldCategories(series))
        if (const std::int64_t bytes = heldOf(series.peak, category); bytes > 0)
            parts.emplace_back(bytes, category);
    std::ranges::stable_sort(parts, [](const auto& a, const auto& b) { return a.first > b.first; });
    std::vector<std::string> words;
    for (const auto& [bytes, category] : parts)
        words.push_back(fmt::format("{} {}", memoryCategoryName(category), formatBytes({bytes})));
    return fmt::format("peak {} at {}, in step {}: {}", formatBytes({totalOf(series.peak)}),
                       formatDuration(Nanos(series.peakAt - series.begin)),
                       series.stepAt(series.peakAt), join(words, ", "));
}

std::string memoryText(const MemorySeries& series) {
    const std::int64_t fullest = totalOf(series.peak);
    std::string text = memoryTitle(fmt::format("rank {}, {}", series.rank, memoryPeakText(series)));
    text += fmt::format("    {:<14}  {:>11}  over {}\n", "", "at the peak",
                        formatDuration(Nanos(series.end - series.begin)));
    std::vector<std::int64_t> totals;
    for (const BytesByCategory& held : series.columns) totals.push_back(totalOf(held));
    for (const MemoryCategory category : heldCategories(series)) {
        std::vector<std::int64_t> values;
        for (const BytesByCategory& held : series.columns) values.push_back(heldOf(held, category));
        text +=
            memoryRow(memoryCategoryName(category), heldOf(series.peak, category), values, fullest);
    }
    return text + memoryRow("all", fullest, totals, fullest);
}

namespace {

// The busiest rank's, or a sentence why there is none.
Result<MemorySeries> memoryOf(const RunRecord& run, const std::vector<RunFile>& files) {
    const std::vector<int> ranks = recordedRanks(files);
    const auto unknown = [](std::string why) { return Error{ErrorCode::NotFound, std::move(why)}; };
    if (ranks.empty()) return unknown(whyNoMemory(run, ranks));
    const int rank = busiestRank(run, ranks);
    const auto file = std::ranges::find_if(
        files, [&](const RunFile& each) { return rankOfTraceFile(each.path) == rank; });
    if (file->size.count > largestShown)
        return unknown(fmt::format("the recording of rank {} has {}; the timeline shows it", rank,
                                   formatBytes(file->size)));
    RINGSCOPE_TRY(MemorySeries series, readMemory(file->path, courseWidth));
    if (series.empty()) return unknown(whyNoMemory(run, ranks));
    return series;
}

}  // namespace

std::optional<PredictedPeak> predictedOf(const RunRecord& run, int rank) {
    const Result<RunPlan> plan = planRun(run.config);
    if (!plan.ok() || rank >= plan->ranks) return std::nullopt;
    return predictedPeakOf(*plan, rank);
}

std::string memoryText(const RunRecord& run, const std::vector<RunFile>& files) {
    const Result<MemorySeries> series = memoryOf(run, files);
    if (!series.ok()) return memoryTitle(reporting::printableLine(series.error().message));
    std::string text = memoryText(*series);
    if (const std::optional<PredictedPeak> told = predictedOf(run, series->rank)) {
        const auto measured = static_cast<double>(totalOf(series->peak));
        text += fmt::format("    predicted: {} ({:+.1f} %), {}\n", formatBytes({told->bytes()}),
                            100 * (static_cast<double>(told->bytes()) / measured - 1),
                            peakMomentText(*told));
    }
    return text;
}

nlohmann::json memoryJson(const RunRecord& run, const std::vector<RunFile>& files) {
    const Result<MemorySeries> series = memoryOf(run, files);
    if (!series.ok()) return {{"reason", reporting::validUtf8(series.error().message)}};
    nlohmann::json object = {{"rank", series->rank},
                             {"begin_ns", series->begin},
                             {"end_ns", series->end},
                             {"peak_bytes", totalOf(series->peak)},
                             {"peak_at_ns", series->peakAt},
                             {"peak_step", series->stepAt(series->peakAt)},
                             {"categories", nlohmann::json::array()}};
    const std::optional<PredictedPeak> told = predictedOf(run, series->rank);
    object["predicted_peak_bytes"] = told ? nlohmann::json(told->bytes()) : nlohmann::json(nullptr);
    for (const MemoryCategory category : heldCategories(*series)) {
        std::vector<std::int64_t> bytes;
        for (const BytesByCategory& held : series->columns) bytes.push_back(heldOf(held, category));
        object["categories"].push_back({{"name", memoryCategoryName(category)},
                                        {"peak_bytes", heldOf(series->peak, category)},
                                        {"bytes", std::move(bytes)}});
    }
    return object;
}

std::string runsWithMemoryJson(const std::vector<RunRecord>& runs,
                               const std::filesystem::path& store) {
    return runsJson(runs, [&](const RunRecord& run) -> nlohmann::json {
        return {{"memory", memoryJson(run, runFiles(store, run.id, WithHash::No))}};
    });
}

}  // namespace ringscope
