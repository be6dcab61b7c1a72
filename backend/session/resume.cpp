#include "backend/session/resume.h"

#include "backend/config/experiment.h"
#include "backend/config/field_table.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <string_view>

namespace ringscope {
namespace {

// Where a model's fields come from; the fields themselves are compared.
constexpr std::array<std::string_view, 2> sourcesOfModels = {"model.preset", "model.from"};

bool describesModel(std::string_view path) {
    return path.starts_with("model.") &&
           std::ranges::find(sourcesOfModels, path) == sourcesOfModels.end();
}

// A checkpoint of adapters is of no use beside another model, or as other products.
bool describesAdapter(std::string_view path, const RunConfig& config) {
    if (path == "adapter.kind") return true;
    if (config.adapter.kind == AdapterKind::None) return false;
    if (path == (config.model.from ? "model.from" : "train.seed")) return true;
    return path == "adapter.rank" || path == "adapter.alpha" || path == "adapter.targets";
}

}  // namespace

Result<ResumeSource> resumeFrom(const std::filesystem::path& folder) {
    RINGSCOPE_TRY(const std::filesystem::path checkpoint, newestCheckpoint(folder));
    RINGSCOPE_TRY(const CheckpointManifest manifest, readManifest(checkpoint));
    const ExperimentReading reading =
        readExperiment({.fileName = (checkpoint / manifestName).string(),
                        .fileText = manifest.configYaml,
                        .environment = {},
                        .overrides = {}});
    if (!reading.ok()) return Error{ErrorCode::Corrupt, reading.problems.front().text()};
    return ResumeSource{{checkpoint, manifest.step, manifest.run}, reading.experiment.base};
}

Result<ResumeSource> resumeFrom(const RunRecord& run) {
    const std::filesystem::path folder = checkpointFolder(run.config.checkpoint, run.id.text);
    if (isFinal(run.status)) sweepHalves(folder);
    return resumeFrom(folder);
}

Result<void> checkResume(const ResumeSource& source, const RunConfig& config) {
    for (const Field& field : fieldTable()) {
        if (!describesModel(field.path) && !describesAdapter(field.path, config)) continue;
        const std::string before = field.get(source.config);
        const std::string now = field.get(config);
        if (before != now)
            return Error{ErrorCode::InvalidConfig,
                         fmt::format("--resume: the checkpoint is of another model: {} is {} there "
                                     "and {} here; use the same",
                                     field.path, before, now)};
    }
    if (config.train.steps > source.point.step) return {};
    return Error{ErrorCode::InvalidConfig,
                 fmt::format("--resume: {} steps are done in the checkpoint and train.steps is {}; "
                             "set train.steps higher, or take an earlier checkpoint",
                             source.point.step, config.train.steps)};
}

}  // namespace ringscope
