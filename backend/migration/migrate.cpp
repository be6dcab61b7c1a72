#include "backend/migration/migration.h"

#include "backend/config/experiment.h"
#include "backend/config/field_table.h"
#include "backend/config/settings.h"
#include "backend/config/value_text.h"
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

std::string allKinds() {
    std::vector<std::string> kinds;
    for (const Source& source : sourceTable()) kinds.emplace_back(source.kind);
    return join(kinds, ", ");
}

Error unknownKind(const std::string& file) {
    return {ErrorCode::NotFound,
            file + ": no training configuration of a known kind (" + allKinds() + ")"};
}

Error unknownKindName(const std::string& kind) {
    return {ErrorCode::InvalidConfig, "there is no kind " + shown(kind) + "; use " + allKinds()};
}

std::string stemOf(const std::string& file) {
    const std::string stem = std::filesystem::path(file).stem().string();
    return parseExperimentName(stem).value_or("migrated");
}

// One of the files that are read together.
struct MigrationPart {
    SourceTree tree;
    const Source* kind = nullptr;
    SourceGuess guess;
};

Result<MigrationPart> readPart(const SourceFile& file) {
    MigrationPart part;
    RINGSCOPE_TRY(part.tree, readSource(file));
    const Recognition recognition = recognise(part.tree);
    part.kind = recognition.source;
    part.guess = recognition.guess;
    return part;
}

// The source first, then the files that it, and they, name. One that is of no known kind has
// DeepSpeed's settings, or nothing of interest.
Result<std::vector<MigrationPart>> readParts(const MigrationInput& input) {
    std::vector<MigrationPart> parts;
    RINGSCOPE_TRY(MigrationPart first, readPart(input.source));
    if (!input.kind.empty()) {
        first.kind = findSource(input.kind);
        if (first.kind == nullptr) return unknownKindName(input.kind);
        first.guess = {input.kind, 1.0, std::string(first.kind->help) + ", as it was said"};
    }
    if (first.kind == nullptr) return unknownKind(input.source.name);
    parts.push_back(std::move(first));
    for (const SourceFile& companion : input.companions) {
        RINGSCOPE_TRY(MigrationPart part, readPart(companion));
        if (part.kind == nullptr) part.kind = findSource(deepSpeedKind);
        parts.push_back(std::move(part));
    }
    return parts;
}

// The file that says what is trained; the first one where none does.
const MigrationPart& leaderOf(const std::vector<MigrationPart>& parts) {
    for (const SourceLayer layer : {SourceLayer::Training, SourceLayer::Launch})
        for (const MigrationPart& part : parts)
            if (part.kind->layer == layer && part.kind->kind != ringscopeKind) return part;
    return parts.front();
}

// A DeepSpeed file that was not found: what it divides is asked, and guessed by its name.
bool isMissingEngine(const Draft& draft, const KeyVerdict& key) {
    const std::string name = toLower(key.old);
    return draft.textOf(Role::ZeroStage) == nullptr &&
           (key.path.find("deepspeed") != std::string::npos || key.path.ends_with("config_file") ||
            name.find("zero") != std::string::npos);
}

void decideMissingEngine(Draft& draft, KeyVerdict& key) {
    const std::string name = toLower(std::filesystem::path(key.old).filename().string());
    std::string guess = "2";
    for (const std::string_view digit : {"0", "1", "2", "3"})
        for (const std::string_view word : {"zero", "z", "stage", "zero_", "stage_"})
            if (name.find(std::string(word) + std::string(digit)) != std::string::npos)
                guess = digit;
    const auto level = [](std::string id, const std::string& what) {
        return DecisionOption{std::move(id), "memory.zero " + what,
                              "the other settings of the file are left out"};
    };
    const std::string chosen = draft.decide(
        {.id = "deepspeed",
         .question = shown(key.old) + " was not found, so its settings were not read; what did the "
                                      "old runs divide among ranks?",
         .key = {},
         .options = {level("0", "0: nothing"), level("1", "1: the optimizer's state"),
                     level("2", "2: also gradients"), level("3", "3: also parameters")},
         .defaultOption = guess,
         .chosen = {}},
        &key);
    key.newPath = "memory.zero";
    draft.config().memory.zero = chosen.front() - '0';
    draft.setOrigin("memory.zero", key);
    const bool offloads = name.find("offload") != std::string::npos;
    if (!offloads) return;
    draft.config().memory.offloadOptimizer = OffloadPlace::Disk;
    draft.notes.push_back("the name of " + key.old +
                          " says offload: memory.offload_optimizer is disk");
}

