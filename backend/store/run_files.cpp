#include "backend/store/run_files.h"

#include "backend/core/sha256.h"
#include "backend/trace/trace_files.h"

#include <algorithm>
#include <optional>
#include <system_error>

namespace ringscope {
namespace fs = std::filesystem;
namespace {

constexpr std::uintmax_t largestHashed = 256ULL << 20;  // bytes; reading more takes seconds

}  // namespace

std::vector<RunFile> runFiles(const fs::path& store, const RunId& run, WithHash hash) {
    std::vector<RunFile> files;
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(traceRoot(store) / run.text, failed)) {
        if (!entry.is_regular_file(failed)) continue;
        const std::uintmax_t size = entry.file_size(failed);
        if (failed) continue;
        RunFile file{.path = entry.path(), .size = {static_cast<std::int64_t>(size)}};
        if (hash == WithHash::Yes && size <= largestHashed)
            file.sha256 = sha256OfFile(file.path).value_or("");
        files.push_back(std::move(file));
    }
    std::ranges::sort(files, {}, &RunFile::path);
    return files;
}

std::vector<int> recordedRanks(const std::vector<RunFile>& files) {
    std::vector<int> ranks;
    for (const RunFile& file : files)
        if (const std::optional<int> rank = rankOfTraceFile(file.path)) ranks.push_back(*rank);
    std::ranges::sort(ranks);
    return ranks;
}

Result<void> removeRunFiles(const fs::path& store, const RunId& run) {
    std::error_code failed;
    const fs::path folder = traceRoot(store) / run.text;
    fs::remove_all(folder, failed);
    if (!failed) return {};
    return Error{ErrorCode::Failed,
                 "cannot remove the traces in '" + folder.string() + "': " + failed.message()};
}

}  // namespace ringscope
