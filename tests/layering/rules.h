// Who may include whom: the table of the architecture, as data.
//
//   a file in       may include          and of the foreign APIs
//   backend/plan    backend/core,config  none
//   backend/store   ... down to run      sqlite3.h
//   kernels         ... , profiler       torch, ATen, c10, NCCL, CUDA
//
// A new folder, room or foreign API is a row here and nowhere else. tests/ may include anything.
#pragma once

#include <string_view>
#include <vector>

namespace ringscope::layering {

// Where the files of a folder stand that are in none of its rooms.
enum class FilesBeside {
    None,        // each file must be in a room
    BelowRooms,  // every room may include them; they may include no room
    AboveRooms,  // they may include every room; no room may include them
};

// A folder's rooms in arrow order: a room may include itself and those before it. Each room of
// these folders is listed.
struct RoomOrder {
    std::string_view folder;
    std::vector<std::string_view> rooms;
    FilesBeside filesBeside = FilesBeside::None;
};

inline const std::vector<RoomOrder> roomOrders = {
    {"backend", {"core",     "model",  "config",   "text",  "plan",   "machine",   "trace",
                 "analysis", "memory", "simulate", "run",   "sink",   "verify",    "generate",
                 "serve",    "store",  "compare",  "query", "report", "migration", "session"}},
    {"backend/trace", {"file", "chrome", "flight"}, FilesBeside::BelowRooms},
    {"kernels",
     {"vector", "device", "comm", "block", "attention", "cuda", "data", "model", "train", "rank",
      "generate", "verify", "library"}},
    {"ui",
     {"look", "widgets", "plots", "timeline", "models", "print", "live", "migrate", "pages"},
     FilesBeside::AboveRooms},
};

struct FolderRule {
    std::string_view folder;                   // itself is always allowed
    std::vector<std::string_view> mayInclude;  // path prefixes, from the repository root
};

// The first row whose folder holds the file decides.
inline const std::vector<FolderRule> folderRules = {
    {"backend", {}},
    {"profiler", {"backend/core", "backend/trace"}},
    {"launcher",
     {"backend/core", "backend/model", "backend/config", "backend/plan", "backend/run",
      "backend/sink"}},
    {"kernels",
     {"backend/core", "backend/model", "backend/config", "backend/text", "backend/plan",
      "backend/trace", "backend/run", "backend/verify", "backend/generate", "profiler",
      "resources/library"}},
    {"ui", {"backend"}},
    {"app/serve", {"backend", "launcher"}},
    {"app/cli", {"app", "backend", "launcher"}},
    {"app/gui", {"app", "backend", "launcher", "ui"}},
    {"app/rank", {"app", "backend", "profiler", "kernels"}},
    {"app", {"backend", "launcher", "profiler", "kernels", "ui"}},
    {"resources", {}},
};

struct ForeignRule {
    std::string_view api;                     // as a violation names it
    std::vector<std::string_view> headers;    // prefixes; a trailing ! asks for the whole name
    std::vector<std::string_view> allowedIn;  // folders
};

inline const std::vector<ForeignRule> foreignRules = {
    {"SQLite", {"sqlite3"}, {"backend/store"}},
    {"simdjson", {"simdjson"}, {"backend/trace"}},
    {"PCRE2", {"pcre2"}, {"backend/text"}},
    {"utf8proc", {"utf8proc"}, {"backend/text"}},
    {"CUPTI", {"cupti"}, {"profiler"}},
    {"NVTX", {"nvtx3/", "nvToolsExt"}, {"profiler"}},
    {"libtorch", {"torch/", "ATen/", "c10/", "caffe2/", "gloo/"}, {"kernels"}},
    {"io_uring", {"liburing"}, {"kernels/device"}},
    {"NCCL", {"nccl"}, {"kernels"}},
    {"Boost", {"boost/"}, {"launcher", "app/serve"}},
    {"CUDA", {"cuda", "cublas", "cudnn", "cooperative_groups"}, {"kernels", "profiler"}},
    {"QCustomPlot", {"qcustomplot"}, {"ui"}},
    {"CLI11", {"CLI/"}, {"app"}},
    {"processes", {"spawn.h!", "sys/wait.h!", "sys/prctl.h!", "pty.h!"}, {"launcher"}},
    {"what writes to a terminal",
     {"iostream!"},
     {"app/cli/console.cpp", "app/cli/main.cpp", "app/gui", "app/rank", "kernels/rank"}},
    {"sockets",
     {"sys/socket.h!", "sys/un.h!", "netinet/", "arpa/inet.h!", "netdb.h!"},
     {"launcher", "kernels/comm"}},
};
// Qt's headers are known by their shape: QWidget, QtCore/..., qglobal.h.
inline const std::vector<std::string_view> qtAllowedIn = {"ui", "app/gui"};

// Calls that start a process; allowed where the headers of "processes" are.
inline const std::vector<std::string_view> processCalls = {
    "fork",  "vfork",  "execv",  "execve",      "execvp",       "execvpe",
    "execl", "execlp", "execle", "posix_spawn", "posix_spawnp", "popen",
};

// Top folders; one that is not here and holds source files is a violation.
inline const std::vector<std::string_view> topFolders = {
    "app", "backend", "profiler", "launcher", "kernels", "ui", "resources", "tests",
};

inline constexpr int longestFile = 600;  // lines
inline constexpr int widestLine = 100;   // columns of a line of C++
inline constexpr int widestCell = 120;   // characters of a cell in a Markdown table

}  // namespace ringscope::layering
