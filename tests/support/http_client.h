// HTTP over a socket of the test's own, so that a test can be slow, leave in the middle, or send
// what no library would.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace ringscope::test {

struct HttpAnswer {
    int status = 0;                                // 0: the connection ended before an answer
    std::map<std::string, std::string> headers{};  // names in lower case
    std::string body{};                            // of chunks, put together
};

class HttpClient {
public:
    // Connects. `window`: bytes that the system takes for it before they are read; 0: as usual.
    explicit HttpClient(std::uint16_t port, int window = 0);
    ~HttpClient();
    HttpClient(HttpClient&& other) noexcept;
    HttpClient& operator=(HttpClient&&) = delete;

    void send(std::string_view bytes) const;
    void post(const std::string& path, const std::string& body,
              const std::string& headers = "") const;
    void get(const std::string& path, const std::string& headers = "") const;

    HttpAnswer answer();                // blocks up to the limit of 60 s
    std::optional<std::string> line();  // of what comes, without its end; nothing: the end
    bool endsWithin(
        std::chrono::seconds limit);  // whether the other side ends it; drops what comes
    void leave();

private:
    bool more();

    int socket_;
    std::string pending_{};
};

}  // namespace ringscope::test
