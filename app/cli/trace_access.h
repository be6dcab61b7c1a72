// The trace a user means: a run of the store, a folder or file of ours, or one of another tool.
#pragma once

#include "app/cli/command.h"
#include "backend/trace/file/trace_contents.h"
#include "backend/trace/trace.h"

#include <filesystem>
#include <string>

namespace ringscope::cli {

// A file or folder as it is; anything else names a run of the store.
Result<std::filesystem::path> tracePlace(const std::string& word, const GlobalOptions& global);

// `rules`: a file that says what kernels' names mean, before the built-in ones; may be empty.
Result<Trace> openTrace(const std::string& word, const std::string& rules,
                        const GlobalOptions& global);

// What is in it; spans of a trace of ours are counted and not kept.
Result<TraceContents> openContents(const std::string& word, const std::string& rules,
                                   const GlobalOptions& global);

}  // namespace ringscope::cli
