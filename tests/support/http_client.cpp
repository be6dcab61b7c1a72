#include "tests/support/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <system_error>
#include <utility>

namespace ringscope::test {
namespace {

constexpr int longestWait = 60'000;  // ms

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char letter) {
        return static_cast<char>(std::tolower(letter));
    });
    return text;
}

}  // namespace

HttpClient::HttpClient(std::uint16_t port, int window)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (window > 0) ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &window, sizeof window);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
        throw std::system_error(errno, std::generic_category(), "connect");
}

HttpClient::HttpClient(HttpClient&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), pending_(std::move(other.pending_)) {}

HttpClient::~HttpClient() { leave(); }

void HttpClient::leave() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
}

void HttpClient::send(std::string_view bytes) const {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;  // what the server says of it is still read
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

void HttpClient::post(const std::string& path, const std::string& body,
                      const std::string& headers) const {
    send("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
         "Content-Length: " + std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body);
}

void HttpClient::get(const std::string& path, const std::string& headers) const {
    send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n");
}

bool HttpClient::more() {
    pollfd file{socket_, POLLIN, 0};
    if (::poll(&file, 1, longestWait) <= 0) return false;
    std::array<char, 4096> buffer{};
    const ssize_t count = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (count <= 0) return false;
    pending_.append(buffer.data(), static_cast<std::size_t>(count));
    return true;
}

std::optional<std::string> HttpClient::line() {
    std::size_t end = pending_.find("\r\n");
    for (; end == std::string::npos; end = pending_.find("\r\n"))
        if (!more()) return std::nullopt;
    std::string text = pending_.substr(0, end);
    pending_.erase(0, end + 2);
    return text;
}

HttpAnswer HttpClient::answer() {
    HttpAnswer answer;
    const std::optional<std::string> first = line();
    if (!first) return answer;
    answer.status = std::stoi(first->substr(first->find(' ') + 1));
    for (std::optional<std::string> each = line(); each && !each->empty(); each = line()) {
        const std::size_t colon = each->find(": ");
        answer.headers[lower(each->substr(0, colon))] = each->substr(colon + 2);
    }
    const auto take = [&](std::size_t bytes) {
        while (pending_.size() < bytes && more()) {
        }
        answer.body += pending_.substr(0, bytes);
        pending_.erase(0, bytes);
    };
    if (answer.headers.contains("content-length")) {
        take(std::stoul(answer.headers["content-length"]));
    } else if (answer.headers["transfer-encoding"] == "chunked") {
        for (std::optional<std::string> size = line(); size; size = line()) {
            const std::size_t bytes = std::stoul(*size, nullptr, 16);
            take(bytes);
            line();  // behind the chunk
            if (bytes == 0) break;
        }
    } else {
        while (more()) {
        }
        answer.body = std::exchange(pending_, {});
    }
    return answer;
}

bool HttpClient::endsWithin(std::chrono::seconds limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (std::chrono::steady_clock::now() < end) {
        pollfd file{socket_, POLLIN, 0};
        if (::poll(&file, 1, 100) <= 0) continue;
        std::array<char, 4096> buffer{};
        if (::recv(socket_, buffer.data(), buffer.size(), 0) <= 0) return true;
    }
    return false;
}

}  // namespace ringscope::test
