#include "backend/store/run_files.h"

#include "backend/core/sha256.h"
#include "backend/trace/trace_files.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <system_error>

namespace ringscope {
namespace fs = std::filesystem;
namespace {

constexpr std::uintmax_t largestHashed = 256ULL << 20;  // bytes; reading more takes seconds

std::vector<RunFile> filesIn(const fs::path& folder, WithHash hash) {
    std::vector<RunFile> files;
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(folder, failed)) {
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

}  // namespace

fs::path weightRoot(const fs::path& store) { return fs::absolute(store).parent_path() / "weights"; }

Result<fs::path> weightFolder(const fs::path& store, const RunId& run) {
    const fs::path folder = weightRoot(store) / run.text;
    std::error_code ignored;
    if (fs::is_directory(folder, ignored)) return folder;
    return Error{ErrorCode::NotFound, "run '" + run.text.substr(0, 8) +
                                          "' kept no weights; a run with checkpoint.at_end true "
                                          "that finished does"};
}

std::vector<RunFile> runFiles(const fs::path& store, const RunId& run, WithHash hash) {
    std::vector<RunFile> files = filesIn(traceRoot(store) / run.text, hash);
    std::ranges::move(filesIn(weightRoot(store) / run.text, hash), std::back_inserter(files));
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
    for (const fs::path& root : {traceRoot(store), weightRoot(store)}) {
        std::error_code failed;
        fs::remove_all(root / run.text, failed);
        if (failed)
            return Error{ErrorCode::Failed,
                         "cannot remove '" + (root / run.text).string() + "': " + failed.message()};
    }
    return {};
}

}  // namespace ringscope
