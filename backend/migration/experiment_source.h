// A source that is already an experiment: kept byte for byte, except for old names of modes.
#pragma once

#include "backend/config/experiment.h"
#include "backend/core/result.h"
#include "backend/migration/migration.h"
#include "backend/migration/source_tree.h"

#include <string>

namespace ringscope {

Result<void> migrateExperiment(const SourceFile& file, const SourceTree& tree,
                               const MigrationAnswers& answers, Migration& migration);

// A text that a migration has written, as an experiment by itself.
ExperimentReading readMigrated(const std::string& text);

// Reads and plans the text, and adds to `problems` why it would not run.
void validateExperiment(const std::string& text, Migration& migration);

}  // namespace ringscope
