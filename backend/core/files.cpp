#include "backend/core/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <system_error>

namespace ringscope {
namespace fs = std::filesystem;
namespace {

Error fileError(const fs::path& path, std::string_view what, int number) {
    const ErrorCode code = number == ENOENT ? ErrorCode::NotFound : ErrorCode::Failed;
    return {code, "cannot " + std::string(what) + " '" + path.string() +
                      "': " + std::generic_category().message(number)};
}

bool writeAll(int file, std::string_view content) {
    while (!content.empty()) {
        const ssize_t written = ::write(file, content.data(), content.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        content.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

}  // namespace

Result<std::string> readFile(const fs::path& path) {
    std::error_code ignored;
    if (fs::is_directory(path, ignored))
        return Error{ErrorCode::Failed, "'" + path.string() + "' is a folder, not a file"};
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    if (!file) return fileError(path, "read", errno);
    std::ostringstream content;
    content << file.rdbuf();
    if (file.bad()) return fileError(path, "read", errno);
    return std::move(content).str();
}

Result<void> writeFileAtomically(const fs::path& path, std::string_view content) {
    std::string half = path.string() + ".XXXXXX";
    const int file = ::mkstemp(half.data());
    if (file < 0) return fileError(path, "write", errno);
    // mkstemp makes the file private; a report is as readable as any other file of the user.
    const mode_t mask = ::umask(0);
    ::umask(mask);
    const bool written =
        ::fchmod(file, 0666 & ~mask) == 0 && writeAll(file, content) && ::fsync(file) == 0;
    const int writeNumber = errno;
    ::close(file);
    if (!written || ::rename(half.c_str(), path.c_str()) != 0) {
        const int number = written ? errno : writeNumber;
        ::unlink(half.c_str());
        return fileError(path, "write", number);
    }
    return {};
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

}  // namespace ringscope