// Sets the verdicts on keys that name files.
void settleCompanions(Draft& draft, const MigrationInput& input, Migration& migration) {
    for (const std::size_t index : draft.companions) {
        KeyVerdict& key = draft.keys[index];
        const bool found = std::ranges::find(input.companions, key.old, &SourceFile::name) !=
                           input.companions.end();
        if (found) {
            key.verdict = Verdict::Converted;
            key.reason = "its keys are listed after this file's";
            continue;
        }
        migration.notes.push_back(input.source.name + ": '" + key.old +
                                  "' was not found; its settings were not read");
        if (isMissingEngine(draft, key))
            decideMissingEngine(draft, key);
        else
            drop(key,
                 "the file is neither beside this one nor in a folder above it, so its "
                 "settings were not read");
    }
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
        if (renamed && field->set(scratch, toLower(draft.valueOf(key))).ok() &&
            field->get(scratch) != key.newValue) {
            key.verdict = Verdict::Converted;
            key.reason += "; " + key.newValue + " follows from a decision";
        }
    }
}

}  // namespace

ExperimentReading readMigrated(const std::string& text) {
    return readExperiment(
        {.fileName = "experiment", .fileText = text, .environment = {}, .overrides = {}});
}

void validateExperiment(const std::string& text, Migration& migration) {
    const ExperimentReading reading = readMigrated(text);
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

// Keys that other keys would have given a meaning.
void dropUnused(Draft& draft) {
    for (KeyVerdict& key : draft.keys)
        if (key.reason.empty() && key.verdict == Verdict::Converted)
            drop(key, "means something only beside other keys, which the files do not have");
}

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
    RINGSCOPE_TRY(const std::vector<MigrationPart> parts, readParts(input));
    const MigrationPart& leader = leaderOf(parts);
    Migration migration;
    migration.source = leader.guess;
    if (parts.front().kind->kind == ringscopeKind) {
        migration.source = parts.front().guess;
        migration.notes = parts.front().tree.notes;
        RINGSCOPE_CHECK(migrateExperiment(input.source, parts.front().tree, answers, migration));
        return migration;
    }
    if (&leader != &parts.front())
        migration.source.reason =
            parts.front().guess.reason + "; with " + leader.tree.file + ", " + leader.guess.reason;

    Draft draft(*leader.kind, input, answers);
    draft.name = stemOf(input.source.name);
    for (const MigrationPart& part : parts) {
        migration.notes.insert(migration.notes.end(), part.tree.notes.begin(),
                               part.tree.notes.end());
        readKeys(draft, part.tree, *part.kind, &part != &parts.front());
    }
    settleCompanions(draft, input, migration);
    addImpliedDefaults(draft);
    settleTraining(draft);
    settleAdapter(draft);
    settleModel(draft);
    settleAttention(draft);
    settleData(draft);
    settleMemory(draft);
    settleParallel(draft);
    settleWorld(draft);
    settleRecipe(draft);
    settleValidation(draft);
    settleSaves(draft);
    settleFollowers(draft);

    dropUnused(draft);
    ExperimentText written = writeExperiment(draft, originOf(input, migration));
    fillNewValues(draft, written);
    validateExperiment(written.text, migration);
    migration.notes.insert(migration.notes.end(), draft.notes.begin(), draft.notes.end());
    migration.refusedAnswers = draft.refusedAnswers();
    migration.oldWay = std::move(draft.oldWay);
    migration.keys = std::move(draft.keys);
    migration.decisions = std::move(draft.decisions);
    migration.experiment = std::move(written.text);
    return migration;
}

}  // namespace ringscope
