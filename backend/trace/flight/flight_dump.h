// A dump of PyTorch's flight recorder: what one rank had asked its process groups for.
//
// NCCL's and Gloo's process groups write one file a rank, "<prefix><rank>", as the variable
// TORCH_FR_DUMP_TEMP_FILE says: a pickle of version, pg_config, pg_status and entries. Read are
// versions 1.x and 2.x.
#pragma once

#include "backend/core/result.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

struct FlightFrame {
    std::string function;
    std::string file;
    std::int64_t line = 0;
};

// One operation that was asked for.
struct FlightEntry {
    std::string group{};        // the process group's name
    std::int64_t sequence = 0;  // of the group's collectives, or of its messages
    std::int64_t operationId = 0;
    bool message = false;     // point to point
    std::string operation{};  // "all_reduce", without the library
    std::string library{};    // "nccl", "gloo"
    std::vector<std::vector<std::int64_t>> inputSizes{};
    std::vector<std::vector<std::int64_t>> outputSizes{};
    std::vector<std::string> inputTypes{};
    std::string state{};                // "scheduled", "started", "completed"
    std::int64_t createdNs = 0;         // UTC
    std::vector<FlightFrame> frames{};  // the innermost first
    int from = -1;                      // of a message, in the group
    int to = -1;

    bool retired = false;  // its process group does not watch it any more

    // Gloo tells no states.
    bool completed() const { return state == "completed" || (retired && library == "gloo"); }
    // The innermost frame that is not torch's own: "train.py:120 in step"; empty: none is known.
    std::string place() const;
    // "[1024, 8] Float"
    std::string inputWords() const;
};

struct FlightGroup {
    std::string description{};
    std::vector<int> ranks{};  // ascending; empty: not told
};

struct FlightDump {
    int rank = 0;
    std::string file{};  // its name
    std::string version{};
    std::map<std::string, FlightGroup> groups{};
    std::vector<FlightEntry> entries{};  // in the order in which they were asked for
};

// `bytes` is the pickle; the rank is not in it.
Result<FlightDump> parseFlightDump(std::string_view bytes);

// The rank at the end of a dump's name: "nccl_trace_rank_12": 12.
std::optional<int> flightRank(const std::filesystem::path& file);

struct FlightDumps {
    std::vector<FlightDump> dumps;   // by rank, at least one
    std::vector<std::string> notes;  // files that are none, or cannot be read
};

// Every file of a folder whose name ends in a number, or the one file named.
Result<FlightDumps> readFlightDumps(const std::filesystem::path& place);

}  // namespace ringscope
