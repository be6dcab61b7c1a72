#include "backend/config/experiment.h"

#include "backend/config/conflicts.h"
#include "backend/config/experiment_file.h"
#include "backend/config/memory_preset.h"
#include "backend/config/model_preset.h"
#include "backend/config/settings.h"
#include "backend/config/unreached.h"
#include "backend/core/units.h"
#include "backend/model/model_folder.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <set>

namespace ringscope {
namespace {

// Which setting of a field counts, and how late it came: later sources are the more specific ones.
struct Winner {
    Setting setting;
    int order = 0;
    bool fromFile = true;
};

// The sources laid over each other, from the lowest to the highest.
class Assembly {
public:
    explicit Assembly(const ExperimentSources& sources)
        : file_(parseExperimentFile(sources.fileName.empty() ? "experiment" : sources.fileName,
                                    sources.fileText)),
          fileName_(sources.fileName),
          environment_(readEnvironment(sources.environment)),
          overrides_(readOverrides(sources.overrides)) {}

    ExperimentReading read() {
        for (const SettingLayer* layer : layers()) {
            take(*layer);
            if (layer == &file_.layer) axisOrder_ = ++order_;
            std::ranges::copy(layer->problems, std::back_inserter(reading_.problems));
            std::ranges::copy(layer->warnings, std::back_inserter(reading_.warnings));
            std::ranges::copy(layer->notes, std::back_inserter(reading_.notes));
        }
        if (file_.empty && !fileName_.empty())
            reading_.problems.push_back(
                {fileName_,
                 "the file holds nothing; write at least one field, like parallel: "
                 "{mode: ring} (`ringscope config fields` lists them)"});
        fillBase();
        fillMatrix();
        if (runsFit()) checkRuns();
        return std::move(reading_);
    }

private:
    std::array<const SettingLayer*, 3> layers() const {
        return {&file_.layer, &environment_, &overrides_};
    }
    Experiment& experiment() { return reading_.experiment; }

    void take(const SettingLayer& layer) {
        if (layer.name) experiment().name = *layer.name;
        if (layer.repeat) experiment().repeat = *layer.repeat;
        for (const auto* settings : {&layer.implied, &layer.settings})
            for (const Setting& setting : *settings)
                winners_[setting.field] = {setting, ++order_, &layer == &file_.layer};
    }

    // Default < preset < what was written; the preset's own name comes from any source.
    void fillBase() {
        RunConfig& base = experiment().base;
        for (const Field& field : fieldTable())
            experiment().origins[std::string(field.path)] = "default";
        if (const auto named = winners_.find(findField(presetPath)); named != winners_.end()) {
            const ModelPreset* preset = findPreset(named->second.setting.value);
            base.model = preset->model;
            for (const Field& field : fieldTable())
                if (sectionOf(field.path) == "model" && field.path != checkpointPath)
                    experiment().origins[std::string(field.path)] = presetOrigin(*preset);
        }
        fillFromCheckpoint();
        for (const auto& [field, winner] : winners_) assign(winner.setting, winner.setting.origin);
        fillFromMemoryPreset();
    }

    // Its values depend on the model and the ranks, so expandRuns() gives them to each run.
    void fillFromMemoryPreset() {
        for (const auto& [path, value] : memoryPresetValues(experiment().base))
            if (!winners_.contains(findField(path)))
                experiment().origins[path] = memoryPresetOrigin(experiment().base.memory.preset);
    }

    // A checkpoint says what the preset would, and more. It is not read where every field was
    // written: the configuration of a run holds as long as its folder may not.
    void fillFromCheckpoint() {
        const auto named = winners_.find(findField(checkpointPath));
        if (named == winners_.end() || named->second.setting.value == "null") return;
        const Setting& from = named->second.setting;
        const auto unwritten = [&](const Field& field) {
            return comesWithCheckpoint(field.path) && !winners_.contains(&field);
        };
        if (std::ranges::none_of(fieldTable(), unwritten)) return;
        const Result<ModelDescription> description = readModelFolder(from.value);
        if (!description.ok()) {
            reading_.problems.push_back({from.where, description.error().message});
            file_.layer.broken.insert(from.field);
            return;
        }
        applyCheckpoint(*description, {}, experiment().base);
        for (const Field& field : fieldTable())
            if (comesWithCheckpoint(field.path))
                experiment().origins[std::string(field.path)] = checkpointOrigin(from.value);
    }

    void assign(const Setting& setting, const std::string& origin) {
        [[maybe_unused]] const Result<void> set =
            setting.field->set(experiment().base, setting.value);
        assert(set.ok());
        experiment().origins[std::string(setting.field->path)] = origin;
    }

    // A source above the file narrows an axis to its one value. The base is the first combination.
    void fillMatrix() {
        for (FileAxis& axis : file_.axes) {
            const auto winner = winners_.find(axis.field);
            const bool replaced = winner != winners_.end() && !winner->second.fromFile;
            if (replaced) axis.values = {winner->second.setting};
            MatrixAxis& added = experiment().matrix.emplace_back();
            added.path = axis.field->path;
            for (const Setting& value : axis.values) added.values.push_back(value.value);
            experiment().origins[added.path] =
                replaced ? axis.values.front().origin + ", instead of the matrix's values"
                         : "matrix " + axis.values.front().origin;
        }
        checkCheckpointAxis();
        for (const Setting& setting : file_.baseline)
            experiment().baseline.emplace_back(setting.field->path, setting.value);
    }

