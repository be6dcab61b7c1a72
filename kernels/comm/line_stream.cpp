#include "kernels/comm/line_stream.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace ringscope {
namespace {

Error streamError(const std::string& path, int number) {
    return Error{ErrorCode::Unavailable, "cannot reach the program at '" + path +
                                             "': " + std::generic_category().message(number)};
}

}  // namespace

Result<LineStream> LineStream::connect(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return streamError(path, ENAMETOOLONG);
    std::memcpy(address.sun_path, path.data(), path.size());
    LineStream stream(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (stream.socket_ < 0) return streamError(path, errno);
    if (::connect(stream.socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return streamError(path, errno);
    return stream;
}

LineStream::LineStream(LineStream&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), pending_(std::move(other.pending_)) {}

LineStream::~LineStream() {
    if (socket_ >= 0) ::close(socket_);
}

std::optional<std::string> LineStream::read() {
    std::size_t searched = 0;
    for (;;) {
        const std::size_t end = pending_.find('\n', searched);
        if (end != std::string::npos) {
            std::string line = pending_.substr(0, end);
            pending_.erase(0, end + 1);
            return line;
        }
        searched = pending_.size();
        std::array<char, 64 * 1024> buffer;
        const ssize_t count = ::read(socket_, buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return std::nullopt;
        pending_.append(buffer.data(), static_cast<std::size_t>(count));
    }
}

bool LineStream::write(std::string_view line) {
    const std::string bytes = std::string(line) + '\n';
    std::size_t sent = 0;
    while (sent < bytes.size()) {
        const ssize_t count =
            ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return false;
        sent += static_cast<std::size_t>(count);
    }
    return true;
}

void LineStream::stop() { ::shutdown(socket_, SHUT_RDWR); }

}  // namespace ringscope
