#include "launcher/agent.h"

#include "launcher/descriptor.h"
#include "launcher/supervisor.h"

#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <csignal>

namespace ringscope {
namespace {

// A terminal's Ctrl-C, a closed terminal and a gone reader are no reasons to leave ranks behind.
Descriptor takeSignals() {
    for (const int ignored : {SIGPIPE, SIGINT, SIGHUP}) std::signal(ignored, SIG_IGN);
    std::signal(SIGCHLD, SIG_DFL);  // ignored ones would be collected behind our back
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGCHLD);
    sigaddset(&wanted, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &wanted, nullptr);
    return Descriptor(::signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC));
}

// Non-blocking for as long as it lives: a terminal is shared with the shell that waits for us.
class NonBlocking {
public:
    explicit NonBlocking(int number) : number_(number), before_(isNonBlocking(number)) {
        setNonBlocking(number, true);
    }
    ~NonBlocking() { setNonBlocking(number_, before_); }
    NonBlocking(const NonBlocking&) = delete;
    NonBlocking& operator=(const NonBlocking&) = delete;

private:
    int number_;
    bool before_;
};

}  // namespace

int runAgent(int in, int out) {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    const Descriptor signals = takeSignals();
    const NonBlocking input(in);
    const NonBlocking output(out);
    return Supervisor(in, out, signals.number()).supervise() ? 0 : 1;
}

}  // namespace ringscope
