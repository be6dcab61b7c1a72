#include "backend/sink/event_file.h"

#include "backend/core/files.h"

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <utility>

namespace ringscope {

Result<EventFile> EventFile::open(const std::filesystem::path& path, Existing existing) {
    constexpr mode_t readable = 0666;  // less the umask
    const int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY |
                      (existing == Existing::Refused ? O_EXCL : 0);
    const int number = ::open(path.c_str(), flags, readable);
    if (number < 0) return fileError(path, "write", errno);
    return EventFile(path, number);
}

EventFile::EventFile(std::filesystem::path path, int number)
    : path_(std::move(path)), number_(number) {}

EventFile::EventFile(EventFile&& other) noexcept
    : path_(std::move(other.path_)), number_(std::exchange(other.number_, -1)) {}

EventFile::~EventFile() {
    if (number_ >= 0) ::close(number_);
}

Result<void> EventFile::append(std::string_view record) {
    while (!record.empty()) {
        const ssize_t written = ::write(number_, record.data(), record.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return fileError(path_, "write", errno);
        record.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

}  // namespace ringscope
