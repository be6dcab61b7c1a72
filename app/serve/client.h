// A connection of a client: reads requests one after another, and writes an answer to each, whole
// or as a stream of events.
//
//     reading  --asked()-->  answering  --answer(), endStream()-->  reading
//         \-- slow, broken, too large: an error or the end        \-- left(): the client has gone
//
// All of it runs on the thread of the socket's context. What a client does slowly holds up nobody
// else: each of its reads and writes has a time in which it must go on.
#pragma once

#include "backend/serve/api_error.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/string_body.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ringscope {

struct ClientLimits {
    std::chrono::milliseconds patience{30'000};  // to send a request, to read what is written
    std::int64_t body = 0;                       // bytes of a request
    std::size_t unread = std::size_t{1} << 20;   // bytes of a stream that wait for the client
};

struct ClientRequest {
    std::string method{};
    std::string path{};  // without the query
    std::string authorization{};
    std::string host{};
    std::string contentType{};
    std::string body{};
};

struct ClientAnswer {
    int status = 200;
    std::string type{"application/json"};
    std::string body{};
    std::vector<std::pair<std::string, std::string>> headers{};
};

class Client;

class ClientHandler {
public:
    virtual ~ClientHandler() = default;
    virtual void asked(const std::shared_ptr<Client>& client, ClientRequest request) = 0;
    // The client has gone before its answer was complete.
    virtual void left(Client& client) = 0;
    // What cannot be read as a request is answered with this status.
    virtual void refused(int status) = 0;
    // Once for each asked() and refused(): the answer is written, or nobody reads it any more.
    virtual void answered() = 0;
    virtual void closed() = 0;
    // Connections end after the answer that they are at.
    virtual bool isEnding() const = 0;
};

class Client : public std::enable_shared_from_this<Client> {
public:
    using Socket = boost::asio::ip::tcp::socket;

    // The handler must outlive the client.
    Client(Socket socket, ClientHandler& handler, const ClientLimits& limits);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    void start() { readHeader(); }
    bool hasGone() const { return gone_; }
    bool isIdle() const { return state_ == State::Reading; }

    // One of the two for each request. Calls after the client has gone do nothing.
    void answer(ClientAnswer answer);
    void beginStream();
    void send(std::string_view events);
    void endStream();

    // Ends the connection without an answer.
    void close();

private:
    enum class State { Reading, Answering, Streaming, Over };
    using Failure = boost::system::error_code;

    void readHeader();
    void readBody();
    void took();
    void cannotRead(Failure failure);
    void refuse(const ApiError& error);
    void watch();
    void leave();
    void writeNext();
    void wrote(bool goesOn);
    void discardRest();

    boost::beast::tcp_stream stream_;
    ClientHandler& handler_;
    ClientLimits limits_;
    State state_ = State::Reading;
    bool gone_ = false;
    std::int64_t turn_ = 0;  // requests so far: a watch of an earlier one is over

    boost::beast::flat_buffer buffer_;
    std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
    boost::beast::http::response<boost::beast::http::string_body> response_;
    bool keepAlive_ = false;
    bool chunked_ = false;
    std::optional<boost::beast::http::response_serializer<boost::beast::http::string_body>> head_;

    std::string next_{};     // of a stream, to be written after
    std::string written_{};  // this
    bool writing_ = false;
    bool streamEnds_ = false;
    std::size_t discarded_ = 0;
};

}  // namespace ringscope
