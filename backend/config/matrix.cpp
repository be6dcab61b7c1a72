// One configuration per combination of the matrix's values.
#include "backend/config/experiment.h"
#include "backend/config/field_table.h"
#include "backend/config/memory_preset.h"
#include "backend/config/model_preset.h"
#include "backend/config/settings.h"
#include "backend/model/model_folder.h"
#include "backend/model/pattern_words.h"

#include <algorithm>
#include <cassert>
#include <string>
#include <utility>

namespace ringscope {
namespace {

constexpr std::string_view modePath = "parallel.mode";

void setField(RunConfig& config, std::string_view path, std::string_view value) {
    const Field* field = findField(path);
    assert(field != nullptr);
    [[maybe_unused]] const Result<void> set = field->set(config, value);
    assert(set.ok());
}

// An axis over presets, or over checkpoints, changes what unwritten fields start from; so it goes
// first. A folder that cannot be read is a problem of the experiment already.
RunConfig configOf(const Experiment& experiment, const Assignments& values) {
    RunConfig config = experiment.base;
    const auto preset = std::ranges::find(values, presetPath, &Assignments::value_type::first);
    if (preset != values.end()) {
        assert(findPreset(preset->second) != nullptr);
        applyPreset(*findPreset(preset->second), experiment.origins, config);
    }
    const auto from = std::ranges::find(values, checkpointPath, &Assignments::value_type::first);
    if (from != values.end())
        if (const auto description = readModelFolder(from->second); description.ok())
            applyCheckpoint(*description, experiment.origins, config);
    for (const auto& [path, value] : values) setField(config, path, value);
    applyMemoryPreset(experiment.origins, values, config);
    return config;
}

std::string shortName(const std::string& path, const std::vector<MatrixAxis>& axes) {
    const auto alike = std::ranges::count_if(
        axes, [&](const MatrixAxis& axis) { return keyOf(axis.path) == keyOf(path); });
    return std::string(alike > 1 ? std::string_view(path) : keyOf(path));
}

// The mode stands in the name where it tells runs apart, and where nothing else could.
std::string nameOf(const Experiment& experiment, const RunConfig& config,
                   const Assignments& values) {
    const bool modeVaries = std::ranges::any_of(
        experiment.matrix, [](const MatrixAxis& axis) { return axis.path == modePath; });
    std::string name = experiment.name;
    if (modeVaries || experiment.matrix.empty()) name += "/" + config.parallel.mode;
    for (const auto& [path, value] : values)
        if (path != modePath) name += " " + shortName(path, experiment.matrix) + "=" + value;
    return name;
}

bool isBaseline(const Experiment& experiment, const RunConfig& config) {
    const auto matches = [&](const Assignments::value_type& assignment) {
        const Field* field = findField(assignment.first);
        return field != nullptr && field->get(config) == assignment.second;
    };
    return !experiment.baseline.empty() && std::ranges::all_of(experiment.baseline, matches);
}

// The next combination, the last axis fastest; false after the last one.
bool advance(const std::vector<MatrixAxis>& axes, std::vector<std::size_t>& at) {
    for (std::size_t axis = axes.size(); axis-- > 0;) {
        if (++at[axis] < axes[axis].values.size()) return true;
        at[axis] = 0;
    }
    return false;
}

ExpandedRun runAt(const Experiment& experiment, const std::vector<std::size_t>& at) {
    Assignments values;
    for (std::size_t axis = 0; axis < at.size(); ++axis)
        values.emplace_back(experiment.matrix[axis].path, experiment.matrix[axis].values[at[axis]]);
    const RunConfig config = configOf(experiment, values);
    return {nameOf(experiment, config, values), config, 0, isBaseline(experiment, config)};
}

// A combination that differs from an earlier one in what its pattern does not read is not run.
void dropSamePatterns(std::vector<ExpandedRun>& runs) {
    std::vector<std::pair<RunConfig, std::string>> seen;
    std::erase_if(runs, [&](const ExpandedRun& run) {
        std::pair<RunConfig, std::string> own{run.config,
                                              patternWords(run.config.attention.pattern)};
        own.first.attention.pattern = {};
        if (std::ranges::find(seen, own) != seen.end()) return true;
        seen.push_back(std::move(own));
        return false;
    });
}

}  // namespace

std::vector<ExpandedRun> expandRuns(const Experiment& experiment) {
    std::vector<ExpandedRun> runs;
    if (std::ranges::any_of(experiment.matrix,
                            [](const MatrixAxis& axis) { return axis.values.empty(); }))
        return runs;
    std::vector<std::size_t> at(experiment.matrix.size(), 0);
    do {
        runs.push_back(runAt(experiment, at));
    } while (advance(experiment.matrix, at));
    const auto ofPattern = [](const MatrixAxis& axis) {
        return axis.path.starts_with("attention.pattern.");
    };
    if (std::ranges::any_of(experiment.matrix, ofPattern)) dropSamePatterns(runs);

    // Repeats in rounds, so that a machine that slows down slows every configuration alike.
    const std::size_t round = runs.size();
    for (std::int64_t repeat = 1; repeat < experiment.repeat; ++repeat) {
        for (std::size_t i = 0; i < round; ++i) {
            ExpandedRun run = runs[i];
            run.name += " #" + std::to_string(repeat + 1);
            run.repeat = repeat;
            runs.push_back(std::move(run));
        }
    }
    return runs;
}

}  // namespace ringscope
