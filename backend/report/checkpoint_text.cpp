#include "backend/report/checkpoint_text.h"

#include "backend/config/experiment.h"
#include "backend/core/units.h"
#include "backend/report/aligned_table.h"
#include "backend/report/json_rows.h"
#include "backend/report/run_json.h"

#include <fmt/format.h>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <system_error>

namespace ringscope {
namespace fs = std::filesystem;
namespace {

std::int64_t bytesOfFiles(const CheckpointManifest& manifest) {
    std::int64_t bytes = 0;
    for (const CheckpointFile& file : manifest.files) bytes += file.bytes;
    return bytes;
}

std::string shortRun(const CheckpointManifest& manifest) { return manifest.run.substr(0, 8); }

void describeWriter(ShownCheckpoint& shown) {
    const ExperimentReading reading = readExperiment({.fileName = shown.folder.string(),
                                                      .fileText = shown.manifest.configYaml,
                                                      .environment = {},
                                                      .overrides = {}});
    if (!reading.ok()) {
        shown.problem = reading.problems.front().text();
        return;
    }
    shown.mode = reading.experiment.base.parallel.mode;
    shown.ranks = static_cast<int>(std::ssize(shown.manifest.files));
}

ShownCheckpoint shownOf(const StoredCheckpoint& stored, bool verify) {
    ShownCheckpoint shown{.folder = stored.folder};
    shown.manifest.step = stored.step;
    Result<CheckpointManifest> manifest = readManifest(stored.folder);
    if (!manifest.ok()) {
        shown.problem = manifest.error().message;
        return shown;
    }
    shown.manifest = *std::move(manifest);
    describeWriter(shown);
    if (!verify || !shown.problem.empty()) return shown;
    for (const CheckpointFile& file : shown.manifest.files) {
        const Result<void> whole = verifyFile(shown.folder, file);
        if (whole.ok()) continue;
        shown.problem = whole.error().message;
        return shown;
    }
    shown.verified = true;
    return shown;
}

std::vector<StoredCheckpoint> foundIn(const fs::path& folder) {
    std::error_code failed;
    if (fs::exists(folder / manifestName, failed)) return {{folder, 0}};
    std::vector<StoredCheckpoint> found = checkpointsIn(folder);
    std::vector<fs::path> below;
    for (const auto& entry : fs::directory_iterator(folder, failed))
        if (entry.is_directory(failed)) below.push_back(entry.path());
    std::ranges::sort(below);
    for (const fs::path& run : below)
        std::ranges::move(checkpointsIn(run), std::back_inserter(found));
    return found;
}

std::string verdictWords(const ShownCheckpoint& shown) {
    if (!shown.problem.empty()) return shown.problem;
    return shown.verified ? "whole" : "";
}

}  // namespace

std::vector<ShownCheckpoint> shownCheckpoints(const fs::path& folder, bool verify) {
    std::vector<ShownCheckpoint> shown;
    for (const StoredCheckpoint& stored : foundIn(folder)) shown.push_back(shownOf(stored, verify));
    return shown;
}

std::string checkpointsText(const std::vector<ShownCheckpoint>& checkpoints) {
    if (checkpoints.empty()) return "no checkpoints; checkpoint.every makes a run write some\n";
    std::vector<std::vector<std::string>> rows = {
        {"step", "run", "mode", "ranks", "size", "folder"}};
    for (const ShownCheckpoint& each : checkpoints)
        rows.push_back({formatCount(each.manifest.step), shortRun(each.manifest), each.mode,
                        std::to_string(each.ranks), formatBytes({bytesOfFiles(each.manifest)}),
                        each.folder.string()});
    std::string text = alignedTable(rows, 0, true);
    for (const ShownCheckpoint& each : checkpoints)
        if (const std::string words = verdictWords(each); !words.empty())
            text += fmt::format("step {}: {}\n", formatCount(each.manifest.step), words);
    return text;
}

std::string checkpointText(const ShownCheckpoint& shown) {
    const CheckpointManifest& manifest = shown.manifest;
    std::string text = fmt::format(
        "{}\n{} steps are done; the run {} goes on with step {}\n"
        "mode {} on {} ranks, {}; seed {}, data {}\n",
        shown.folder.string(), formatCount(manifest.step), shortRun(manifest), manifest.step,
        shown.mode, shown.ranks, formatBytes({bytesOfFiles(manifest)}), manifest.seed,
        manifest.data.substr(0, 12));
    if (manifest.lossScale > 0)
        text += fmt::format("loss scale {}, {} good steps\n", manifest.lossScale,
                            formatCount(manifest.goodSteps));
    if (!shown.problem.empty()) text += shown.problem + "\n";
    std::vector<std::vector<std::string>> rows = {{"file", "size", "slices", "SHA-256"}};
    for (const CheckpointFile& file : manifest.files)
        rows.push_back({file.name, formatBytes({file.bytes}), formatCount(std::ssize(file.slices)),
                        file.sha256});
    return text + "\n" + alignedTable(rows, 1, true) + "\n" + manifest.configYaml;
}

std::string checkpointsJson(const std::vector<ShownCheckpoint>& checkpoints) {
    nlohmann::json all = nlohmann::json::array();
    for (const ShownCheckpoint& each : checkpoints) {
        const CheckpointManifest& manifest = each.manifest;
        nlohmann::json files = nlohmann::json::array();
        for (const CheckpointFile& file : manifest.files)
            files.push_back({{"name", file.name}, {"bytes", file.bytes}, {"sha256", file.sha256}});
        all.push_back({{"folder", each.folder.string()},
                       {"run", manifest.run},
                       {"step", manifest.step},
                       {"mode", each.mode},
                       {"ranks", each.ranks},
                       {"bytes", bytesOfFiles(manifest)},
                       {"data", manifest.data},
                       {"seed", manifest.seed},
                       {"optimizer_steps", manifest.optimizerSteps},
                       {"loss_scale", manifest.lossScale},
                       {"verified", each.verified},
                       {"problem", each.problem},
                       {"files", std::move(files)}});
    }
    return reporting::jsonDump(
        nlohmann::json{{"schema_version", jsonSchemaVersion}, {"checkpoints", std::move(all)}});
}

}  // namespace ringscope
