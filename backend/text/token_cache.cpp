#include "backend/text/token_cache.h"

#include "backend/core/files.h"
#include "backend/core/output_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>
#include <ostream>
#include <system_error>
#include <thread>
#include <utility>

namespace ringscope {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view tokenFileEnding = ".tokens";
constexpr std::chrono::milliseconds lockInterval{50};

// Held while one process makes a file; ends with the process, however that ends.
class MakerLock {
public:
    // Nothing where the file system has no locks: two may make the same file then, and the last
    // rename wins.
    static Result<MakerLock> take(const fs::path& path, const std::function<Result<void>()>& wait) {
        const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (file < 0) {
            Error refused = fileError(path, "write", errno);
            refused.code = ErrorCode::Unavailable;
            return refused;
        }
        MakerLock lock(path, file);
        while (::flock(file, LOCK_EX | LOCK_NB) != 0) {
            if (errno != EWOULDBLOCK && errno != EINTR) return lock;
            RINGSCOPE_CHECK(wait());
            std::this_thread::sleep_for(lockInterval);
        }
        lock.held_ = true;
        return lock;
    }

    MakerLock(MakerLock&& other) noexcept
        : path_(std::move(other.path_)),
          file_(std::exchange(other.file_, -1)),
          held_(std::exchange(other.held_, false)) {}
    MakerLock& operator=(MakerLock&&) = delete;
    // Whoever waits for the file that is removed here looks for the tokens when it has it.
    ~MakerLock() {
        if (held_) ::unlink(path_.c_str());
        if (file_ >= 0) ::close(file_);
    }

private:
    MakerLock(fs::path path, int file) : path_(std::move(path)), file_(file) {}

    fs::path path_;
    int file_;
    bool held_ = false;
};

void touch(const fs::path& file) {
    std::error_code ignored;
    fs::last_write_time(file, fs::file_time_type::clock::now(), ignored);
}

}  // namespace

TokenCache TokenCache::ofUser() { return TokenCache(cacheDirectory() / "tokens"); }

fs::path TokenCache::fileOf(const std::string& key) const {
    return folder_ / (key + std::string(tokenFileEnding));
}

Result<fs::path> TokenCache::file(const std::string& key, const Making& making) const {
    const fs::path path = fileOf(key);
    std::error_code failed;
    if (!fs::exists(path, failed) || !making.isWhole(path)) {
        if (Result<void> made = makePrivateFolder(folder_); !made.ok())
            return Error{ErrorCode::Unavailable, made.error().message};
        RINGSCOPE_CHECK(make(path, making));
    }
    touch(path);
    return path;
}

Result<void> TokenCache::make(const fs::path& file, const Making& making) const {
    RINGSCOPE_TRY(const MakerLock lock, MakerLock::take(file.string() + ".lock", making.wait));
    std::error_code failed;
    if (fs::exists(file, failed) && making.isWhole(file)) return {};  // another made it meanwhile
    removeHalves(file);
    Result<void> made;
    Result<void> written = writeOutput(file, [&](std::ostream& out) {
        made = making.make(out);
        if (!made.ok()) out.setstate(std::ios::failbit);
    });
    RINGSCOPE_CHECK(std::move(made));
    if (!written.ok()) return Error{ErrorCode::Unavailable, written.error().message};
    bound(file);
    return {};
}

// What makers that were killed left beside the file.
void TokenCache::removeHalves(const fs::path& file) const {
    const std::string begin = file.filename().string() + ".";
    std::error_code failed;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_, failed)) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with(begin) || name.ends_with(".lock")) continue;
        std::error_code ignored;
        fs::remove(entry.path(), ignored);
    }
}

void TokenCache::bound(const fs::path& kept) const {
    std::int64_t bytes = 0;
    for (const Entry& entry : entries()) {
        bytes += entry.bytes;
        if (bytes <= mostBytes_ || entry.file == kept) continue;
        std::error_code ignored;
        fs::remove(entry.file, ignored);
        bytes -= entry.bytes;
    }
}

std::vector<TokenCache::Entry> TokenCache::entries() const {
    std::vector<Entry> entries;
    std::error_code failed;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_, failed)) {
        std::error_code gone;
        if (entry.path().extension() != tokenFileEnding) continue;
        const auto bytes = static_cast<std::int64_t>(entry.file_size(gone));
        const fs::file_time_type used = entry.last_write_time(gone);
        if (!gone) entries.push_back({entry.path(), bytes, used});
    }
    std::ranges::sort(entries, [](const Entry& a, const Entry& b) {
        return a.used != b.used ? a.used > b.used : a.file < b.file;
    });
    return entries;
}

Result<std::int64_t> TokenCache::clear() const {
    std::int64_t bytes = 0;
    std::error_code none;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_, none)) {
        const std::string name = entry.path().filename().string();
        if (name.find(tokenFileEnding) == std::string::npos || name.ends_with(".lock")) continue;
        std::error_code failed;
        const auto size = static_cast<std::int64_t>(entry.file_size(failed));
        fs::remove(entry.path(), failed);
        if (failed) return fileError(entry.path(), "remove", failed.value());
        bytes += size;
    }
    return bytes;
}

}  // namespace ringscope
