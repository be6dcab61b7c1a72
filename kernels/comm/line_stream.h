// Lines to and from another program of this machine, over a socket in the file system.
#pragma once

#include "backend/core/result.h"

#include <optional>
#include <string>
#include <string_view>

namespace ringscope {

class LineStream {
public:
    // Connects to the program that listens at `path`.
    static Result<LineStream> connect(const std::string& path);
    LineStream(LineStream&& other) noexcept;
    LineStream& operator=(LineStream&&) = delete;
    ~LineStream();

    // The next line without its newline; blocks. Nothing: the other side is gone, or stop().
    std::optional<std::string> read();

    // The line and its newline; blocks while the other side does not read. False: it is gone. May
    // be called while another thread reads.
    bool write(std::string_view line);

    // Ends read() on another thread.
    void stop();

private:
    explicit LineStream(int socket) : socket_(socket) {}

    int socket_;
    std::string pending_{};
};

}  // namespace ringscope
