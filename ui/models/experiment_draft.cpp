#include "ui/models/experiment_draft.h"

#include "backend/config/field_table.h"
#include "backend/core/files.h"
#include "backend/core/shell.h"
#include "backend/core/text.h"
#include "backend/memory/waterfall.h"
#include "backend/plan/mode_table.h"
#include "backend/report/data_text.h"
#include "backend/run/experiment_plan.h"
#include "backend/text/sequences.h"
#include "backend/text/source_files.h"
#include "ui/widgets/parts.h"

#include <QCoreApplication>
#include <algorithm>
#include <utility>

namespace ringscope::ui {
namespace {

MatrixAxis* findAxis(Experiment& experiment, std::string_view path) {
    const auto found = std::ranges::find(experiment.matrix, path, &MatrixAxis::path);
    return found == experiment.matrix.end() ? nullptr : &*found;
}

std::vector<std::string> modesOf(const Experiment& experiment) {
    for (const MatrixAxis& axis : experiment.matrix)
        if (axis.path == modePath) return axis.values;
    return {experiment.base.parallel.mode};
}

void chooseModes(Experiment& experiment, const std::vector<std::string>& modes) {
    if (modes == modesOf(experiment)) return;
    MatrixAxis* axis = findAxis(experiment, modePath);
    if (axis == nullptr) {
        experiment.matrix.insert(experiment.matrix.begin(), {std::string(modePath), modes});
        return;
    }
    axis->values = modes;
}

ModePlan planMode(RunConfig config, std::string_view mode) {
    config.parallel.mode = mode;
    ModePlan planned{.mode = std::string(mode), .plan = std::nullopt, .reason = {}};
    Result<RunPlan> plan = planRun(config);
    if (!plan.ok()) {
        planned.reason = plan.error().message;
        return planned;
    }
    planned.plan = std::move(plan).value();
    if (Result<MemoryPlan> memory = planWithoutWaterfall(*planned.plan); memory.ok())
        planned.memory = std::move(memory).value();
    return planned;
}

// More would take longer than a user waits for an answer while typing.
constexpr std::int64_t mostBytesRead = 1 << 20;
constexpr std::int64_t mostTokensCounted = 1 << 17;

bool isQuicklyRead(const DataConfig& data) {
    const Result<std::vector<DataFile>> files = dataFiles(data);
    std::int64_t bytes = 0;
    if (files.ok())
        for (const DataFile& file : *files) bytes += file.bytes;
    return bytes <= mostBytesRead;
}

// What the first batches give each rank to do, under every mode that can run.
void addShares(RunConfig config, DraftPlan& answer) {
    config.train.gradAccum = 1;
    const std::int64_t tokens = config.train.seqLen * config.train.batch * config.parallel.dp;
    if (tokens > mostTokensCounted || !isQuicklyRead(config.data)) return;
    Result<TokenText> text = TokenText::open(config);
    if (!text.ok()) {
        answer.dataProblem = text.error().message;
        return;
    }
    const Result<Sequences> sequences = Sequences::make(*std::move(text), config);
    if (!sequences.ok()) {
        answer.dataProblem = sequences.error().message;
        return;
    }
    for (ModePlan& planned : answer.modePlans) {
        if (!planned.plan) continue;
        config.parallel.mode = planned.mode;
        planned.shares = modeShares(config, *sequences).ranks;
    }
}

bool writtenPlainly(std::string_view path) {
    const Field* field = findField(path);
    return field != nullptr && field->type != FieldType::Text && field->type != FieldType::Choice;
}

std::string yamlQuoted(std::string_view text) {
    std::string quoted = "\"";
    for (char c : text) {
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c;
    }
    return quoted + "\"";
}

std::string yamlScalar(std::string_view path, const std::string& value) {
    return writtenPlainly(path) ? value : yamlQuoted(value);
}

}  // namespace

std::vector<std::string> ExperimentDraft::overrides() const {
    std::vector<std::string> written;
    // The preset first: what else was changed is said on top of it.
    if (const auto preset = edits.find("model.preset"); preset != edits.end())
        written.push_back(preset->first + "=" + preset->second);
    for (const auto& [path, value] : edits)
        if (path != "model.preset") written.push_back(path + "=" + value);
    return written;
}

Result<ExperimentDraft> draftOfFile(const std::string& file,
                                    std::map<std::string, std::string> environment) {
    ExperimentDraft draft;
    RINGSCOPE_TRY(draft.fileText, readTextFile(file));
    draft.fileName = file;
    draft.environment = std::move(environment);
    return draft;
}

QString sourceWords(const ExperimentDraft& draft) {
    const auto tr = [](const char* words) {
        return QCoreApplication::translate("ExperimentDraft", words);
    };
    if (draft.fileName.empty()) return tr("built-in sample: demo");
    const QString name = text(draft.fileName);
    return draft.onDisk ? name : tr("%1, not saved yet").arg(name);
}

ExperimentReading readDraft(const ExperimentDraft& draft) {
    return readExperiment({.fileName = draft.fileName.empty() ? "demo.yaml" : draft.fileName,
                           .fileText = draft.fileText,
                           .environment = draft.environment,
                           .overrides = draft.overrides()});
}

DraftPlan planDraft(const ExperimentDraft& draft) {
    DraftPlan answer;
    answer.reading = readDraft(draft);
    Experiment& experiment = answer.reading.experiment;
    if (draft.modes) chooseModes(experiment, *draft.modes);
    answer.modes = modesOf(experiment);
    for (const Mode& mode : modeTable())
        answer.modePlans.push_back(planMode(experiment.base, mode.name));

    if (!answer.reading.ok()) {
        answer.refusal = answer.reading.problems.front().text();
        return answer;
    }
    addShares(experiment.base, answer);
    if (answer.modes.empty()) {
        answer.refusal = "choose at least one mode";
    } else {
        const ExperimentPlan planned = planRuns(experiment);
        answer.runs = expandRuns(experiment);
        std::erase_if(answer.runs, [&](const ExpandedRun& run) {
            return std::ranges::find(planned.refused, run.name, &RefusedRun::name) !=
                   planned.refused.end();
        });
        if (planned.requests.empty())
            answer.refusal = refusalOf(planned).message;
        else
            answer.leftOut = refusalSentences(planned);
    }
    return answer;
}

bool isVaried(const Experiment& experiment, std::string_view path) {
    return std::ranges::find(experiment.matrix, path, &MatrixAxis::path) != experiment.matrix.end();
}

std::string fieldText(const Experiment& experiment, std::string_view path) {
    for (const MatrixAxis& axis : experiment.matrix)
        if (axis.path == path) return join(axis.values, ", ");
    const Field* field = findField(path);
    return field == nullptr ? std::string() : field->get(experiment.base);
}

std::string experimentYaml(const Experiment& experiment) {
    std::string yaml = "name: " + yamlQuoted(experiment.name) + "\n" + toYaml(experiment.base);
    if (!yaml.ends_with('\n')) yaml += '\n';
    if (!experiment.matrix.empty()) yaml += "matrix:\n";
    for (const MatrixAxis& axis : experiment.matrix) {
        std::vector<std::string> values;
        for (const std::string& value : axis.values) values.push_back(yamlScalar(axis.path, value));
        yaml += "  " + axis.path + ": [" + join(values, ", ") + "]\n";
    }
    if (experiment.repeat != 1) yaml += "repeat: " + std::to_string(experiment.repeat) + "\n";
    // A baseline that the chosen modes leave no run for would be refused in a file.
    if (!std::ranges::any_of(expandRuns(experiment), &ExpandedRun::baseline)) return yaml;
    yaml += "baseline:\n";
    for (const auto& [path, value] : experiment.baseline)
        yaml += "  " + path + ": " + yamlScalar(path, value) + "\n";
    return yaml;
}

std::string draftCommand(const ExperimentDraft& draft, const DraftPlan& plan,
                         const std::string& store) {
    const bool fileSaysModes =
        !draft.modes || *draft.modes == modesOf(readExperiment({.fileName = draft.fileName,
                                                                .fileText = draft.fileText,
                                                                .environment = draft.environment,
                                                                .overrides = draft.overrides()})
                                                    .experiment);
    if (!draft.onDisk || (!fileSaysModes && plan.modes.size() != 1))
        return ringscopeCommand(store, {"run", "-"}) + " <<'EXPERIMENT'\n" +
               experimentYaml(plan.reading.experiment) + "EXPERIMENT";

    std::vector<std::string> words = {"demo"};
    if (!draft.fileName.empty()) words = {"run", draft.fileName};
    for (const std::string& override : draft.overrides())
        words.insert(words.end(), {"--set", override});
    if (!fileSaysModes) words.insert(words.end(), {"--set", "parallel.mode=" + plan.modes.front()});
    return ringscopeCommand(store, words);
}

}  // namespace ringscope::ui
