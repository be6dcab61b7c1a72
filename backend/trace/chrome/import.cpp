#include "backend/trace/chrome/import.h"

#include "backend/core/text.h"
#include "backend/trace/file/trace_folder.h"
#include "backend/trace/several_runs.h"
#include "backend/trace/trace_files.h"

#include <fmt/format.h>
#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <system_error>
#include <thread>

namespace ringscope {
namespace {

namespace fs = std::filesystem;

bool hasForeignName(const fs::path& file) { return traceKindNamed(file) == TraceKind::Chrome; }

std::vector<fs::path> foreignFiles(const fs::path& place) {
    std::error_code failed;
    if (!fs::is_directory(place, failed)) return {place};
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(place, failed))
        if (hasForeignName(entry.path()) && entry.is_regular_file(failed))
            files.push_back(entry.path());
    std::ranges::sort(files);
    return files;
}

// The number a file's name says its rank by: "rank-3.json", "worker0.1699.pt.trace.json", "7.json".
std::optional<int> rankNamed(const fs::path& file) {
    const std::string name = toLower(file.filename().string());
    std::size_t from = 0;
    for (const char* word : {"rank", "worker"})
        if (const std::size_t at = name.find(word); at != std::string::npos)
            from = at + std::string_view(word).size();
    const std::size_t digit = name.find_first_of("0123456789", from);
    if (digit == std::string::npos || digit > from + 1) return std::nullopt;
    int number = 0;
    for (std::size_t i = digit; i < name.size() && name[i] >= '0' && name[i] <= '9'; ++i) {
        number = number * 10 + (name[i] - '0');
        if (number >= mostRanks) return std::nullopt;
    }
    return number;
}

// Files read side by side, and every one's answer in its place.
class Reading {
public:
    Reading(const std::vector<fs::path>& files, const KernelRules& rules,
            const ReadProgress& progress)
        : files_(files), rules_(rules), progress_(progress), read_(files.size()) {}

    bool all() {
        const std::size_t threads =
            std::min<std::size_t>(files_.size(), std::max(1U, std::thread::hardware_concurrency()));
        std::vector<std::jthread> others;
        for (std::size_t i = 1; i < threads; ++i) others.emplace_back([this] { work(); });
        work();
        others.clear();
        return !stopped_;
    }
    std::vector<std::optional<Result<std::vector<ImportedRank>>>>& read() { return read_; }

private:
    void work() {
        while (!stopped_) {
            const std::size_t mine = next_++;
            if (mine >= files_.size()) return;
            if (progress_) {
                const std::lock_guard lock(mutex_);
                if (!progress_(mine, files_.size())) stopped_ = true;
                if (stopped_) return;
            }
            read_[mine] = readChromeTrace(files_[mine], rules_);
        }
    }

    const std::vector<fs::path>& files_;
    const KernelRules& rules_;
    const ReadProgress& progress_;
    std::vector<std::optional<Result<std::vector<ImportedRank>>>> read_;
    std::atomic<std::size_t> next_{0};
    std::atomic<bool> stopped_{false};
    std::mutex mutex_;
};

}  // namespace

bool isForeignTrace(const fs::path& place) {
    std::error_code failed;
    if (fs::is_regular_file(place, failed)) return hasForeignName(place);
    if (!fs::is_directory(place, failed)) return false;
    bool foreign = false;
    for (const auto& entry : fs::directory_iterator(place, failed)) {
        if (entry.path().extension() == ".trace") return false;
        foreign = foreign || hasForeignName(entry.path());
    }
    return foreign;
}

Result<Trace> importTrace(const fs::path& place, const KernelRules& rules,
                          const ReadProgress& progress) {
    const std::vector<fs::path> files = foreignFiles(place);
    if (files.empty())
        return Error{ErrorCode::NotFound, "there is no .json or .json.gz in '" + place.string() +
                                              "'; expected a trace file a rank"};
    Reading reading(files, rules, progress);
    if (!reading.all())
        return Error{ErrorCode::Cancelled, "stopped before all of the trace was read"};

    std::vector<ImportedRank> ranks;
    std::vector<std::string> names;  // of each rank's file
    std::vector<std::string> unreadable;
    for (std::size_t i = 0; i < files.size(); ++i) {
        Result<std::vector<ImportedRank>>& read = *reading.read()[i];
        if (!read.ok()) {
            unreadable.push_back(read.error().message);
            continue;
        }
        for (ImportedRank& rank : *read) {
            if (rank.trace.origin.rank < 0)
                if (const std::optional<int> named = rankNamed(files[i]))
                    rank.trace.origin.rank = *named;
            if (rank.trace.origin.run.empty()) rank.trace.origin.run = files[i].filename().string();
            ranks.push_back(std::move(rank));
            names.push_back(files[i].filename().string());
        }
    }
    if (ranks.empty()) return Error{ErrorCode::Corrupt, unreadable.front()};
    std::vector<RankOfFile> ofFiles;
    for (std::size_t i = 0; i < ranks.size(); ++i) ofFiles.push_back({&ranks[i].trace, names[i]});
    RINGSCOPE_CHECK(requireOneRun(ofFiles, place.string()));
    Trace trace = joinRanks(std::move(ranks));
    ofFiles.clear();
    // Each rank's run is its file's name, or that of an export of ours, which is of one run.
    for (const RankTrace& rank : trace.ranks) ofFiles.push_back({&rank, rank.origin.run});
    RINGSCOPE_CHECK(requireOneTime(ofFiles, place.string()));
    trace.notes.insert(trace.notes.end(), unreadable.begin(), unreadable.end());
    if (std::string others = leftOutNote(place, TraceKind::Chrome); !others.empty())
        trace.notes.push_back(std::move(others));
    return trace;
}

Result<Trace> openTraceOf(const fs::path& place, const KernelRules& rules,
                          const ReadProgress& progress) {
    return isForeignTrace(place) ? importTrace(place, rules, progress) : readTrace(place, progress);
}

}  // namespace ringscope
