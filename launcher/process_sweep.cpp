#include "launcher/process_sweep.h"

#include "launcher/descriptor.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <charconv>
#include <csignal>
#include <memory>
#include <string_view>

namespace ringscope {
namespace {

constexpr int roundMs = 10;

bool isMarked(pid_t pid, const std::string& assignment) {
    const std::string path = "/proc/" + std::to_string(pid) + "/environ";
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.open()) return false;
    std::string environment(1, '\0');
    std::string part;
    while (readSome(file.number(), part) == ReadOutcome::Some) environment += part;
    environment += '\0';
    return environment.find('\0' + assignment + '\0') != std::string::npos;
}

// The mark is read again after the pidfd is open, so that a reused pid is not killed.
void endMarked(pid_t pid, const std::string& assignment) {
    const Descriptor hold(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (!isMarked(pid, assignment)) return;
    if (hold.open())
        ::syscall(SYS_pidfd_send_signal, hold.number(), SIGKILL, nullptr, 0);
    else
        ::kill(pid, SIGKILL);
}

}  // namespace

std::vector<pid_t> processesMarked(const std::string& assignment) {
    std::vector<pid_t> found;
    const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc"), ::closedir);
    if (!folder) return found;
    while (const dirent* entry = ::readdir(folder.get())) {
        const std::string_view name = entry->d_name;
        pid_t pid = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (error != std::errc{} || end != name.data() + name.size()) continue;
        if (pid != ::getpid() && isMarked(pid, assignment)) found.push_back(pid);
    }
    return found;
}

std::size_t sweepMarked(const std::string& assignment, std::chrono::milliseconds limit,
                        const std::function<void()>& betweenRounds) {
    const auto end = std::chrono::steady_clock::now() + limit;
    for (;;) {
        betweenRounds();
        const std::vector<pid_t> left = processesMarked(assignment);
        if (left.empty() || std::chrono::steady_clock::now() > end) return left.size();
        for (const pid_t pid : left) endMarked(pid, assignment);
        ::poll(nullptr, 0, roundMs);  // a killed process takes a moment to go
    }
}

}  // namespace ringscope
