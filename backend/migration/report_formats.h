// The writers of the formats in migration_report.cpp, and what they share.
#pragma once

#include "backend/migration/migration.h"

#include <string>

namespace ringscope {

std::string migrationMarkdown(const MigrationInput& input, const Migration& migration);
std::string migrationHtml(const MigrationInput& input, const Migration& migration);

// "ds.json:bf16.enabled" for a companion's key, the path alone for the source's.
std::string shownPath(const MigrationInput& input, const KeyVerdict& key);

}  // namespace ringscope
