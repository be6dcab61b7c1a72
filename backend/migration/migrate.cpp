#include "backend/migration/migration.h"

#include "backend/config/experiment.h"
#include "backend/config/field_table.h"
#include "backend/config/settings.h"
#include "backend/core/text.h"
#include "backend/migration/draft.h"
#include "backend/migration/experiment_source.h"
#include "backend/migration/experiment_text.h"
#include "backend/migration/source_table.h"
#include "backend/migration/source_tree.h"
#include "backend/plan/run_plan.h"

#include <algorithm>
#include <filesystem>

namespace ringscope {
namespace {

Error unknownKind(const std::string& file) {
    std::vector<std::string> kinds;
    for (const Source& source : sourceTable()) kinds.emplace_back(source.kind);
    return {ErrorCode::InvalidConfig,
            file + ": no training configuration of a known kind (" + join(kinds, ", ") + ")"};
}

std::string stemOf(const std::string& file) {
    const std::string stem = std::filesystem::path(file).stem().string();
    return parseExperimentName(stem).value_or("migrated");
}

// Reads the file that the source names, and sets the verdict on the key that names it.
Result<void> readCompanions(Draft& draft, const MigrationInput& input, Migration& migration) {
    KeyVerdict* key = draft.keyOf(Role::Companion);
    if (key == nullptr) return {};
    const std::string name = key->old;
    const auto found = std::ranges::find(input.companions, name, &SourceFile::name);
    if (found == input.companions.end()) {
        key->verdict = Verdict::Dropped;
        key->reason =
            "the file is neither beside this one nor in a folder above it, so its "
            "settings were not read";
        migration.notes.push_back(input.source.name + ": '" + name + "' was not found; its " +
                                  "settings were not read");
        return {};
    }
    RINGSCOPE_TRY(const SourceTree tree, readSource(*found));
    key->verdict = Verdict::Converted;
    key->reason = "its keys are listed after this file's";
    migration.notes.insert(migration.notes.end(), tree.notes.begin(), tree.notes.end());
    readKeys(draft, tree, deepSpeedRules(), true);
    return {};
}

// Sets each key's newValue to what its field finally holds, which a decision may have changed.
void fillNewValues(Draft& draft, const ExperimentText& written) {
    for (KeyVerdict& key : draft.keys) {
        const auto line = written.lines.find(key.newPath);
        if (line != written.lines.end()) key.newLine = line->second;
        if (key.newPath == "name") key.newValue = draft.name;
        const Field* field = findField(key.newPath);
        if (field == nullptr) continue;
        key.newValue = field->get(draft.config());
        RunConfig scratch;
        const bool renamed = key.verdict == Verdict::Renamed;
        if (renamed && field->set(scratch, toLower(key.old)).ok() &&
            field->get(scratch) != key.newValue) {
            key.verdict = Verdict::Converted;
            key.reason += "; " + key.newValue + " follows from a decision";
        }
    }
}

}  // namespace

void validateExperiment(const std::string& text, Migration& migration) {
    const ExperimentReading reading = readExperiment(
        {.fileName = "experiment", .fileText = text, .environment = {}, .overrides = {}});
    for (const ConfigProblem& problem : reading.problems)
        migration.problems.push_back(problem.text());
    if (!reading.ok()) return;
    const Result<RunPlan> plan = planRun(reading.experiment.base);
    if (!plan.ok())
        migration.problems.push_back(plan.error().message);
    else
        migration.notes.insert(migration.notes.end(), plan->notes.begin(), plan->notes.end());
}

namespace {

std::string originOf(const MigrationInput& input, const Migration& migration) {
    const std::string name = std::filesystem::path(input.source.name).filename().string();
    std::string origin = name + " (" + migration.source.kind + ")";
    for (const SourceFile& companion : input.companions)
        origin += " and " + std::filesystem::path(companion.name).filename().string();
    return origin;
}

}  // namespace

bool Migration::decided() const { return std::ranges::all_of(decisions, &Decision::answered); }

Result<Migration> migrate(const MigrationInput& input, const MigrationAnswers& answers) {
    RINGSCOPE_TRY(const SourceTree tree, readSource(input.source));
    const Recognition recognition = recognise(tree);
    if (recognition.source == nullptr) return unknownKind(input.source.name);
    Migration migration;
    migration.source = recognition.guess;
    migration.notes = tree.notes;
    if (migration.source.kind == ringscopeKind) {
        RINGSCOPE_CHECK(migrateExperiment(input.source, tree, answers, migration));
        return migration;
    }

    Draft draft(*recognition.source, answers);
    draft.name = stemOf(input.source.name);
    readKeys(draft, tree, recognition.source->rules, false);
    RINGSCOPE_CHECK(readCompanions(draft, input, migration));
    addImpliedDefaults(draft);
    settleTraining(draft);
    settleRecipe(draft);
    settleModel(draft);
    settleMemory(draft);
    settleParallel(draft);

    ExperimentText written = writeExperiment(draft, originOf(input, migration));
    fillNewValues(draft, written);
    validateExperiment(written.text, migration);
    migration.notes.insert(migration.notes.end(), draft.notes.begin(), draft.notes.end());
    migration.refusedAnswers = draft.refusedAnswers();
    migration.keys = std::move(draft.keys);
    migration.decisions = std::move(draft.decisions);
    migration.experiment = std::move(written.text);
    return migration;
}

}  // namespace ringscope
