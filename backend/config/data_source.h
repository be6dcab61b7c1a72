// What data.source says: one name, or several as "[a.txt, more/*.jsonl]".
//
//   builtin:prose    the text that ships with the program
//   builtin:recall   sequences that ask for what was said far before (text/recall.h); made anew
//   book.txt         a text
//   talks.jsonl      a JSON object a line, each a document (text/json_record.h); or .ndjson
//   books/*.txt      the files that match, in the order of their names: *, ?, [a-z]
#pragma once

#include "backend/config/run_config.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

// The names of a list, or the one name. Nothing where the list is empty or has an empty name.
std::vector<std::string> sourceNames(std::string_view source);

inline constexpr std::string_view builtinRecall = "builtin:recall";
inline constexpr std::int64_t leastRecallTokens = 64;  // of a sequence
bool isBuiltinSource(std::string_view name);
bool isJsonLines(std::string_view name);
// Whether the name may match several files. A file that has this very name is meant first.
bool isSourcePattern(std::string_view name);
// A single text, by the spelling: no list, no pattern, no JSON lines, no sequences.
bool isOneText(std::string_view source);

// Whether every sequence is made of documents that do not see each other.
bool keepsDocumentsApart(const RunConfig& config);

// data.order without auto.
DataOrder orderOf(const RunConfig& config);

}  // namespace ringscope
