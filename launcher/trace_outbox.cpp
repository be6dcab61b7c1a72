#include "launcher/trace_outbox.h"

#include "backend/core/base64.h"
#include "launcher/descriptor.h"

#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>

namespace ringscope {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t partSize = 192 * 1024;  // 256 KiB as Base64
constexpr std::string_view folderPrefix = "ringscope-trace-";

// An agent that was killed leaves its folder. Another one's is told by its age: its process may be
// of a container, where this one cannot see it.
void removeLeftFolders(const fs::path& place) {
    const auto yesterday = fs::file_time_type::clock::now() - std::chrono::hours(24);
    std::error_code failed;
    for (const fs::directory_entry& entry : fs::directory_iterator(place, failed)) {
        if (!entry.path().filename().string().starts_with(folderPrefix)) continue;
        struct stat about {};
        if (::lstat(entry.path().c_str(), &about) != 0 || !S_ISDIR(about.st_mode)) continue;
        std::error_code ignored;
        if (about.st_uid == ::geteuid() && entry.last_write_time(ignored) < yesterday)
            fs::remove_all(entry.path(), ignored);
    }
}

}  // namespace

TraceOutbox::~TraceOutbox() {
    std::error_code ignored;
    if (collecting()) std::filesystem::remove_all(folder_, ignored);
}

Result<void> TraceOutbox::open() {
    std::error_code failed;
    const std::filesystem::path place = std::filesystem::temp_directory_path(failed);
    if (failed)
        return Error{ErrorCode::Failed, "there is no folder for the traces: " + failed.message() +
                                            "; set TMPDIR to one that is there"};
    removeLeftFolders(place);
    std::string name = (place / folderPrefix).string() + "XXXXXX";
    if (::mkdtemp(name.data()) == nullptr)
        return systemError("cannot make the folder '" + name + "' for the traces", errno);
    folder_ = name;
    return {};
}

bool TraceOutbox::openTraceOf(int rank) {
    if (!collecting()) return false;
    if (file_.is_open()) return true;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(folderOf(rank), ignored)) {
        file_.open(entry.path(), std::ios::binary);
        offset_ = 0;
        return file_.is_open();
    }
    return false;
}

std::optional<AgentFrame> TraceOutbox::next() {
    if (ended_.empty()) return std::nullopt;
    const RankExited exit = ended_.front();
    if (openTraceOf(exit.rank)) {
        std::string part(partSize, '\0');
        file_.read(part.data(), static_cast<std::streamsize>(part.size()));
        part.resize(static_cast<std::size_t>(file_.gcount()));
        if (!part.empty()) {
            const TraceChunk chunk{.rank = exit.rank, .offset = offset_, .data = toBase64(part)};
            offset_ += static_cast<std::int64_t>(part.size());
            return chunk;
        }
        file_.close();
        file_.clear();
    }
    ended_.pop_front();
    return exit;
}

}  // namespace ringscope
