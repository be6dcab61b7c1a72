#include "backend/core/output_file.h"

#include "backend/core/files.h"
#include "backend/core/ids.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <ext/stdio_filebuf.h>
#include <optional>
#include <ostream>
#include <string>
#include <system_error>

namespace ringscope {
namespace fs = std::filesystem;
namespace {

// Where the bytes go.
struct Target {
    fs::path place;                       // links followed
    bool through = false;                 // a device or a pipe, which is not replaced
    std::optional<mode_t> permissions{};  // of the file that is replaced
};

Error refusal(const fs::path& path, const std::string& why) {
    return {ErrorCode::InvalidConfig,
            "cannot write '" + path.string() + "': it is " + why + "; name another file"};
}

Result<Target> targetOf(const fs::path& path) {
    struct stat there {};
    if (::stat(path.c_str(), &there) != 0) {
        if (errno != ENOENT) return fileError(path, "write", errno);
        struct stat link {};
        if (::lstat(path.c_str(), &link) == 0) return refusal(path, "a link to nothing");
        return Target{.place = path};
    }
    switch (there.st_mode & S_IFMT) {
        case S_IFCHR:
        case S_IFIFO:
            return Target{.place = path, .through = true};
        case S_IFDIR:
            return refusal(path, "a folder");
        case S_IFSOCK:
            return refusal(path, "a socket");
        case S_IFBLK:
            return refusal(path, "a disk");
        default:
            break;
    }
    if ((there.st_mode & S_IWUSR) == 0) return refusal(path, "read-only");
    std::error_code failed;
    const fs::path place = fs::canonical(path, failed);
    if (failed) return fileError(path, "write", failed.value());
    return Target{.place = place, .permissions = there.st_mode & 07777};
}

// Opens a new file beside `place` for writing. The kernel applies the umask, so that it is as
// readable as any other file of the user; mkstemp() would make a private one. Returns -1 with errno
// where that fails.
int openNewFile(const fs::path& place, std::string& name) {
    constexpr int mostNames = 100;
    for (int tried = 0; tried < mostNames; ++tried) {
        name = place.string() + "." + RunId::random().text.substr(0, 8);
        const int file = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (file >= 0 || errno != EEXIST) return file;
    }
    return -1;
}

// Lets `write` fill the open file and closes it. Returns 0, or errno.
int fill(int file, bool onDisk, const std::function<void(std::ostream&)>& write) {
    __gnu_cxx::stdio_filebuf<char> buffer(file, std::ios::out | std::ios::binary);
    std::ostream out(&buffer);
    errno = 0;
    write(out);
    out.flush();
    if (out && onDisk && ::fsync(file) != 0) return errno;
    if (!out) return errno != 0 ? errno : EIO;
    return buffer.close() != nullptr ? 0 : errno;
}

Result<void> writeThrough(const fs::path& path, const std::function<void(std::ostream&)>& write) {
    // Without O_NONBLOCK, opening a pipe that nobody reads would never return.
    const int file = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (file < 0 && errno == ENXIO) return refusal(path, "a pipe that nobody reads");
    if (file < 0) return fileError(path, "write", errno);
    ::fcntl(file, F_SETFL, ::fcntl(file, F_GETFL) & ~O_NONBLOCK);
    if (const int number = fill(file, false, write); number != 0)
        return fileError(path, "write", number);
    return {};
}

}  // namespace

Result<void> writeOutput(const fs::path& path, const std::function<void(std::ostream&)>& write) {
    RINGSCOPE_TRY(const Target target, targetOf(path));
    if (target.through) return writeThrough(path, write);
    std::string half;
    const int file = openNewFile(target.place, half);
    if (file < 0) return fileError(path, "write", errno);
    if (target.permissions) ::fchmod(file, *target.permissions);
    int number = fill(file, true, write);
    if (number == 0 && ::rename(half.c_str(), target.place.c_str()) != 0) number = errno;
    if (number == 0) return {};
    ::unlink(half.c_str());
    return fileError(path, "write", number);
}

Result<void> writeOutput(const fs::path& path, std::string_view content) {
    return writeOutput(path, [&](std::ostream& out) {
        out.write(content.data(), static_cast<std::streamsize>(content.size()));
    });
}

bool replacesAFile(const fs::path& path) {
    std::error_code ignored;
    return fs::is_regular_file(path, ignored);
}

}  // namespace ringscope
