// A migration while its user decides: the source that was opened, the answers given so far, and the
// experiment that follows from both. It never writes the source or a file the source names.
#pragma once

#include "backend/core/result.h"
#include "backend/migration/migration.h"

#include <map>
#include <memory>
#include <string>

namespace ringscope::ui {

class MigrationDraft {
public:
    // With the answers that were given to this file before, if it was open already. On failure
    // everything stays as it was.
    Result<void> open(const std::string& path);
    // Checkpoints are found in this folder, too, for this file and all that are opened later.
    Result<void> addModelRoot(const std::string& folder);
    bool findsModels() const;  // or the file names none
    bool loaded() const { return !path_.empty(); }
    const std::string& path() const { return path_; }
    const MigrationInput& input() const { return input_; }
    const MigrationAnswers& answers() const { return answers_; }
    const Migration& migration() const { return migration_; }
    // The same migration with what the plan says of it; ignored where answers came meanwhile.
    void takeCosts(const Migration& priced);
    // Kept for this experiment's text, also while other answers give another one.
    void keepProof(const std::string& experiment, std::shared_ptr<const Proven> proven);
    int openDecisions() const;

    // Migrates again. Answers to decisions that went away are kept for when they come back.
    Result<void> answer(const std::string& decision, const std::string& option);
    // Also those that an accepted default raises.
    Result<void> acceptDefaults();
    // What the last answers changed in the experiment, as a diff; empty where they changed nothing.
    const std::string& lastChange() const { return lastChange_; }

    // "old.yaml" -> "old.ringscope.yaml", in the same folder.
    std::string proposedName(const std::string& extension) const;
    // Whether there is another content at `target` that writing would replace.
    bool replaces(const std::string& target, const std::string& content) const;
    // In the format of the target's extension; refuses an unknown one.
    Result<std::string> report(const std::string& target) const;
    // Refuses the source and the files it names; so does write().
    Result<void> mayWrite(const std::string& target) const;
    Result<void> write(const std::string& target, const std::string& content) const;

    // The `ringscope migrate` line with the same answers; `output` may be empty.
    std::string command(const std::string& output) const;

private:
    bool isCompanion(const std::string& target) const;
    Result<void> migrateAgain(const MigrationAnswers& answers);
    void take(Migration migration);

    std::string path_;
    MigrationInput input_;
    MigrationAnswers answers_;
    Migration migration_;
    SourceOptions options_;
    std::map<std::string, MigrationAnswers> answersOf_;            // by path
    std::map<std::string, std::shared_ptr<const Proven>> proofs_;  // by the experiment's text
    std::string lastChange_;
};

}  // namespace ringscope::ui
