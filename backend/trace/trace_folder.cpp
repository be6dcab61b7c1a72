#include "backend/trace/trace_folder.h"

#include "backend/trace/trace_kind.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <set>
#include <system_error>
#include <utility>

namespace ringscope {
namespace {

Result<std::vector<std::filesystem::path>> traceFiles(const std::filesystem::path& place) {
    std::error_code failed;
    if (std::filesystem::is_regular_file(place, failed))
        return std::vector<std::filesystem::path>{place};
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(place, failed))
        if (entry.path().extension() == ".trace") files.push_back(entry.path());
    if (failed)
        return Error{ErrorCode::NotFound,
                     "cannot read the trace folder '" + place.string() + "': " + failed.message()};
    if (files.empty())
        return Error{ErrorCode::NotFound, "there is no trace in '" + place.string() +
                                              "'; record one with profile.steps: [1, 3]"};
    std::ranges::sort(files);
    return files;
}

}  // namespace

std::vector<std::string> notesOn(const std::vector<RankTrace>& ranks) {
    std::vector<std::string> notes;
    if (ranks.empty()) return notes;
    int world = 1;
    for (const RankTrace& rank : ranks) world = std::max(world, rank.origin.world);
    const std::set<int> present = [&] {
        std::set<int> numbers;
        for (const RankTrace& rank : ranks) numbers.insert(rank.origin.rank);
        return numbers;
    }();
    const std::vector<int>& wanted = ranks.front().origin.recorded;
    if (!wanted.empty())
        notes.push_back(fmt::format("of {} ranks, {} {} to be recorded (profile.ranks)", world,
                                    fmt::join(wanted, ", "), wanted.size() == 1 ? "was" : "were"));
    for (const int rank : wanted)
        if (!present.contains(rank)) notes.push_back(fmt::format("rank {} left no trace", rank));
    for (int first = 0; first < world && wanted.empty(); ++first) {
        if (present.contains(first)) continue;
        const auto next = present.upper_bound(first);
        const int last = next == present.end() ? world - 1 : *next - 1;
        notes.push_back(first == last ? fmt::format("rank {} left no trace", first)
                                      : fmt::format("ranks {} to {} left no trace", first, last));
        first = last;
    }
    for (const RankTrace& rank : ranks) {
        if (rank.dropped > 0)
            notes.push_back(fmt::format("rank {} dropped {} spans: its figures are too small",
                                        rank.origin.rank, rank.dropped));
        if (rank.origin.device.starts_with("cuda") && rank.origin.gpuActivity.starts_with("off"))
            notes.push_back(fmt::format("rank {}: GPU activity is {}", rank.origin.rank,
                                        rank.origin.gpuActivity));
        for (const std::string& note : rank.notes)
            notes.push_back(fmt::format("rank {}: {}", rank.origin.rank, note));
        for (const std::string& loss : rank.losses)
            notes.push_back(fmt::format("rank {}: {}", rank.origin.rank, loss));
    }
    return notes;
}

Result<TraceFolder> readFolder(const std::filesystem::path& place, const ReadProgress& progress,
                               const TraceFileReader& read) {
    RINGSCOPE_TRY(const std::vector<std::filesystem::path> files, traceFiles(place));
    TraceFolder folder;
    for (std::size_t i = 0; i < files.size(); ++i) {
        if (progress && !progress(i, files.size()))
            return Error{ErrorCode::Cancelled, "stopped before all of the trace was read"};
        Result<RankTrace> rank = read(files[i]);
        if (rank.ok()) {
            folder.ranks.push_back(std::move(*rank));
        } else {
            folder.unreadable.push_back(rank.error().message);
        }
    }
    if (folder.ranks.empty()) return Error{ErrorCode::Corrupt, folder.unreadable.front()};
    if (std::string others = leftOutNote(place, TraceKind::Own); !others.empty())
        folder.unreadable.push_back(std::move(others));
    return folder;
}

}  // namespace ringscope
