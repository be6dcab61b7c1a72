#include "launcher/descriptor.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <system_error>

namespace ringscope {
namespace {

constexpr std::size_t readSize = 64 * 1024;

// The same file under a number above those of the standard streams.
Result<Descriptor> aboveStandardStreams(Descriptor file) {
    if (file.number() > STDERR_FILENO) return file;
    Descriptor moved(::fcntl(file.number(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
    if (!moved.open()) return systemError("cannot open a pipe", errno);
    return moved;
}

Result<Ends> ends(std::array<int, 2> numbers, bool weRead) {
    Descriptor first(numbers[0]);
    Descriptor second(numbers[1]);
    RINGSCOPE_TRY(first, aboveStandardStreams(std::move(first)));
    RINGSCOPE_TRY(second, aboveStandardStreams(std::move(second)));
    if (weRead) return Ends{std::move(first), std::move(second)};
    return Ends{std::move(second), std::move(first)};
}

Result<Ends> pipe(bool weRead) {
    std::array<int, 2> numbers{};
    if (::pipe2(numbers.data(), O_CLOEXEC) != 0) return systemError("cannot open a pipe", errno);
    return ends(numbers, weRead);
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    if (this != &other) {
        close();
        number_ = std::exchange(other.number_, -1);
    }
    return *this;
}

void Descriptor::close() {
    if (number_ >= 0) ::close(std::exchange(number_, -1));
}

Result<Ends> readingPipe() { return pipe(true); }
Result<Ends> writingPipe() { return pipe(false); }

Result<Ends> writingSocket() {
    std::array<int, 2> numbers{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, numbers.data()) != 0)
        return systemError("cannot open a socket", errno);
    return ends(numbers, false);
}

void setNonBlocking(int number, bool on) {
    const int flags = ::fcntl(number, F_GETFL);
    if (flags >= 0) ::fcntl(number, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
}

bool isNonBlocking(int number) {
    const int flags = ::fcntl(number, F_GETFL);
    return flags >= 0 && (flags & O_NONBLOCK) != 0;
}

ReadOutcome readSome(int number, std::string& bytes) {
    bytes.resize(readSize);
    ssize_t count = 0;
    do {
        count = ::read(number, bytes.data(), bytes.size());
    } while (count < 0 && errno == EINTR);
    bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    if (count > 0) return ReadOutcome::Some;
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return ReadOutcome::Nothing;
    return ReadOutcome::Ended;
}

Error systemError(std::string_view what, int number) {
    return {ErrorCode::Failed, std::string(what) + ": " + std::generic_category().message(number)};
}

}  // namespace ringscope
