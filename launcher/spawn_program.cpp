#include "launcher/spawn_program.h"

#include "launcher/deadline.h"
#include "launcher/exec_pointers.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

extern char** environ;

namespace ringscope {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t mostOutput = 1024 * 1024;  // of a short program; what is beyond is dropped

class SpawnRules {
public:
    explicit SpawnRules(const StandardStreams& streams) {
        ::posix_spawn_file_actions_init(&actions_);
        ::posix_spawn_file_actions_adddup2(&actions_, streams.in.number(), STDIN_FILENO);
        ::posix_spawn_file_actions_adddup2(&actions_, streams.out.number(), STDOUT_FILENO);
        ::posix_spawn_file_actions_adddup2(&actions_, streams.err.number(), STDERR_FILENO);
        ::posix_spawnattr_init(&attributes_);
        sigset_t none;
        sigemptyset(&none);
        ::posix_spawnattr_setsigmask(&attributes_, &none);
        sigset_t usual;
        sigfillset(&usual);
        ::posix_spawnattr_setsigdefault(&attributes_, &usual);
        ::posix_spawnattr_setflags(
            &attributes_, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    ~SpawnRules() {
        ::posix_spawn_file_actions_destroy(&actions_);
        ::posix_spawnattr_destroy(&attributes_);
    }
    SpawnRules(const SpawnRules&) = delete;
    SpawnRules& operator=(const SpawnRules&) = delete;

    const posix_spawn_file_actions_t* actions() const { return &actions_; }
    const posix_spawnattr_t* attributes() const { return &attributes_; }

private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
};

// Reads until both are closed. Returns false if the time was over first.
bool readBoth(std::array<std::pair<Descriptor*, std::string*>, 2> streams,
              steady_clock::time_point end) {
    std::string bytes;
    for (;;) {
        std::array<pollfd, 2> files{};
        for (std::size_t i = 0; i < 2; ++i) files[i] = {streams[i].first->number(), POLLIN, 0};
        if (files[0].fd < 0 && files[1].fd < 0) return true;
        const int left = millisecondsUntil(end);
        if (left == 0) return false;
        ::poll(files.data(), files.size(), left);
        for (std::size_t i = 0; i < 2; ++i) {
            if (files[i].fd < 0 || files[i].revents == 0) continue;
            if (readSome(files[i].fd, bytes) == ReadOutcome::Ended) streams[i].first->close();
            if (streams[i].second->size() < mostOutput) *streams[i].second += bytes;
        }
    }
}

}  // namespace

Result<pid_t> spawnProgram(std::vector<std::string> words, std::vector<std::string> environment,
                           const StandardStreams& streams) {
    const SpawnRules rules(streams);
    pid_t pid = -1;
    const int failed =
        ::posix_spawnp(&pid, words.front().c_str(), rules.actions(), rules.attributes(),
                       execPointers(words).data(),
                       environment.empty() ? environ : execPointers(environment).data());
    if (failed == 0) return pid;
    Error error = systemError("cannot start '" + words.front() + "'", failed);
    if (failed == ENOENT) error.code = ErrorCode::NotFound;
    return error;
}

Result<ProgramEnd> runToEnd(const ShortProgram& program) {
    const std::string input = program.input.empty() ? "/dev/null" : program.input.string();
    const Descriptor in(::open(input.c_str(), O_RDONLY | O_CLOEXEC));
    if (!in.open()) return systemError("cannot read '" + input + "'", errno);
    RINGSCOPE_TRY(Ends out, readingPipe());
    RINGSCOPE_TRY(Ends err, readingPipe());
    RINGSCOPE_TRY(const pid_t pid, spawnProgram(program.words, {}, {in, out.theirs, err.theirs}));
    out.theirs.close();
    err.theirs.close();

    ProgramEnd end;
    end.timedOut = !readBoth({{{&out.ours, &end.out}, {&err.ours, &end.err}}},
                             steady_clock::now() + program.limit);
    if (end.timedOut) ::kill(-pid, SIGKILL);
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(status)) end.code = WEXITSTATUS(status);
    return end;
}

}  // namespace ringscope