    void checkCheckpointAxis() {
        for (const FileAxis& axis : file_.axes) {
            if (axis.field->path != checkpointPath) continue;
            for (const Setting& from : axis.values)
                if (const auto read = readModelFolder(from.value); !read.ok())
                    reading_.problems.push_back({from.where, read.error().message});
        }
    }

    // Refuses more runs than anybody starts on purpose, before they are made.
    bool runsFit() {
        double runs = static_cast<double>(experiment().repeat);
        for (const MatrixAxis& axis : experiment().matrix)
            runs *= static_cast<double>(axis.values.size());
        if (runs <= static_cast<double>(largestExperiment)) return true;
        reading_.problems.push_back(
            {file_.matrixWhere, "matrix and repeat make more than " +
                                    formatCount(largestExperiment) +
                                    " runs; remove values, or use several files"});
        return false;
    }

    void checkRuns() {
        Experiment once = experiment();
        once.repeat = 1;
        const std::vector<ExpandedRun> runs = expandRuns(once);
        experiment().base = runs.front().config;
        if (!file_.complete) return;
        sayOnce(runs, findConflicts, reading_.problems);
        if (reading_.ok()) sayOnce(runs, findUnreached, reading_.warnings);
        checkBaseline(runs);
    }

    void sayOnce(const std::vector<ExpandedRun>& runs,
                 std::vector<ConfigConflict> (*find)(const RunConfig&),
                 std::vector<ConfigProblem>& to) const {
        std::set<std::string> said;
        for (std::size_t run = 0; run < runs.size(); ++run)
            for (const ConfigConflict& conflict : find(runs[run].config)) {
                if (isBroken(conflict)) continue;
                const std::string where = placeOf(conflict, run);
                if (said.insert(where + "\n" + conflict.message).second)
                    to.push_back({where, conflict.message});
            }
    }

    // A field that was refused already has a default in its place, which says nothing.
    bool isBroken(const ConfigConflict& conflict) const {
        return std::ranges::any_of(conflict.fields, [&](std::string_view path) {
            const Field* field = findField(path);
            return std::ranges::any_of(layers(), [&](const SettingLayer* layer) {
                return layer->broken.contains(field) ||
                       layer->broken.contains(findField(presetPath)) ||
                       layer->broken.contains(findField(checkpointPath));
            });
        });
    }

    // Where the most specific of the fields was written: command line, environment, matrix, file.
    std::string placeOf(const ConfigConflict& conflict, std::size_t run) const {
        int latest = -1;
        std::string place = file_.matrixWhere;
        const auto consider = [&](const Setting& setting, int order) {
            if (order <= latest) return;
            latest = order;
            place = setting.where;
        };
        for (const std::string_view path : conflict.fields)
            considerField(findField(path), run, consider);
        if (latest < 0) considerField(findField(presetPath), run, consider);
        return place;
    }

    template <typename Consider>
    void considerField(const Field* field, std::size_t run, const Consider& consider) const {
        const auto winner = winners_.find(field);
        const auto axis = std::ranges::find(file_.axes, field, &FileAxis::field);
        if (axis != file_.axes.end()) {
            const bool replaced = winner != winners_.end() && !winner->second.fromFile;
            consider(axis->values[valueIndex(axis, run)],
                     replaced ? winner->second.order : axisOrder_);
        } else if (winner != winners_.end()) {
            consider(winner->second.setting, winner->second.order);
        }
    }

    // Which value of the axis run number `run` has, the last axis being the fastest.
    std::size_t valueIndex(std::vector<FileAxis>::const_iterator axis, std::size_t run) const {
        for (auto faster = file_.axes.end() - 1; faster != axis; --faster)
            run /= faster->values.size();
        return run % axis->values.size();
    }

    // A baseline that no run has is a mistake in the file, unless a source above the file is why.
    void checkBaseline(const std::vector<ExpandedRun>& runs) {
        if (std::ranges::any_of(runs, &ExpandedRun::baseline)) return;
        std::string wanted;
        for (const Setting& setting : file_.baseline) {
            const auto winner = winners_.find(setting.field);
            if (winner != winners_.end() && !winner->second.fromFile) return;
            wanted += (wanted.empty() ? "" : ", ") + std::string(setting.field->path) + " = " +
                      setting.value;
        }
        if (wanted.empty() || baselineIsBroken()) return;
        reading_.problems.push_back(
            {file_.baselineWhere, "no run has " + wanted + "; name values that the matrix has"});
    }

    bool baselineIsBroken() const {
        return std::ranges::any_of(file_.baseline, [&](const Setting& setting) {
            return file_.layer.broken.contains(setting.field);
        });
    }

    ExperimentFile file_;
    std::string fileName_;
    SettingLayer environment_;
    SettingLayer overrides_;
    ExperimentReading reading_;
    std::map<const Field*, Winner> winners_;
    int order_ = 0;
    int axisOrder_ = 0;  // after the file's fields, before the sources above it
};

}  // namespace

ExperimentReading readExperiment(const ExperimentSources& sources) {
    return Assembly(sources).read();
}

}  // namespace ringscope
