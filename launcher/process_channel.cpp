#include "launcher/process_channel.h"

#include "backend/core/ids.h"
#include "launcher/deadline.h"
#include "launcher/descriptor.h"
#include "launcher/line_buffer.h"
#include "launcher/process_sweep.h"
#include "launcher/spawn_program.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <deque>
#include <optional>
#include <system_error>
#include <utility>

extern char** environ;

namespace ringscope {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t longestFrame = 1024 * 1024;
constexpr std::chrono::milliseconds sendLimit{
    10'000};  // an agent that reads nothing for so long is stuck
constexpr std::chrono::milliseconds sweepLimit{2'000};
constexpr int exitPollMs = 5;
constexpr std::string_view markName = "RINGSCOPE_AGENT_ID=";

class ProcessChannel final : public WaitableChannel {
public:
    ProcessChannel(pid_t pid, Descriptor in, Descriptor out, Descriptor err, std::string mark,
                   const ChannelProgram& program)
        : pid_(pid),
          in_(std::move(in)),
          out_(std::move(out)),
          err_(std::move(err)),
          mark_(std::move(mark)),
          closeGrace_(program.closeGrace),
          errorPrefix_(program.errorPrefix) {}

    ~ProcessChannel() override {
        in_.close();
        if (endsBy(steady_clock::now() + closeGrace_)) return;
        ::kill(-pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        sweepMarked(mark_, sweepLimit);
    }

    Result<void> send(std::string_view line) override {
        const std::string bytes = std::string(line) + '\n';
        const auto end = steady_clock::now() + sendLimit;
        std::size_t done = 0;
        while (done < bytes.size()) {
            const ssize_t sent = ::send(in_.number(), bytes.data() + done, bytes.size() - done,
                                        MSG_NOSIGNAL | MSG_DONTWAIT);
            if (sent >= 0) {
                done += static_cast<std::size_t>(sent);
            } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
                pollfd file{in_.number(), POLLOUT, 0};
                if (::poll(&file, 1, millisecondsUntil(end)) == 0)
                    return Error{ErrorCode::Unavailable,
                                 "the agent has taken no commands for 10 s; it may be stuck"};
            } else if (errno != EINTR) {
                return {};  // the program has ended: receive() returns what it wrote before
            }
        }
        return {};
    }

    Result<Received> receive(std::chrono::milliseconds timeout) override {
        const auto end = steady_clock::now() + timeout;
        for (;;) {
            if (!lines_.empty()) {
                Received received{Event::Line, std::move(lines_.front())};
                lines_.pop_front();
                return received;
            }
            if (!out_.open()) return Received{Event::Closed, ""};
            std::array<pollfd, 2> files = {
                {{out_.number(), POLLIN, 0}, {err_.number(), POLLIN, 0}}};
            const int ready = ::poll(files.data(), files.size(), millisecondsUntil(end));
            if (ready == 0) return Received{};
            if (ready < 0 && errno != EINTR)
                return systemError("cannot listen to the agent", errno);
            if (ready < 0) continue;
            if (files[1].revents != 0) read(err_, errLines_, errorPrefix_);
            if (files[0].revents != 0) read(out_, outLines_, "");
            // Standard output has ended: what is left on standard error may say why.
            while (!out_.open() && err_.open() && readable(err_))
                read(err_, errLines_, errorPrefix_);
        }
    }

    bool lineReady() const override { return !lines_.empty() || !out_.open(); }
    std::vector<int> descriptors() const override { return {out_.number(), err_.number()}; }

private:
    static bool readable(const Descriptor& file) {
        pollfd poll{file.number(), POLLIN, 0};
        return ::poll(&poll, 1, 0) > 0;
    }

    void read(Descriptor& from, LineBuffer& buffer, std::string_view before) {
        const auto keep = [&](std::string_view line) {
            lines_.push_back(std::string(before) + std::string(line));
        };
        std::string bytes;
        const ReadOutcome outcome = readSome(from.number(), bytes);
        buffer.feed(bytes, keep);
        if (outcome != ReadOutcome::Ended) return;
        buffer.finish(keep);
        from.close();
    }

    // Returns whether the process ended by then. Its output is read and dropped, so that it does
    // not block on a full pipe.
    bool endsBy(steady_clock::time_point end) {
        for (;;) {
            int status = 0;
            const pid_t gone = ::waitpid(pid_, &status, WNOHANG);
            if (gone == pid_) {
                if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) sweepMarked(mark_, sweepLimit);
                return true;
            }
            if (gone < 0 && errno != EINTR) return true;  // its exit was collected elsewhere
            if (steady_clock::now() >= end) return false;
            std::array<pollfd, 2> files = {
                {{out_.number(), POLLIN, 0}, {err_.number(), POLLIN, 0}}};
            ::poll(files.data(), files.size(), exitPollMs);
            if (files[0].revents != 0) read(out_, outLines_, "");
            if (files[1].revents != 0) read(err_, errLines_, "");
            lines_.clear();
        }
    }

    pid_t pid_;
    Descriptor in_;
    Descriptor out_;
    Descriptor err_;
    std::string mark_;
    std::chrono::milliseconds closeGrace_;
    std::string errorPrefix_;
    LineBuffer outLines_{longestFrame};
    LineBuffer errLines_{longestFrame};
    std::deque<std::string> lines_;
};

std::vector<std::string> environmentWith(const std::string& mark) {
    std::vector<std::string> variables = {mark};
    for (char** entry = environ; *entry != nullptr; ++entry)
        if (!std::string_view(*entry).starts_with(markName)) variables.emplace_back(*entry);
    return variables;
}

}  // namespace

bool waitForLine(const std::vector<AgentChannel*>& channels, std::chrono::milliseconds timeout) {
    std::vector<pollfd> files;
    for (const AgentChannel* channel : channels) {
        const auto* waitable = dynamic_cast<const WaitableChannel*>(channel);
        if (waitable == nullptr) return false;
        if (waitable->lineReady()) return true;
        for (const int number : waitable->descriptors()) files.push_back({number, POLLIN, 0});
    }
    ::poll(files.data(), files.size(), static_cast<int>(timeout.count()));
    return true;
}

Result<std::unique_ptr<WaitableChannel>> startProcessChannel(const ChannelProgram& program) {
    RINGSCOPE_TRY(Ends in, writingSocket());
    RINGSCOPE_TRY(Ends out, readingPipe());
    RINGSCOPE_TRY(Ends err, readingPipe());
    const std::string mark = std::string(markName) + RunId::random().text;
    std::vector<std::string> words = {program.program.string()};
    words.insert(words.end(), program.arguments.begin(), program.arguments.end());
    std::vector<std::string> variables = environmentWith(mark);
    RINGSCOPE_TRY(const pid_t pid,
                  spawnProgram(words, variables, {in.theirs, out.theirs, err.theirs}));
    return std::unique_ptr<WaitableChannel>(std::make_unique<ProcessChannel>(
        pid, std::move(in.ours), std::move(out.ours), std::move(err.ours), mark, program));
}

}  // namespace ringscope
