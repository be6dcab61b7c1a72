#include "app/serve/rank_stream.h"

#include "backend/core/files.h"
#include "backend/core/ids.h"

#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <istream>
#include <system_error>
#include <utility>

namespace ringscope {
namespace {

using boost::asio::local::stream_protocol;
using Failure = boost::system::error_code;

}  // namespace

RankStream::RankStream(boost::asio::io_context& context)
    : acceptor_(context), socket_(context), secret_(RunId::random().text) {}

RankStream::~RankStream() {
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

Result<void> RankStream::listen(std::function<void(const ServingEvent&)> heard,
                                std::function<void()> gone) {
    heard_ = std::move(heard);
    gone_ = std::move(gone);
    std::error_code none;
    const std::filesystem::path temporary = std::filesystem::temp_directory_path(none);
    if (none) return Error{ErrorCode::Unavailable, "there is no folder for temporary files"};
    folder_ = temporary / ("ringscope-" + RunId::random().text);
    RINGSCOPE_CHECK(makePrivateFolder(folder_));
    path_ = (folder_ / "rank").string();
    Failure failure;
    try {
        const stream_protocol::endpoint at(path_);
        acceptor_.open(at.protocol(), failure);
        if (!failure) acceptor_.bind(at, failure);
        if (!failure) acceptor_.listen(1, failure);
    } catch (const boost::system::system_error& tooLong) {
        failure = tooLong.code();
    }
    if (failure)
        return Error{ErrorCode::Unavailable,
                     "cannot listen at '" + path_ + "': " + failure.message()};
    accept();
    return {};
}

void RankStream::accept() {
    acceptor_.async_accept(socket_, [this](Failure failure) {
        if (!failure) read();
    });
}

void RankStream::read() {
    boost::asio::async_read_until(socket_, buffer_, '\n', [this](Failure failure, std::size_t) {
        if (failure == boost::asio::error::operation_aborted) return;
        if (failure) {
            socket_.close(failure);
            return isKnown_ ? gone_() : accept();
        }
        std::istream lines(&buffer_);
        std::string line;
        std::getline(lines, line);
        take(line);
        if (socket_.is_open()) read();
    });
}

void RankStream::take(const std::string& line) {
    const std::optional<ServingEvent> event = parseServingEvent(line);
    if (!event) return;
    if (!isKnown_) {
        const auto* ready = std::get_if<ServingReady>(&*event);
        isKnown_ = ready != nullptr && ready->secret == secret_;
        if (!isKnown_) {
            Failure ignored;
            socket_.close(ignored);
            buffer_.consume(buffer_.size());
            return accept();
        }
        acceptor_.close();
    }
    heard_(*event);
}

void RankStream::send(const ServingCommand& command) {
    next_ += toLine(command);
    next_ += '\n';
    write();
}

void RankStream::write() {
    if (writing_ || next_.empty() || !socket_.is_open()) return;
    writing_ = true;
    written_ = std::exchange(next_, {});
    boost::asio::async_write(socket_, boost::asio::buffer(written_),
                             [this](Failure failure, std::size_t) {
                                 writing_ = false;
                                 if (!failure) write();  // else read() tells of the rank's end
                             });
}

void RankStream::close() {
    Failure ignored;
    acceptor_.close(ignored);
    socket_.close(ignored);
}

}  // namespace ringscope
