#include "backend/trace/trace_files.h"

#include "backend/core/files.h"
#include "backend/core/text.h"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>
#include <string_view>
#include <system_error>
#include <vector>

namespace ringscope {
namespace {

namespace fs = std::filesystem;

std::string wordsFor(TraceKind kind) {
    switch (kind) {
        case TraceKind::Own:
            return "Ringscope's .trace";
        case TraceKind::Chrome:
            return "Chrome's .json";
        case TraceKind::Nsys:
            return "Nsight's .sqlite";
    }
    return {};
}

}  // namespace

std::optional<TraceKind> traceKindNamed(const fs::path& file) {
    const std::string name = toLower(file.filename().string());
    if (name.ends_with(".trace")) return TraceKind::Own;
    if (name.ends_with(".json") || name.ends_with(".json.gz")) return TraceKind::Chrome;
    if (name.ends_with(".sqlite")) return TraceKind::Nsys;
    return std::nullopt;
}

std::string leftOutNote(const fs::path& place, TraceKind read) {
    std::vector<std::string> names;
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(place, failed)) {
        const std::optional<TraceKind> kind = traceKindNamed(entry.path());
        if (kind && *kind != read && entry.is_regular_file(failed))
            names.push_back(entry.path().filename().string());
    }
    if (names.empty()) return {};
    std::ranges::sort(names);
    constexpr std::size_t most = 4;
    const std::size_t count = names.size();
    if (count > most) {
        names.resize(most);
        names.emplace_back("…");
    }
    return fmt::format(
        "{} left out ({}): a folder is read as one kind of trace, here {}; name the {}, or move {} "
        "to a folder of {} own",
        count == 1 ? "1 file is" : fmt::format("{} files are", count), join(names, ", "),
        wordsFor(read), count == 1 ? "file" : "files", count == 1 ? "it" : "them",
        count == 1 ? "its" : "their");
}

std::string traceFileName(int rank) { return fmt::format("rank-{:05}.trace", rank); }

std::optional<int> rankOfTraceFile(const fs::path& file) {
    const std::string name = file.filename().string();
    constexpr std::string_view before = "rank-";
    if (!name.starts_with(before)) return std::nullopt;
    int rank = -1;
    std::from_chars(name.data() + before.size(), name.data() + name.size(), rank);
    if (rank < 0 || name != traceFileName(rank)) return std::nullopt;
    return rank;
}

fs::path kernelRuleFile() { return dataDirectory() / "kernel_rules.txt"; }

fs::path traceRoot(const fs::path& store) { return fs::absolute(store).parent_path() / "traces"; }

}  // namespace ringscope
