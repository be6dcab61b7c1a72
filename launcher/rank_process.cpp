#include "launcher/rank_process.h"

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

// A rank's line on the wire, and how much is read from a rank that has ended: a grandchild that
// holds its streams may write on forever.
constexpr std::size_t longestLine = 64 * 1024;
constexpr int lastReads = 64;

struct Streams {
    Ends in;
    Ends out;
    Ends err;
    Ends failure;  // closed by a successful exec; else it brings errno
};

Result<Streams> openStreams() {
    Streams streams;
    RINGSCOPE_TRY(streams.in, writingPipe());
    RINGSCOPE_TRY(streams.out, readingPipe());
    RINGSCOPE_TRY(streams.err, readingPipe());
    RINGSCOPE_TRY(streams.failure, readingPipe());
    return streams;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
    std::vector<char*> list;
    for (std::string& word : words) list.push_back(word.data());
    list.push_back(nullptr);
    return list;
}

// What the agent blocked or ignored is no business of the rank.
void restoreSignals() {
    for (const int number : {SIGPIPE, SIGINT, SIGHUP, SIGTERM, SIGCHLD})
        std::signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// In the child: becomes the rank. Only calls that are safe after fork.
[[noreturn]] void become(char* const* arguments, char* const* environment, const Streams& streams,
                         pid_t agent) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != agent) ::_exit(1);  // it died before it could have taken us with it
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

// 0 once the program runs, else the number of what went wrong.
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

RankProcess::RankProcess(int rank, Take take)
    : rank_(rank),
      take_(std::move(take)),
      out_{{}, LineBuffer(longestLine)},
      err_{{}, LineBuffer(longestLine)} {}

Result<std::unique_ptr<RankProcess>> RankProcess::start(const RankCommandLine& command, Take take) {
    RINGSCOPE_TRY(Streams streams, openStreams());
    std::vector<std::string> words = {command.program};
    words.insert(words.end(), command.arguments.begin(), command.arguments.end());
    std::vector<std::string> variables;
    for (const auto& [name, value] : command.environment) variables.push_back(name + "=" + value);
    const std::vector<char*> arguments = pointers(words);
    const std::vector<char*> environment = pointers(variables);

    const pid_t agent = ::getpid();
    const pid_t pid = ::fork();
    if (pid == 0) become(arguments.data(), environment.data(), streams, agent);
    if (pid < 0) return cannotStart(command, errno);
    ::setpgid(pid, pid);  // here as well: it has to be true before anyone signals the group
    streams.failure.theirs.close();
    if (const int number = startFailure(streams.failure.ours); number != 0) {
        ::waitpid(pid, nullptr, 0);
        return cannotStart(command, number);
    }

    std::unique_ptr<RankProcess> rank(new RankProcess(command.rank, std::move(take)));
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
    const auto take = [&](std::string_view line) { take_(*this, stream, line); };
    std::string bytes;
    const ReadOutcome outcome = readSome(from.end.number(), bytes);
    from.lines.feed(bytes, take);
    if (outcome != ReadOutcome::Ended) return outcome == ReadOutcome::Some;
    from.lines.finish(take);
    from.end.close();
    return false;
}

void RankProcess::tell(const std::string& line) {
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
        if (written < 0) {  // it closed its input, which is its own affair
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

void RankProcess::ended() {
    // The process is not collected yet, so its number, and that of its group, is still its own.
    ::kill(-pid_, SIGKILL);
    running_ = false;
    for (const Stream stream : {Stream::Out, Stream::Err}) {
        for (int reads = 0; reads < lastReads && read(stream); ++reads) {
        }
        Output& rest = output(stream);
        rest.lines.finish([&](std::string_view line) { take_(*this, stream, line); });
        rest.end.close();
    }
    stdin_.close();
    input_.clear();
}

}  // namespace ringscope
