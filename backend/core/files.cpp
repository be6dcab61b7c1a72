#include "backend/core/files.h"

#include "backend/core/ids.h"

#include <fcntl.h>
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

// Opens a new file beside `path` for writing. The kernel applies the umask, so that it is as
// readable as any other file of the user; mkstemp() would make a private one. Returns -1 with errno
// where that fails.
int openNewFile(const fs::path& path, std::string& name) {
    constexpr int mostNames = 100;
    for (int tried = 0; tried < mostNames; ++tried) {
        name = path.string() + "." + RunId::random().text.substr(0, 8);
        const int file = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (file >= 0 || errno != EEXIST) return file;
    }
    return -1;
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
    std::string half;
    const int file = openNewFile(path, half);
    if (file < 0) return fileError(path, "write", errno);
    const bool written = writeAll(file, content) && ::fsync(file) == 0;
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
