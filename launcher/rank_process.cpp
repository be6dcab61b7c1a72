#include "launcher/rank_process.h"

#include "launcher/exec_pointers.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

namespace ringscope {
namespace {

constexpr std::size_t longestLine = 64 * 1024;
// Reads per stream of a rank that has ended. A grandchild may hold the stream and write without
// end.
constexpr int lastReads = 64;

struct Streams {
    Ends in;
    Ends out;
    Ends err;
    Ends failure;  // carries errno of a failed exec; a successful exec closes it
};

Result<Streams> openStreams() {
    Streams streams;
    RINGSCOPE_TRY(streams.in, writingPipe());
    RINGSCOPE_TRY(streams.out, readingPipe());
    RINGSCOPE_TRY(streams.err, readingPipe());
    RINGSCOPE_TRY(streams.failure, readingPipe());
    return streams;
}

// The rank starts with default signal handling, whatever the agent ignores or blocks.
void restoreSignals() {
    for (const int number : {SIGPIPE, SIGINT, SIGHUP, SIGTERM, SIGUSR1, SIGCHLD})
        std::signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// In the child: executes the rank's program. Makes only calls that are safe after fork.
[[noreturn]] void execute(char* const* arguments, char* const* environment, const Streams& streams,
                          pid_t agent) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != agent) ::_exit(1);  // the agent ended before the signal above was set
    restoreSignals();
    if (::dup2(streams.in.theirs.number(), STDIN_FILENO) >= 0 &&
        ::dup2(streams.out.theirs.number(), STDOUT_FILENO) >= 0 &&
        ::dup2(streams.err.theirs.number(), STDERR_FILENO) >= 0)
        ::execve(arguments[0], arguments, environment);
    const int number = errno;
    [[maybe_unused]] const ssize_t told =
        ::write(streams.failure.theirs.number(), &number, sizeof number);
    ::_exit(127);
}

// 0 once the program runs, else errno.
int startFailure(Descriptor& failure) {
    int number = 0;
    ssize_t count = 0;
    do {
        count = ::read(failure.number(), &number, sizeof number);
    } while (count < 0 && errno == EINTR);
    return count == static_cast<ssize_t>(sizeof number) ? number : 0;
}

Error cannotStart(const RankCommandLine& command, int number) {
    const std::string who = "cannot start rank " + std::to_string(command.rank);
    if (number == ENOENT)
        return {ErrorCode::NotFound,
                who + ": there is no program '" + command.program + "'; ./quickstart builds it"};
    return {ErrorCode::Failed,
            who + " as '" + command.program + "': " + std::generic_category().message(number)};
}

}  // namespace

RankProcess::RankProcess(int rank, LineHandler handle)
    : rank_(rank),
      handle_(std::move(handle)),
      out_{{}, LineBuffer(longestLine)},
      err_{{}, LineBuffer(longestLine)} {}

Result<std::unique_ptr<RankProcess>> RankProcess::start(const RankCommandLine& command,
                                                        LineHandler handle) {
    RINGSCOPE_TRY(Streams streams, openStreams());
    std::vector<std::string> words = {command.program};
    words.insert(words.end(), command.arguments.begin(), command.arguments.end());
    std::vector<std::string> variables;
    for (const auto& [name, value] : command.environment) variables.push_back(name + "=" + value);
    const std::vector<char*> arguments = execPointers(words);
    const std::vector<char*> environment = execPointers(variables);

    const pid_t agent = ::getpid();
    const pid_t pid = ::fork();
    if (pid == 0) execute(arguments.data(), environment.data(), streams, agent);
    if (pid < 0) return cannotStart(command, errno);
    ::setpgid(pid, pid);  // also here, so that the group exists before it is signalled
    streams.failure.theirs.close();
    if (const int number = startFailure(streams.failure.ours); number != 0) {
        ::waitpid(pid, nullptr, 0);
        return cannotStart(command, number);
    }

    std::unique_ptr<RankProcess> rank(new RankProcess(command.rank, std::move(handle)));
    rank->pid_ = pid;
    rank->running_ = true;
    rank->stdin_ = std::move(streams.in.ours);
    rank->out_.end = std::move(streams.out.ours);
    rank->err_.end = std::move(streams.err.ours);
    for (const Descriptor* end : {&rank->stdin_, &rank->out_.end, &rank->err_.end})
        setNonBlocking(end->number(), true);
    return rank;
}

bool RankProcess::read(Stream stream) {
    Output& from = output(stream);
    if (!from.end.open()) return false;
    const auto handle = [&](std::string_view line) { handle_(*this, stream, line); };
    std::string bytes;
    const ReadOutcome outcome = readSome(from.end.number(), bytes);
    from.lines.feed(bytes, handle);
    if (outcome != ReadOutcome::Ended) return outcome == ReadOutcome::Some;
    from.lines.finish(handle);
    from.end.close();
    return false;
}

void RankProcess::sendLine(const std::string& line) {
    if (!stdin_.open()) return;
    input_ += line;
    input_ += '\n';
    write();
}

void RankProcess::write() {
    while (stdin_.open() && !input_.empty()) {
        const ssize_t written = ::write(stdin_.number(), input_.data(), input_.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0 && errno == EAGAIN) return;
        if (written < 0) {  // the rank closed its input, which it may
            stdin_.close();
            input_.clear();
            return;
        }
        input_.erase(0, static_cast<std::size_t>(written));
    }
}

void RankProcess::signal(int number) const {
    if (running_) ::kill(-pid_, number);
}

void RankProcess::finish() {
    // The process is not collected yet, so its pid and its group's id cannot have been reused.
    ::kill(-pid_, SIGKILL);
    running_ = false;
    for (const Stream stream : {Stream::Out, Stream::Err}) {
        for (int reads = 0; reads < lastReads && read(stream); ++reads) {
        }
        Output& rest = output(stream);
        rest.lines.finish([&](std::string_view line) { handle_(*this, stream, line); });
        rest.end.close();
    }
    stdin_.close();
    input_.clear();
}

}  // namespace ringscope
