#include "backend/report/run_details_text.h"

#include "backend/config/field_table.h"
#include "backend/core/text.h"
#include "backend/report/wording.h"
#include "backend/run/run_history.h"

#include <fmt/format.h>
#include <algorithm>
#include <optional>

namespace ringscope {
namespace {

std::string title(std::string_view words) { return fmt::format("  {}\n", words); }

std::string endOf(const RankRecord& rank) {
    if (!rank.endedBy.empty()) return rank.endedBy;
    return rank.exitCode ? fmt::format("exit code {}", *rank.exitCode) : "not known";
}

std::string recallText(const ValidationRecord& validation) {
    if (validation.recall.empty()) return "";
    std::string text = title(fmt::format(
        "recall after step {}: right answers by how far back the value was said", validation.step));
    text += fmt::format("    {:>10}  {:>12}  {:>12}\n", "up to", "answers", "right");
    for (const RecallRange& range : validation.recall) {
        const std::optional<double> accuracy = accuracyOf(range);
        text += fmt::format("    {:>10}  {:>12}  {:>12}{}\n", formatCount(range.upTo),
                            formatCount(range.answers), formatCount(range.right),
                            accuracy ? fmt::format("  {:>6.0f} %", 100 * *accuracy) : "");
    }
    return text;
}

}  // namespace

RunConfig defaultsFor(const RunConfig& config) {
    RunConfig defaults;
    const auto preset = std::ranges::find(modelPresets(), config.model.preset, &ModelPreset::name);
    if (preset != modelPresets().end()) {
        defaults.model = preset->model;
        defaults.model.preset = RunConfig{}.model.preset;  // the choice itself is worth a line
    }
    return defaults;
}

std::vector<ConfigDifference> configDifferences(const RunConfig& config, const RunConfig& other) {
    std::vector<ConfigDifference> differences;
    for (const Field& field : fieldTable()) {
        std::string value = field.get(config);
        std::string another = field.get(other);
        if (value != another)
            differences.push_back({std::string(field.path), std::move(value), std::move(another)});
    }
    return differences;
}

std::string configurationText(const RunRecord& run) {
    const std::vector<ConfigDifference> own =
        configDifferences(run.config, defaultsFor(run.config));
    std::size_t path = 0;
    std::size_t value = 0;
    for (const ConfigDifference& field : own) {
        path = std::max(path, field.path.size());
        value = std::max(value, field.value.size());
    }
    std::string text = title("configuration");
    for (const ConfigDifference& field : own)
        text += reporting::printableLine(fmt::format("    {:<{}}  {:<{}}  default {}", field.path,
                                                     path, field.value, value, field.other)) +
                '\n';
    return text +
           fmt::format("    {} fields at their defaults\n", fieldTable().size() - own.size());
}

std::string differencesText(const RunRecord& run, const RunRecord& other) {
    const std::vector<ConfigDifference> differences = configDifferences(run.config, other.config);
    const std::string who =
        reporting::printableLine(fmt::format("{} ({})", other.name, other.id.text.substr(0, 8)));
    if (differences.empty()) return title("the same configuration as " + who);
    std::string text = title("differs from " + who + " in");
    std::size_t path = 0;
    for (const ConfigDifference& field : differences) path = std::max(path, field.path.size());
    for (const ConfigDifference& field : differences)
        text += reporting::printableLine(fmt::format("    {:<{}}  {}, not {}", field.path, path,
                                                     field.value, field.other)) +
                '\n';
    return text;
}

std::string ranksText(const RunRecord& run) {
    if (run.rankRecords.empty()) return "";
    std::size_t host = 4;
    for (const RankRecord& rank : run.rankRecords)
        host = std::max(host, reporting::characters(rank.host));
    std::string text = title("ranks");
    const bool experts = std::ranges::any_of(
        run.rankRecords, [](const RankRecord& rank) { return rank.expertBytesPerStep.count > 0; });
    const auto column = [&](const std::string& words) {
        return experts ? fmt::format("{:>12}  ", words) : std::string();
    };
    text += fmt::format("    {:>4}  {:<{}}  {:>8}  {:>10}  {:>14}  {}{}\n", "rank", "host", host,
                        "process", "peak", "attention sent", column("experts sent"), "ended");
    for (const RankRecord& rank : run.rankRecords) {
        const bool known = rank.peakMemory.count > 0;
        text += fmt::format("    {:>4}  {:<{}}  {:>8}  {:>10}  {:>14}  {}{}\n", rank.rank,
                            reporting::printableLine(rank.host), host, rank.pid,
                            known ? formatBytes(rank.peakMemory) : "not known",
                            known ? formatBytes(rank.attentionBytesPerStep) : "not known",
                            column(known ? formatBytes(rank.expertBytesPerStep) : "not known"),
                            reporting::printableLine(endOf(rank)));
    }
    return text;
}

std::string routingText(const RunRecord& run) {
    const std::vector<RoutingRecord> last = lastRouting(run.routing);
    if (last.empty()) return "";
    std::string text =
        title(fmt::format("experts in step {}: busiest is its tokens / the mean, "
                          "evenness is 1 where all are used alike",
                          last.front().step));
    text +=
        fmt::format("    {:>5}  {:>7}  {:>13}  {:>8}\n", "layer", "busiest", "unused", "evenness");
    for (const RoutingRecord& record : last) {
        const RoutingFigures figures = routingFigures(record);
        text += fmt::format(
            "    {:>5}  {:>7.2f}  {:>13}  {:>8.3f}\n", record.layer, figures.busiest,
            fmt::format("{} of {}", figures.unused, record.use.size()), figures.evenness);
    }
    return text;
}

std::string validationText(const RunRecord& run) {
    const std::vector<ValidationRecord> all = historyOf(run).validations;
    if (all.empty()) return "";
    std::string text =
        title(fmt::format("validation: {} labelled tokens that are kept out of training",
                          formatCount(all.front().tokens)));
    text += fmt::format("    {:>10}  {:>12}  {:>12}\n", "after step", "loss", "perplexity");
    for (const ValidationRecord& validation : all)
        text += fmt::format("    {:>10}  {:>12.6g}  {:>12.6g}\n", validation.step, validation.loss,
                            perplexityOf(validation));
    return text + recallText(all.back());
}

std::string filesText(const std::vector<RunFile>& files) {
    if (files.empty()) return "";
    std::string text = title("files");
    for (const RunFile& file : files)
        text += fmt::format("    {}  {:>10}  {}\n",
                            file.sha256.empty() ? "(too large to hash here)" : file.sha256,
                            formatBytes(file.size), reporting::printableLine(file.path.string()));
    return text;
}

std::string logLineText(const LogLine& line) {
    return (line.rank < 0 ? "agent: " : fmt::format("rank {}: ", line.rank)) +
           reporting::printableLine(line.text);
}

// Numbers count over all ranks, so a jump says something only where all are shown.
std::string logText(const std::vector<LogLine>& lines, bool allRanks) {
    std::string text;
    const LogLine* previous = nullptr;
    for (const LogLine& line : lines) {
        const std::int64_t dropped = previous != nullptr ? line.number - previous->number - 1 : 0;
        if (allRanks && dropped > 0)
            text += fmt::format("  … {} line{} dropped …\n", formatCount(dropped),
                                dropped == 1 ? "" : "s");
        text += "  " + logLineText(line) + '\n';
        previous = &line;
    }
    return text;
}

}  // namespace ringscope
