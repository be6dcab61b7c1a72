// What trace files are called, and where they are.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace ringscope {

enum class TraceKind : std::uint8_t {
    Own,     // .trace
    Chrome,  // .json, .json.gz
    Nsys,    // .sqlite
};

// Nothing where it is the name of no trace.
std::optional<TraceKind> traceKindNamed(const std::filesystem::path& file);

// A folder is read as one kind of trace. Returns a sentence that counts and names the files of
// other kinds in it; empty where there are none, and for a single file.
std::string leftOutNote(const std::filesystem::path& place, TraceKind read);

// The name of a rank's file in a run's trace folder: "rank-00003.trace".
std::string traceFileName(int rank);
// The rank whose file has this name; nothing for any other name.
std::optional<int> rankOfTraceFile(const std::filesystem::path& file);

// Where the traces of a store's runs are: a folder per run inside this one.
std::filesystem::path traceRoot(const std::filesystem::path& store);

// Where a user's own rules for kernels' names stand (chrome/kernel_rules.h), if there are any.
std::filesystem::path kernelRuleFile();

}  // namespace ringscope
