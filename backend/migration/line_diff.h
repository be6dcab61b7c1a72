// The differences of two texts, line by line, for people to read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

struct Migration;
struct MigrationInput;

// "  name: a\n-  lr: 1\n+  lr: 2\n" with three lines around each change; empty for equal texts.
// Very different long texts may be shown as all removed and all added.
std::string unifiedDiff(std::string_view oldName, std::string_view oldText,
                        std::string_view newName, std::string_view newText);

// For each line of the source that has a line of the experiment in its place, both, in the source's
// order:
//
//     @@ old.yaml:16 -> experiment:24 @@
//     -cutoff_len: 128000
//     +  seq_len: 128000
std::string correspondingLines(const MigrationInput& input, const Migration& migration);

}  // namespace ringscope
