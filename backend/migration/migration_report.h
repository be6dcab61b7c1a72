// A migration as a file, for people (md, html) or programs (json). Each format is a row of the
// table.
#pragma once

#include "backend/core/result.h"
#include "backend/migration/migration.h"

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

struct MigrationReportFormat {
    std::string_view extension;  // ".html"
    std::string (*write)(const MigrationInput& input, const Migration& migration);
};
std::span<const MigrationReportFormat> migrationReportFormats();

// The format for the file name's extension. Fails with InvalidConfig for another one, and names
// those there are.
Result<const MigrationReportFormat*> migrationReportFormatFor(const std::filesystem::path& file);

// What `ringscope migrate --json` prints: schema_version, source{kind, confidence, reason},
// summary{needed, carried, dropped, dangerous, unknown, housekeeping}, keys[]{path, line, column,
// old, new_path, new, verdict, use, versions, reason, cost}, decisions[]{id, question, key,
// options[]{id, label, consequence, plan}, default, chosen, answered}, plan{machine, new, old},
// proof{name, notes[], verdict, runs[]}, experiment, changed. A plan has peak_bytes, sent_bytes and
// step_ms; null where nothing is known. The path of a companion's key begins with the companion's
// name and a colon.
std::string migrationJson(const MigrationInput& input, const Migration& migration);

// "4 renamed, 2 converted, 11 dropped": the verdicts on needed keys that occur.
std::string verdictCounts(const Migration& migration);

// A key's reason, and its cost by the plan where there is one.
std::string reasonWords(const KeyVerdict& key);

// What an option leads to, and what the experiment costs with it on a machine, where that is
// planned.
std::string consequenceWords(const DecisionOption& option, const std::string& machine);

// The costs of the experiment and of the old way, a sentence each; empty where nothing is planned.
std::vector<std::string> planWords(const Migration& migration);

// "14 of 15 needed keys carried or asked about, 1 dropped; 9 housekeeping"
std::string summaryWords(const Migration& migration);

}  // namespace ringscope
