#include "launcher/metrics_endpoint.h"

#include "backend/core/plain_text.h"
#include "backend/sink/metrics_board.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <thread>
#include <utility>

namespace ringscope {
namespace {

namespace http = boost::beast::http;
using boost::asio::ip::tcp;

constexpr std::int64_t largestPort = 65'535;
constexpr std::chrono::seconds patience{10};  // with who asks and does not go on
constexpr int mostConnections = 32;           // at once; others wait

using Request = http::request<http::empty_body>;
using Response = http::response<http::string_body>;

Response answerTo(const Request& request, const MetricsBoard& board) {
    Response response{http::status::ok, request.version()};
    response.keep_alive(request.keep_alive());
    const auto say = [&](http::status status, const char* words) {
        response.result(status);
        response.set(http::field::content_type, "text/plain; charset=utf-8");
        response.body() = words;
    };
    const std::string_view target(request.target().data(), request.target().size());
    if (request.method() != http::verb::get) {
        say(http::status::method_not_allowed, "only GET\n");
    } else if (target.substr(0, target.find('?')) != "/metrics") {
        say(http::status::not_found, "the figures are at /metrics\n");
    } else {
        response.set(http::field::content_type, std::string(MetricsBoard::contentType));
        response.body() = board.text();
    }
    response.prepare_payload();
    return response;
}

// One who asks, until he has gone or stands still.
class Connection : public std::enable_shared_from_this<Connection> {
public:
    Connection(tcp::socket socket, const MetricsBoard& board, std::function<void()> gone)
        : stream_(std::move(socket)), board_(board), gone_(std::move(gone)) {}
    ~Connection() { gone_(); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    void read() {
        parser_.emplace();
        parser_->header_limit(8 * 1024);
        stream_.expires_after(patience);
        http::async_read(
            stream_, buffer_, *parser_,
            [self = shared_from_this()](boost::system::error_code failed, std::size_t) {
                if (!failed) self->write();
            });
    }

private:
    void write() {
        response_ = answerTo(parser_->get(), board_);
        stream_.expires_after(patience);
        http::async_write(
            stream_, response_,
            [self = shared_from_this()](boost::system::error_code failed, std::size_t) {
                if (!failed && self->response_.keep_alive()) self->read();
            });
    }

    boost::beast::tcp_stream stream_;
    const MetricsBoard& board_;
    std::function<void()> gone_;
    boost::beast::flat_buffer buffer_;
    std::optional<http::request_parser<http::empty_body>> parser_;
    Response response_;
};

class MetricsEndpoint final : public SinkWriter {
public:
    MetricsEndpoint() : acceptor_(context_) {}
    ~MetricsEndpoint() override {
        context_.stop();
        if (thread_.joinable()) thread_.join();
    }
    MetricsEndpoint(const MetricsEndpoint&) = delete;
    MetricsEndpoint& operator=(const MetricsEndpoint&) = delete;

    Result<void> listen(const std::string& host, std::uint16_t port) {
        boost::system::error_code failed;
        const auto address = boost::asio::ip::make_address(host, failed);
        if (failed)
            return Error{ErrorCode::InvalidConfig,
                         shown(host) + " is no address; expected one like 127.0.0.1"};
        const tcp::endpoint at(address, port);
        acceptor_.open(at.protocol(), failed);
        if (!failed) acceptor_.set_option(tcp::acceptor::reuse_address(true), failed);
        if (!failed) acceptor_.bind(at, failed);
        if (!failed) acceptor_.listen(boost::asio::socket_base::max_listen_connections, failed);
        if (failed)
            return Error{ErrorCode::Unavailable, "cannot listen on " + host + " port " +
                                                     std::to_string(port) + ": " +
                                                     failed.message() + "; name a free port"};
        accept();
        thread_ = std::thread([this] { context_.run(); });
        return {};
    }

    Result<void> write(const RunEvent& event) override {
        board_.write(event);
        return {};
    }

private:
    // All of this on the context's thread.
    void accept() {
        accepting_ = true;
        acceptor_.async_accept([this](boost::system::error_code failed, tcp::socket socket) {
            accepting_ = false;
            if (!failed) {
                ++connections_;
                std::make_shared<Connection>(std::move(socket), board_, [this] {
                    leave();
                })->read();
            }
            if (connections_ < mostConnections) accept();
        });
    }

    void leave() {
        --connections_;
        if (!accepting_ && !context_.stopped()) accept();
    }

    MetricsBoard board_;
    int connections_ = 0;
    bool accepting_ = false;
    boost::asio::io_context context_{1};
    tcp::acceptor acceptor_;
    std::thread thread_;
};

struct ListeningAddress {
    std::string host{"127.0.0.1"};
    std::uint16_t port = 0;
};

Result<ListeningAddress> parseListeningAddress(const std::string& text) {
    ListeningAddress address;
    const std::size_t colon = text.rfind(':');
    if (colon != std::string::npos) address.host = text.substr(0, colon);
    const auto port = parseInteger(colon == std::string::npos ? text : text.substr(colon + 1));
    if (!port || *port < 1 || *port > largestPort || address.host.empty())
        return Error{ErrorCode::InvalidConfig,
                     "expected PORT or ADDRESS:PORT like 9400; got " + std::string(shown(text))};
    address.port = static_cast<std::uint16_t>(*port);
    return address;
}

}  // namespace

Result<std::unique_ptr<SinkWriter>> openMetricsEndpoint(const std::string& address) {
    RINGSCOPE_TRY(const ListeningAddress at, parseListeningAddress(address));
    auto endpoint = std::make_unique<MetricsEndpoint>();
    RINGSCOPE_CHECK(endpoint->listen(at.host, at.port));
    return std::unique_ptr<SinkWriter>(std::move(endpoint));
}

}  // namespace ringscope
