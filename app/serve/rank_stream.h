// The front's end of the stream to the rank that computes (backend/generate/serving.h).
#pragma once

#include "backend/core/result.h"
#include "backend/generate/serving.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/streambuf.hpp>

#include <filesystem>
#include <functional>
#include <string>

namespace ringscope {

// All of it on the context's thread.
class RankStream {
public:
    explicit RankStream(boost::asio::io_context& context);
    ~RankStream();  // removes the socket and its folder
    RankStream(const RankStream&) = delete;
    RankStream& operator=(const RankStream&) = delete;

    // Listens at a path in a folder that only this user can enter. `heard` gets every event of the
    // rank, the first time `ready`; who does not know the secret is not listened to. `gone`: the
    // rank's end is there, and nothing more will come.
    Result<void> listen(std::function<void(const ServingEvent&)> heard, std::function<void()> gone);

    const std::string& path() const { return path_; }
    const std::string& secret() const { return secret_; }

    void send(const ServingCommand& command);
    void close();  // the rank ends then

private:
    void accept();
    void read();
    void take(const std::string& line);
    void write();

    boost::asio::local::stream_protocol::acceptor acceptor_;
    boost::asio::local::stream_protocol::socket socket_;
    std::filesystem::path folder_{};
    std::string path_{};
    std::string secret_{};
    std::function<void(const ServingEvent&)> heard_;
    std::function<void()> gone_;
    boost::asio::streambuf buffer_;
    bool isKnown_ = false;
    std::string next_{};
    std::string written_{};
    bool writing_ = false;
};

}  // namespace ringscope
