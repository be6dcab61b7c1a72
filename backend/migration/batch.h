// Several files at once: what became of each. One that cannot be read does not stop the others.
#pragma once

#include "backend/migration/migration.h"
#include "backend/migration/source_files.h"

#include <optional>
#include <string>
#include <vector>

namespace ringscope {

struct FileOutcome {
    std::string path;
    std::optional<Error> error{};  // why it has no migration
    MigrationInput input{};
    Migration migration{};
};

struct Batch {
    std::vector<FileOutcome> files;  // a file that another one names belongs to that one
    std::size_t others = 0;          // files of folders that are no configurations
};

// Opens and migrates each, with the same answers. `kind` as MigrationInput has it.
Batch migrateAll(const std::vector<NamedSource>& sources, const SourceOptions& options,
                 const std::string& kind, const MigrationAnswers& answers);

// "old.yaml: 360-llama-factory, 14 of 15 needed keys …; open: packing, model", or why not.
std::string outcomeWords(const FileOutcome& outcome);

// "12 files read, 1 not; 210 of 214 needed keys carried or asked about, 80 housekeeping"
std::string totalsWords(const Batch& batch);

}  // namespace ringscope
