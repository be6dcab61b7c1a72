#include "app/serve/client.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http.hpp>

#include <array>

namespace ringscope {
namespace {

namespace http = boost::beast::http;
using boost::asio::ip::tcp;

constexpr int bytesOfSystem = 256 * 1024;  // that the system keeps for a client who does not read
constexpr std::uint32_t largestHeader = 16 * 1024;
constexpr std::size_t mostDiscarded = std::size_t{64} << 20;  // of a request that was refused
constexpr std::chrono::seconds discardTime{2};
constexpr std::string_view goOn = "HTTP/1.1 100 Continue\r\n\r\n";

std::string textOf(boost::beast::string_view text) { return {text.data(), text.size()}; }

ClientRequest plain(http::request<http::string_body>&& request) {
    const std::string target = textOf(request.target());
    return {.method = textOf(request.method_string()),
            .path = target.substr(0, target.find('?')),
            .authorization = textOf(request[http::field::authorization]),
            .host = textOf(request[http::field::host]),
            .contentType = textOf(request[http::field::content_type]),
            .body = std::move(request.body())};
}

}  // namespace

Client::Client(Socket socket, ClientHandler& handler, const ClientLimits& limits)
    : stream_(std::move(socket)), handler_(handler), limits_(limits) {
    Failure ignored;
    stream_.socket().set_option(tcp::no_delay(true), ignored);  // a token is not held back
    stream_.socket().set_option(tcp::socket::send_buffer_size(bytesOfSystem), ignored);
    stream_.socket().non_blocking(true, ignored);
}

Client::~Client() { handler_.closed(); }

void Client::readHeader() {
    state_ = State::Reading;
    parser_.emplace();
    parser_->header_limit(largestHeader);
    parser_->body_limit(static_cast<std::uint64_t>(limits_.body));
    stream_.expires_after(limits_.patience);
    http::async_read_header(
        stream_, buffer_, *parser_, [self = shared_from_this()](Failure failure, std::size_t) {
            if (failure) return self->cannotRead(failure);
            if (self->parser_->get()[http::field::expect] != "100-continue")
                return self->readBody();
            boost::asio::async_write(self->stream_, boost::asio::buffer(goOn.data(), goOn.size()),
                                     [self](Failure broken, std::size_t) {
                                         if (broken) return self->cannotRead(broken);
                                         self->readBody();
                                     });
        });
}

void Client::readBody() {
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](Failure failure, std::size_t) {
                         if (failure) return self->cannotRead(failure);
                         self->took();
                     });
}

void Client::took() {
    ++turn_;
    state_ = State::Answering;
    keepAlive_ = parser_->get().keep_alive();
    chunked_ = parser_->get().version() >= 11;
    stream_.expires_never();
    watch();
    handler_.asked(shared_from_this(), plain(parser_->release()));
}

void Client::cannotRead(Failure failure) {
    if (failure == http::error::body_limit) return refuse(bodyTooLarge(limits_.body));
    if (failure == http::error::header_limit || failure == http::error::buffer_overflow)
        return refuse({.status = 431, .message = "the header is larger than 16 KiB"});
    const bool isBroken =
        failure.category() == make_error_code(http::error::bad_method).category() &&
        failure != http::error::end_of_stream && failure != http::error::partial_message;
    if (!isBroken) return close();  // the client ended it, or was too slow
    refuse({.message = "the request is no HTTP that can be read: " + failure.message()});
}

void Client::refuse(const ApiError& error) {
    ++turn_;
    state_ = State::Answering;
    keepAlive_ = false;
    handler_.refused(error.status);
    answer({.status = error.status, .body = errorBody(error)});
}

// Waits for what a client does that is being answered: where its side of the connection ends, it
// does not want the answer any more.
void Client::watch() {
    stream_.socket().async_wait(
        tcp::socket::wait_read, [self = shared_from_this(), turn = turn_](Failure failure) {
            if (failure || self->turn_ != turn || self->state_ == State::Reading) return;
            char byte = 0;
            Failure peeked;
            self->stream_.socket().receive(boost::asio::buffer(&byte, 1), tcp::socket::message_peek,
                                           peeked);
            if (!peeked) return;  // the next request: it waits
            if (peeked == boost::asio::error::would_block) return self->watch();
            self->leave();
        });
}

