#include "ui/migrate/migration_draft.h"

#include "backend/core/files.h"
#include "backend/core/output_file.h"
#include "backend/core/shell.h"
#include "backend/migration/line_diff.h"
#include "backend/migration/migration_report.h"
#include "ui/widgets/parts.h"

#include <algorithm>
#include <filesystem>

namespace ringscope::ui {
namespace {

namespace fs = std::filesystem;

bool sameFile(const fs::path& a, const fs::path& b) {
    std::error_code ignored;
    return fs::equivalent(a, b, ignored) ||
           fs::weakly_canonical(a, ignored) == fs::weakly_canonical(b, ignored);
}

}  // namespace

Result<void> MigrationDraft::open(const std::string& path) {
    RINGSCOPE_TRY(MigrationInput input, openSource(path, options_));
    const auto before = answersOf_.find(path);
    MigrationAnswers answers = before == answersOf_.end() ? MigrationAnswers() : before->second;
    RINGSCOPE_TRY(Migration migration, migrate(input, answers));
    path_ = path;
    input_ = std::move(input);
    answers_ = std::move(answers);
    take(std::move(migration));
    lastChange_.clear();
    return {};
}

Result<void> MigrationDraft::addModelRoot(const std::string& folder) {
    const SourceOptions before = options_;
    options_.modelRoots.push_back(folder);
    const Result<MigrationInput> input = openSource(path_, options_);
    if (!input.ok()) {
        options_ = before;
        return input.error();
    }
    input_ = *input;
    return migrateAgain(answers_);
}

bool MigrationDraft::findsModels() const {
    const auto decision = std::ranges::find(migration_.decisions, "model", &Decision::id);
    return decision == migration_.decisions.end() ||
           std::ranges::find(decision->options, "found", &DecisionOption::id) !=
               decision->options.end();
}

void MigrationDraft::take(Migration migration) {
    migration_ = std::move(migration);
    const auto proof = proofs_.find(migration_.experiment);
    if (proof != proofs_.end()) migration_.proof = proof->second;
}

void MigrationDraft::takeCosts(const Migration& priced) {
    if (priced.experiment != migration_.experiment ||
        priced.decisions.size() != migration_.decisions.size())
        return;
    for (std::size_t i = 0; i < priced.decisions.size(); ++i)
        if (priced.decisions[i].chosen != migration_.decisions[i].chosen ||
            priced.decisions[i].answered != migration_.decisions[i].answered)
            return;
    take(priced);
}

void MigrationDraft::keepProof(const std::string& experiment,
                               std::shared_ptr<const Proven> proven) {
    proofs_[experiment] = proven;
    if (experiment == migration_.experiment) migration_.proof = std::move(proven);
}

int MigrationDraft::openDecisions() const {
    return static_cast<int>(std::ranges::count(migration_.decisions, false, &Decision::answered));
}

Result<void> MigrationDraft::migrateAgain(const MigrationAnswers& answers) {
    RINGSCOPE_TRY(Migration next, migrate(input_, answers));
    answers_ = answers;
    answersOf_[path_] = answers;
    take(std::move(next));
    return {};
}

Result<void> MigrationDraft::answer(const std::string& decision, const std::string& option) {
    const std::string before = migration_.experiment;
    MigrationAnswers answers = answers_;
    answers.options[decision] = option;
    RINGSCOPE_CHECK(migrateAgain(answers));
    lastChange_ = unifiedDiff("before", before, "after", migration_.experiment);
    return {};
}

Result<void> MigrationDraft::acceptDefaults() {
    const std::string before = migration_.experiment;
    // Each round answers at least one decision for good, so it ends.
    while (openDecisions() > 0) {
        MigrationAnswers answers = answers_;
        for (const Decision& decision : migration_.decisions)
            if (!decision.answered) answers.options[decision.id] = decision.defaultOption;
        if (answers.options == answers_.options) break;
        RINGSCOPE_CHECK(migrateAgain(answers));
    }
    lastChange_ = unifiedDiff("before", before, "after", migration_.experiment);
    return {};
}

std::string MigrationDraft::proposedName(const std::string& extension) const {
    const fs::path source(path_);
    return (source.parent_path() / (source.stem().string() + ".ringscope" + extension)).string();
}

bool MigrationDraft::replaces(const std::string& target, const std::string& content) const {
    std::error_code ignored;
    if (!fs::exists(target, ignored)) return false;
    const Result<std::string> there = readTextFile(target);
    return !there.ok() || *there != content;
}

Result<std::string> MigrationDraft::report(const std::string& target) const {
    RINGSCOPE_TRY(const MigrationReportFormat* format, migrationReportFormatFor(target));
    return format->write(input_, migration_);
}

// Companions lie beside the source or in a folder above it.
bool MigrationDraft::isCompanion(const std::string& target) const {
    std::error_code ignored;
    fs::path folder = fs::absolute(path_, ignored);
    while (folder != folder.parent_path()) {
        folder = folder.parent_path();
        for (const SourceFile& companion : input_.companions)
            if (sameFile(target, folder / companion.name)) return true;
    }
    return false;
}

Result<void> MigrationDraft::mayWrite(const std::string& target) const {
    if (sameFile(target, path_) || isCompanion(target))
        return Error{ErrorCode::InvalidConfig,
                     "'" + target +
                         "' is a file of the source and is never changed; choose "
                         "another name"};
    return {};
}

Result<void> MigrationDraft::write(const std::string& target, const std::string& content) const {
    RINGSCOPE_CHECK(mayWrite(target));
    return writeOutput(target, content);
}

std::string MigrationDraft::command(const std::string& output) const {
    std::vector<std::string> words = {"ringscope", "migrate", path_};
    for (const Decision& decision : migration_.decisions)
        if (decision.answered)
            words.insert(words.end(), {"--decide", decision.id + "=" + decision.chosen});
    for (const std::string& root : options_.modelRoots)
        words.insert(words.end(), {"--model-root", root});
    if (!output.empty()) words.insert(words.end(), {"-o", output});
    return commandLine(words);
}

}  // namespace ringscope::ui
