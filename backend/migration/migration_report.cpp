#include "backend/migration/migration_report.h"

#include "backend/core/text.h"
#include "backend/migration/costs.h"
#include "backend/migration/line_diff.h"
#include "backend/migration/old_way.h"
#include "backend/migration/report_formats.h"
#include "backend/migration/report_proof.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace ringscope {
namespace {

constexpr int schemaVersion = 1;

constexpr std::array formats = {
    MigrationReportFormat{".md", migrationMarkdown},
    MigrationReportFormat{".html", migrationHtml},
    MigrationReportFormat{".json", migrationJson},
};

nlohmann::json toJson(const std::optional<PlannedCost>& cost) {
    if (!cost) return nullptr;
    nlohmann::json object = {{"peak_bytes", cost->peakBytes}, {"sent_bytes", cost->sentBytes}};
    object["step_ms"] = cost->stepNanos > 0
                            ? nlohmann::json(static_cast<double>(cost->stepNanos) / 1e6)
                            : nlohmann::json();
    return object;
}

nlohmann::json toJson(const Decision& decision) {
    nlohmann::json object = {{"id", decision.id},
                             {"question", decision.question},
                             {"key", decision.key},
                             {"options", nlohmann::json::array()},
                             {"default", decision.defaultOption},
                             {"chosen", decision.chosen},
                             {"answered", decision.answered}};
    for (const DecisionOption& option : decision.options)
        object["options"].push_back({{"id", option.id},
                                     {"label", option.label},
                                     {"consequence", option.consequence},
                                     {"plan", toJson(option.cost)}});
    return object;
}

nlohmann::json toJson(const MigrationSummary& summary) {
    return {{"needed", summary.needed},   {"carried", summary.carried},
            {"dropped", summary.dropped}, {"dangerous", summary.dangerous},
            {"unknown", summary.unknown}, {"housekeeping", summary.housekeeping}};
}

}  // namespace

std::string shownPath(const MigrationInput& input, const KeyVerdict& key) {
    const bool companion = !key.file.empty() && key.file != input.source.name;
    return companion ? key.file + ":" + key.path : key.path;
}

std::span<const MigrationReportFormat> migrationReportFormats() { return formats; }

Result<const MigrationReportFormat*> migrationReportFormatFor(const std::filesystem::path& file) {
    const std::string extension = toLower(file.extension().string());
    const auto found = std::ranges::find(formats, extension, &MigrationReportFormat::extension);
    if (found != formats.end()) return &*found;
    std::vector<std::string> known;
    for (const MigrationReportFormat& format : formats) known.emplace_back(format.extension);
    return Error{
        ErrorCode::InvalidConfig,
        "'" + file.string() + "' has no extension of a migration report; use " + join(known, ", ")};
}

std::string migrationJson(const MigrationInput& input, const Migration& migration) {
    nlohmann::json object = {{"schema_version", schemaVersion},
                             {"source",
                              {{"kind", migration.source.kind},
                               {"confidence", migration.source.confidence},
                               {"reason", migration.source.reason}}},
                             {"summary", toJson(summaryOf(migration))},
                             {"keys", nlohmann::json::array()},
                             {"decisions", nlohmann::json::array()},
                             {"plan",
                              {{"machine", migration.costMachine},
                               {"new", toJson(migration.cost)},
                               {"old_mode", migration.oldWay.mode},
                               {"old_way", migration.oldWay.words},
                               {"old", toJson(migration.oldCost)}}},
                             {"proof", proofJson(migration)},
                             {"experiment", migration.experiment},
                             {"changed", migration.changed}};
    for (const KeyVerdict& key : migration.keys)
        object["keys"].push_back({{"path", shownPath(input, key)},
                                  {"line", key.line},
                                  {"column", key.column},
                                  {"old", key.old},
                                  {"new_path", key.newPath},
                                  {"new", key.newValue},
                                  {"verdict", verdictName(key.verdict)},
                                  {"use", keyUseName(key.use)},
                                  {"versions", key.versions},
                                  {"reason", key.reason},
                                  {"cost", key.cost}});
    for (const Decision& decision : migration.decisions)
        object["decisions"].push_back(toJson(decision));
    return object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string reasonWords(const KeyVerdict& key) {
    return key.cost.empty() ? key.reason : key.reason + "; by the plan " + key.cost;
}

std::string consequenceWords(const DecisionOption& option, const std::string& machine) {
    if (!option.cost) return option.consequence;
    return option.consequence + "; by the plan " + costWords(*option.cost, machine);
}

std::vector<std::string> planWords(const Migration& migration) {
    if (!migration.cost) return {};
    std::vector<std::string> words = {"by the plan the experiment takes " +
                                      costWords(*migration.cost, migration.costMachine)};
    if (!migration.oldCost) return words;
    const std::string difference = costDifference(*migration.cost, *migration.oldCost);
    words.push_back("the old way (" + oldWayWords(migration.oldWay) + ") takes " +
                    (difference.empty() ? std::string("the same")
                                        : costWords(*migration.oldCost, migration.costMachine) +
                                              ": " + difference));
    return words;
}

std::string verdictCounts(const Migration& migration) {
    std::vector<std::string> counts;
    for (const Verdict verdict : allVerdicts()) {
        const auto count = std::ranges::count_if(migration.keys, [&](const KeyVerdict& key) {
            return key.verdict == verdict && key.use == KeyUse::Needed;
        });
        std::string name(verdictName(verdict));
        std::ranges::replace(name, '_', ' ');
        if (count > 0) counts.push_back(std::to_string(count) + " " + name);
    }
    return counts.empty() ? "no keys" : join(counts, ", ");
}

std::string summaryWords(const Migration& migration) {
    const MigrationSummary summary = summaryOf(migration);
    std::string words = std::to_string(summary.carried) + " of " + std::to_string(summary.needed) +
                        " needed keys carried or asked about";
    if (summary.dropped > 0) words += ", " + std::to_string(summary.dropped) + " dropped";
    if (summary.dangerous > 0) words += ", " + std::to_string(summary.dangerous) + " dangerous";
    if (summary.unknown > 0) words += ", " + std::to_string(summary.unknown) + " unknown";
    return words + "; " + std::to_string(summary.housekeeping) + " housekeeping";
}

}  // namespace ringscope