void Client::leave() {
    if (gone_) return;
    gone_ = true;
    if (state_ == State::Answering || state_ == State::Streaming) handler_.left(*this);
    close();
}

void Client::close() {
    const bool wasBusy = state_ == State::Answering || state_ == State::Streaming;
    gone_ = true;
    state_ = State::Over;
    Failure ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_both, ignored);
    stream_.close();
    if (wasBusy) handler_.answered();
}

void Client::answer(ClientAnswer answer) {
    if (gone_) return;
    response_ = {http::status::ok, chunked_ ? 11U : 10U};
    response_.result(static_cast<unsigned>(answer.status));
    response_.set(http::field::content_type, answer.type);
    for (const auto& [name, value] : answer.headers) response_.set(name, value);
    if (handler_.isEnding()) keepAlive_ = false;
    response_.keep_alive(keepAlive_);
    response_.body() = std::move(answer.body);
    response_.prepare_payload();
    stream_.expires_after(limits_.patience);
    http::async_write(
        stream_, response_,
        [self = shared_from_this()](Failure failure, std::size_t) { self->wrote(!failure); });
}

// A whole answer, or the last part of a stream.
void Client::wrote(bool goesOn) {
    if (gone_) return;
    if (!goesOn) return leave();
    state_ = State::Reading;
    ++turn_;
    handler_.answered();
    if (keepAlive_) return readHeader();
    state_ = State::Over;
    Failure ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    discardRest();
}

// A client that still sends would not see the answer if the connection was cut.
void Client::discardRest() {
    buffer_.clear();
    stream_.expires_after(discardTime);
    stream_.async_read_some(buffer_.prepare(64 * 1024),
                            [self = shared_from_this()](Failure failure, std::size_t bytes) {
                                self->discarded_ += bytes;
                                if (failure || self->discarded_ > mostDiscarded)
                                    return self->close();
                                self->discardRest();
                            });
}

void Client::beginStream() {
    if (gone_) return;
    state_ = State::Streaming;
    streamEnds_ = false;
    next_.clear();
    if (!chunked_) keepAlive_ = false;  // the end of the connection is the end of the stream
    if (handler_.isEnding()) keepAlive_ = false;
    response_ = {http::status::ok, chunked_ ? 11U : 10U};
    response_.set(http::field::content_type, "text/event-stream; charset=utf-8");
    response_.set(http::field::cache_control, "no-cache");
    response_.keep_alive(keepAlive_);
    response_.chunked(chunked_);
    head_.emplace(response_);
    writing_ = true;
    stream_.expires_after(limits_.patience);
    http::async_write_header(stream_, *head_,
                             [self = shared_from_this()](Failure failure, std::size_t) {
                                 self->writing_ = false;
                                 if (self->gone_) return;
                                 if (failure) return self->leave();
                                 self->writeNext();
                             });
}

void Client::send(std::string_view events) {
    if (gone_) return;
    next_ += events;
    if (next_.size() > limits_.unread) return leave();  // it reads too slowly
    writeNext();
}

void Client::endStream() {
    if (gone_) return;
    streamEnds_ = true;
    writeNext();
}

void Client::writeNext() {
    if (writing_ || gone_) return;
    const auto then = [self = shared_from_this()](Failure failure, std::size_t) {
        self->writing_ = false;
        if (self->gone_) return;
        if (failure) return self->leave();
        self->writeNext();
    };
    if (!next_.empty()) {
        writing_ = true;
        written_ = std::exchange(next_, {});
        stream_.expires_after(limits_.patience);
        const auto bytes = boost::asio::buffer(written_);
        if (chunked_)
            boost::asio::async_write(stream_, http::make_chunk(bytes), then);
        else
            boost::asio::async_write(stream_, bytes, then);
        return;
    }
    if (!streamEnds_) return;
    if (!chunked_) return wrote(/*goesOn=*/true);
    writing_ = true;
    stream_.expires_after(limits_.patience);
    boost::asio::async_write(stream_, http::make_chunk_last(),
                             [self = shared_from_this()](Failure failure, std::size_t) {
                                 self->writing_ = false;
                                 self->wrote(!failure);
                             });
}

}  // namespace ringscope
