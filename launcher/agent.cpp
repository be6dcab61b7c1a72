#include "launcher/agent.h"

#include "launcher/descriptor.h"
#include "launcher/supervisor.h"

#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <csignal>

namespace ringscope {
namespace {

// SIGCHLD and SIGTERM as a descriptor. Ctrl-C, a closed terminal and a reader that is gone must not
// end the agent while its ranks run, so their signals are ignored.
Descriptor openSignals() {
    for (const int ignored : {SIGPIPE, SIGINT, SIGHUP}) std::signal(ignored, SIG_IGN);
    // If SIGCHLD were ignored, the kernel would collect ended ranks and their exit codes be lost.
    std::signal(SIGCHLD, SIG_DFL);
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGCHLD);
    sigaddset(&wanted, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &wanted, nullptr);
    return Descriptor(::signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC));
}

// Makes a descriptor non-blocking during its own lifetime. A terminal is shared with the shell that
// started the agent, so the earlier state is restored.
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
    const Descriptor signals = openSignals();
    const NonBlocking input(in);
    const NonBlocking output(out);
    return Supervisor(in, out, signals.number()).supervise() ? 0 : 1;
}

}  // namespace ringscope
