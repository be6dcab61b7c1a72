#include "app/cli/stop_signals.h"

#include <fcntl.h>
#include <unistd.h>
#include <atomic>
#include <cerrno>
#include <csignal>

namespace ringscope::cli {
namespace {

constexpr int watched[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};
std::atomic<int> firstSignal{0};
std::atomic<int> wakeUp{-1};

void onSignal(int signal) {
    int none = 0;
    if (!firstSignal.compare_exchange_strong(none, signal)) ::_exit(128 + signal);
    const char byte = 1;
    const int saved = errno;
    [[maybe_unused]] const ssize_t written = ::write(wakeUp.load(), &byte, 1);
    errno = saved;
}

// A program that was started with SIGHUP ignored outlives its terminal (nohup). An ignored SIGINT
// says less: every background job of a script has one.
bool leftAlone(int signal) {
    struct sigaction inherited {};
    return signal == SIGHUP && ::sigaction(signal, nullptr, &inherited) == 0 &&
           inherited.sa_handler == SIG_IGN;
}

void handle(void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    sigemptyset(&action.sa_mask);
    for (int signal : watched)
        if (!leftAlone(signal)) ::sigaction(signal, &action, nullptr);
}

}  // namespace

StopSignals::StopSignals() {
    firstSignal = 0;
    if (::pipe2(pipe_, O_CLOEXEC) != 0) return;  // no pipe: signals end the program as usual
    wakeUp = pipe_[1];
    watcher_ = std::jthread([this] {
        char byte = 0;
        while (::read(pipe_[0], &byte, 1) < 0 && errno == EINTR) {
        }
        if (byte == 1) source_.request_stop();
    });
    handle(onSignal);
}

StopSignals::~StopSignals() {
    handle(SIG_DFL);
    if (pipe_[1] < 0) return;
    const char byte = 0;
    [[maybe_unused]] const ssize_t written = ::write(pipe_[1], &byte, 1);
    watcher_.join();
    ::close(pipe_[0]);
    ::close(pipe_[1]);
}

int StopSignals::signal() const { return firstSignal; }

}  // namespace ringscope::cli
