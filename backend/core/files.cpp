#include "backend/core/files.h"

#include "backend/core/units.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <istream>
#include <limits>
#include <system_error>

namespace ringscope {
namespace fs = std::filesystem;
namespace {

Error tooLarge(const std::string& name) {
    return {ErrorCode::InvalidConfig,
            name + " is larger than " + formatBytes({static_cast<std::int64_t>(largestTextFile)}) +
                ", which no experiment, hostfile or rule file is; is it the right one?"};
}

Result<std::string> readOpened(int file, const fs::path& path, std::size_t most) {
    struct stat about {};
    if (::fstat(file, &about) != 0) return fileError(path, "read", errno);
    if (S_ISDIR(about.st_mode))
        return Error{ErrorCode::Failed, "'" + path.string() + "' is a folder, not a file"};
    if (!S_ISREG(about.st_mode))
        return Error{ErrorCode::InvalidConfig,
                     "'" + path.string() + "' is no regular file; name one"};
    std::string content;
    content.reserve(std::min<std::size_t>(most, static_cast<std::size_t>(about.st_size) + 1));
    std::array<char, 64 << 10> piece;
    while (content.size() <= most) {
        const ssize_t count = ::read(file, piece.data(), piece.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fileError(path, "read", errno);
        if (count == 0) break;
        content.append(piece.data(), static_cast<std::size_t>(count));
    }
    return content;
}

// Reads until the end, or until there are more bytes than `most`.
Result<std::string> readUpTo(const fs::path& path, std::size_t most) {
    // Without O_NONBLOCK, opening a pipe that nobody writes would never return.
    const int file = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (file < 0) return fileError(path, "read", errno);
    Result<std::string> content = readOpened(file, path, most);
    ::close(file);
    return content;
}

}  // namespace

Error fileError(const fs::path& path, std::string_view what, int number) {
    const ErrorCode code = number == ENOENT ? ErrorCode::NotFound : ErrorCode::Failed;
    return {code, "cannot " + std::string(what) + " '" + path.string() +
                      "': " + std::generic_category().message(number)};
}

Result<std::string> readFile(const fs::path& path) {
    return readUpTo(path, std::numeric_limits<std::size_t>::max() - 1);
}

Result<std::string> readFile(const fs::path& path, std::size_t most) {
    RINGSCOPE_TRY(std::string content, readUpTo(path, most));
    if (content.size() <= most) return content;
    return Error{ErrorCode::InvalidConfig, "'" + path.string() + "' is larger than " +
                                               formatBytes({static_cast<std::int64_t>(most)}) +
                                               "; is it the right file?"};
}

Result<std::string> readTextFile(const fs::path& path) {
    RINGSCOPE_TRY(std::string text, readUpTo(path, largestTextFile));
    if (text.size() > largestTextFile) return tooLarge("'" + path.string() + "'");
    return text;
}

Result<std::string> readText(std::istream& in, const std::string& name) {
    std::string text;
    std::array<char, 64 << 10> piece;
    while (in.read(piece.data(), piece.size()) || in.gcount() > 0) {
        text.append(piece.data(), static_cast<std::size_t>(in.gcount()));
        if (text.size() > largestTextFile) return tooLarge(name);
    }
    return text;
}

Result<void> makePrivateFolder(const fs::path& folder) {
    std::error_code failed;
    if (folder.empty() || fs::is_directory(folder, failed)) return {};
    const fs::path above = folder.parent_path();
    if (above != folder) RINGSCOPE_CHECK(makePrivateFolder(above));
    if (::mkdir(folder.c_str(), 0700) == 0) return {};
    const int number = errno;
    if (number == EEXIST && fs::is_directory(folder, failed)) return {};  // another made it
    const ErrorCode code = number == EEXIST ? ErrorCode::Failed : ErrorCode::Unavailable;
    return Error{code, "cannot make the folder '" + folder.string() +
                           "': " + std::generic_category().message(number)};
}

fs::path programDirectory() {
    std::error_code failed;
    const fs::path program = fs::read_symlink("/proc/self/exe", failed);
    return failed ? fs::current_path() : program.parent_path();
}

fs::path dataDirectory() {
    if (const char* data = std::getenv("XDG_DATA_HOME"); data != nullptr && *data == '/')
        return fs::path(data) / "ringscope";
    const char* home = std::getenv("HOME");
    return fs::path(home != nullptr ? home : "/tmp") / ".local" / "share" / "ringscope";
}

fs::path cacheDirectory() {
    if (const char* cache = std::getenv("RINGSCOPE_CACHE"); cache != nullptr && *cache != 0)
        return cache;
    if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache == '/')
        return fs::path(cache) / "ringscope";
    const char* home = std::getenv("HOME");
    return fs::path(home != nullptr ? home : "/tmp") / ".cache" / "ringscope";
}

}  // namespace ringscope
