#include "kernels/rank/rank_input.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <system_error>
#include <utility>

namespace ringscope {
namespace {

[[noreturn]] void endWithInput() {
    std::cerr << "standard input ended before the training did: the agent is gone\n";
    std::_Exit(1);
}

}  // namespace

RankInput::RankInput(int input) : input_(input), stop_(::eventfd(0, EFD_CLOEXEC)) {
    if (stop_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
    reader_ = std::thread([this] { read(); });
}

RankInput::~RankInput() {
    const std::uint64_t one = 1;
    while (::write(stop_, &one, sizeof one) < 0 && errno == EINTR) {
    }
    reader_.join();
    ::close(stop_);
}

Job RankInput::job() {
    std::unique_lock lock(mutex_);
    came_.wait(lock, [this] { return job_.has_value(); });
    return job_->job;
}

std::string RankInput::secret() {
    std::unique_lock lock(mutex_);
    came_.wait(lock, [this] { return job_.has_value(); });
    return job_->secret;
}

Rendezvous RankInput::rendezvous() {
    std::unique_lock lock(mutex_);
    came_.wait(lock, [this] { return rendezvous_.has_value(); });
    return *rendezvous_;
}

void RankInput::read() {
    std::string pending;
    std::array<char, 4096> buffer{};
    while (true) {
        std::array<pollfd, 2> waiting{pollfd{input_, POLLIN, 0}, pollfd{stop_, POLLIN, 0}};
        if (::poll(waiting.data(), waiting.size(), -1) < 0) continue;  // a signal
        if (waiting[1].revents != 0) return;
        const ssize_t count = ::read(input_, buffer.data(), buffer.size());
        if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (count <= 0) endWithInput();
        pending.append(buffer.data(), static_cast<std::size_t>(count));
        for (std::size_t end = pending.find('\n'); end != std::string::npos;
             end = pending.find('\n')) {
            take(std::string_view(pending).substr(0, end));
            pending.erase(0, end + 1);
        }
    }
}

void RankInput::take(std::string_view line) {
    std::optional<RankCommand> command = parseRankCommand(line);
    if (!command) return;
    const std::lock_guard lock(mutex_);
    if (auto* job = std::get_if<RankJob>(&*command))
        job_ = std::move(*job);
    else if (auto* rendezvous = std::get_if<Rendezvous>(&*command))
        rendezvous_ = std::move(*rendezvous);
    came_.notify_all();
}

}  // namespace ringscope
