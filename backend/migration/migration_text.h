// A migration on a terminal: what `ringscope migrate` says beside the experiment. No text holds a
// character that steers the terminal; each line ends with a newline.
#pragma once

#include "backend/migration/migration.h"

#include <string>

namespace ringscope {

// What the source is, a line per key with its verdict and reason, the decisions with their options
// ("*" before the chosen one), and how often each verdict occurs.
std::string migrationText(const MigrationInput& input, const Migration& migration);

// Notes, then why the experiment would not run.
std::string migrationRemarks(const Migration& migration);

// "decisions are open: packing, model; answer with --decide packing=apart or …". At least one must
// be open. No newline.
std::string openDecisionsWords(const Migration& migration);

}  // namespace ringscope
