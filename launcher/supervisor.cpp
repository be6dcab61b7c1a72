#include "launcher/supervisor.h"

#include "backend/core/environment.h"
#include "backend/core/files.h"
#include "backend/core/text.h"
#include "backend/core/version.h"
#include "launcher/deadline.h"
#include "launcher/machine_facts.h"
#include "launcher/process_sweep.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <system_error>
#include <utility>

namespace ringscope {
namespace {

using Millis = std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t longestCommand = 64 * 1024 * 1024;
constexpr Millis killTakes{2'000};  // from SIGKILL to the end; a process may be stuck in the kernel
constexpr Millis flushTakes{1'000};  // for the controller to read the last frames
constexpr const char* runIdName = "RINGSCOPE_RUN_ID";
// Its value is of one agent: a machine may be two hosts of a run, under two names.
constexpr const char* agentRanksName = "RINGSCOPE_AGENT_RANKS";

std::string hostName() {
    std::array<char, 256> name{};
    ::gethostname(name.data(), name.size() - 1);
    return name.data();
}

std::int64_t nanoseconds(clockid_t clock) {
    timespec now{};
    ::clock_gettime(clock, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

// A kernel has one CLOCK_MONOTONIC for each time namespace. Empty where it cannot be known.
std::string clockIdentity() {
    const Result<std::string> boot = readFile("/proc/sys/kernel/random/boot_id");
    if (!boot.ok()) return {};
    std::error_code none;
    const std::filesystem::path space = std::filesystem::read_symlink("/proc/self/ns/time", none);
    return std::string(trim(*boot)) + " " + space.string();
}

// How often a process of this machine was ended because memory ran out; 0 where nobody counts.
std::int64_t outOfMemoryKills() {
    std::ifstream file("/proc/vmstat");
    std::string name;
    std::int64_t count = 0;
    while (file >> name >> count)
        if (name == "oom_kill") return count;
    return 0;
}

RankExited exitOf(int rank, int status) {
    if (WIFSIGNALED(status)) return {.rank = rank, .code = 0, .signal = WTERMSIG(status)};
    return {.rank = rank, .code = WEXITSTATUS(status), .signal = 0};
}

}  // namespace

Supervisor::Supervisor(int in, int out, int signals)
    : in_(in), signals_(signals), output_(out), commands_(longestCommand) {}

bool Supervisor::supervise() {
    send(AgentHello{
        .host = hostName(), .pid = ::getpid(), .version = version(), .clock = clockIdentity()});
    while (!shuttingDown_ || ranksRunning()) {
        if (giveUpAt_ && steady_clock::now() > *giveUpAt_) break;
        pollOnce();
    }
    const bool nothingLeft = sweep() && !ranksRunning();  // collects those the sweep ended
    flush();
    return nothingLeft;
}

// Waits until a descriptor is ready or a deadline has passed, and handles what is ready: signals
// first, then commands, then the ranks' streams.
void Supervisor::pollOnce() {
    using Stream = RankProcess::Stream;
    sendTraces();
    output_.write();
    if (output_.broken() && !shuttingDown_) shutDown();
    std::vector<pollfd> files = {{signals_, POLLIN, 0},
                                 {shuttingDown_ ? -1 : in_, POLLIN, 0},
                                 {output_.pending(), POLLOUT, 0}};
    const bool listen = !output_.full();  // else ranks block until the controller has caught up
    for (const auto& rank : ranks_) {
        files.push_back({listen ? rank->readable(Stream::Out) : -1, POLLIN, 0});
        files.push_back({listen ? rank->readable(Stream::Err) : -1, POLLIN, 0});
        files.push_back({rank->writable(), POLLOUT, 0});
    }
    if (::poll(files.data(), files.size(), waitMs()) < 0) return;

    const std::size_t polled = ranks_.size();  // a command may start more
    if (files[0].revents != 0) readSignals();
    if (files[1].revents != 0) readCommands();
    for (std::size_t i = 0; i < polled; ++i) {
        const pollfd* of = &files[3 + 3 * i];
        if (of[0].revents != 0) ranks_[i]->read(Stream::Out);
        if (of[1].revents != 0) ranks_[i]->read(Stream::Err);
        if (of[2].revents != 0) ranks_[i]->write();
    }
    killWhereDue();
    if (sweepDue_ && !ranksRunning()) sweep();
}

int Supervisor::waitMs() const {
    const std::optional<Time>& next = killAt_ ? killAt_ : giveUpAt_;
    return next ? millisecondsUntil(*next) : -1;
}

void Supervisor::readCommands() {
    std::string bytes;
    const ReadOutcome outcome = readSome(in_, bytes);
    commands_.feed(bytes, [this](std::string_view line) {
        if (line.empty()) return;
        if (const std::optional<AgentCommand> command = parseAgentCommand(line))
            return handle(*command);
        send(
            AgentError{"the agent received a command it does not understand; both ends must be the "
                       "same version of ringscope"});
    });
    if (outcome == ReadOutcome::Ended) shutDown();
}

void Supervisor::handle(const AgentCommand& command) {
    std::visit([this](const auto& alternative) { perform(alternative); }, command);
}

void Supervisor::perform(const StartRanks& start) {
    if (!mark_.empty())
        return send(AgentError{"this agent has started its ranks already; open another one"});
    send(AgentMachine{machineFacts(start.address)});
    const std::string agentRanks = RunId::random().text;
    mark_ = std::string(agentRanksName) + "=" + agentRanks;
    killsBefore_ = outOfMemoryKills();
    RankCommandLine command{.rank = 0,
                            .program = start.program,
                            .arguments = {},
                            .environment = environmentVariables()};
    if (command.program.empty()) command.program = programDirectory() / "ringscope-rank";
    for (const auto& [name, value] : start.environment) command.environment[name] = value;
    command.environment[runIdName] = start.run.text;
    command.environment[agentRanksName] = agentRanks;
    const auto lines = [this](RankProcess& rank, RankProcess::Stream stream,
                              std::string_view line) { handleLine(rank, stream, line); };
    if (start.sendTraces) {
        if (const Result<void> opened = traces_.open(); !opened.ok()) {
            send(AgentError{opened.error().message});
            return shutDown();
        }
    }
    for (const StartRanks::Process& process : start.ranks) {
        command.rank = process.rank;
        command.arguments = process.arguments;
        if (traces_.collecting())
            command.arguments.insert(command.arguments.end(),
                                     {"--trace", traces_.folderOf(process.rank).string()});
        Result<std::unique_ptr<RankProcess>> rank = RankProcess::start(command, lines);
        if (!rank.ok()) {
            send(AgentError{rank.error().message});
            return shutDown();
        }
        send(RankStarted{.rank = process.rank, .pid = (*rank)->pid()});
        (*rank)->sendLine(toLine(RankCommand(RankJob{start.job, start.secret})));
        ranks_.push_back(std::move(*rank));
    }
}

void Supervisor::perform(const Rendezvous& rendezvous) {
    for (const auto& rank : ranks_)
        if (rank->rank() != 0) rank->sendLine(toLine(RankCommand(rendezvous)));
}

void Supervisor::perform(const StopRanks& stop) { stopRanks(Millis(stop.graceMs)); }

void Supervisor::perform(const Ping& ping) {
    send(Pong{.id = ping.id,
              .monotonicNs = nanoseconds(CLOCK_MONOTONIC),
              .utcNs = nanoseconds(CLOCK_REALTIME)});
}

void Supervisor::perform(const ListenAt& listen) {
    const Result<int> port = ports_.listen(listen.address);
    send(Listening{.port = port.ok() ? *port : 0,
                   .problem = port.ok() ? std::string() : port.error().message});
}

// Blocks for up to 3 s, so it is refused once there are ranks to supervise.
void Supervisor::perform(const Reach& reach) {
    if (!ranks_.empty()) return send(Reached{"ranks are running"});
    const Result<void> reached = PortCheck::reach(reach.host, reach.port);
    send(Reached{reached.ok() ? std::string() : reached.error().message});
}

void Supervisor::readSignals() {
    signalfd_siginfo info{};
    while (::read(signals_, &info, sizeof info) == static_cast<ssize_t>(sizeof info))
        if (info.ssi_signo == SIGTERM) shutDown();
    collectEnded();
}

// Collects ended ranks, and orphans of theirs, which the kernel made children of this process.
void Supervisor::collectEnded() {
    for (;;) {
        siginfo_t info{};
        if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return;
        const auto rank = std::ranges::find(ranks_, info.si_pid, &RankProcess::pid);
        const bool ours = rank != ranks_.end() && (*rank)->running();
        if (ours) (*rank)->finish();
        int status = 0;
        ::waitpid(info.si_pid, &status, 0);
        if (!ours) continue;
        if (const std::int64_t dropped = (*rank)->budget.takeDropped(); dropped > 0)
            send(RankPrinted{.rank = (*rank)->rank(),
                             .stream = "out",
                             .line = "(" + std::to_string(dropped) + " lines dropped)"});
        RankExited exited = exitOf((*rank)->rank(), status);
        exited.wantOfMemory =
            exited.signal == SIGKILL && !killAt_ && outOfMemoryKills() > killsBefore_;
        traces_.add(exited);
        if (!traces_.collecting()) sendTraces();
    }
}

// A rank's trace is sent before its RankExited, in parts, as fast as the controller reads.
void Supervisor::sendTraces() {
    while (!output_.full()) {
        const std::optional<AgentFrame> frame = traces_.next();
        if (!frame) return;
        send(*frame);
    }
}

void Supervisor::handleLine(RankProcess& rank, RankProcess::Stream stream, std::string_view line) {
    if (stream == RankProcess::Stream::Err) return print(rank, "err", std::string(line));
    std::optional<RankEvent> event = parseRankEvent(line);
    // An event with another rank's number is passed on as a printed line: ranks report their own
    // state only.
    if (!event || rankOf(*event) != rank.rank()) return print(rank, "out", std::string(line));
    if (std::holds_alternative<RankLog>(*event) && !rank.budget.spend(steady_clock::now())) return;
    send(RankSaid{std::move(*event)});
}

void Supervisor::print(RankProcess& rank, const std::string& stream, std::string line) {
    if (!rank.budget.spend(steady_clock::now())) return;
    if (const std::int64_t dropped = rank.budget.takeDropped(); dropped > 0)
        line = "(" + std::to_string(dropped) + " lines dropped) " + line;
    send(RankPrinted{.rank = rank.rank(), .stream = stream, .line = std::move(line)});
}

void Supervisor::stopRanks(Millis grace) {
    for (const auto& rank : ranks_) rank->signal(SIGTERM);
    const Time killAt = steady_clock::now() + grace;
    if (!killAt_ || killAt < *killAt_) killAt_ = killAt;
    sweepDue_ = true;
}

void Supervisor::shutDown() {
    if (shuttingDown_) return;
    shuttingDown_ = true;
    stopRanks(agentGrace);
}

void Supervisor::killWhereDue() {
    if (!killAt_ || steady_clock::now() < *killAt_) return;
    killAt_.reset();
    giveUpAt_ = steady_clock::now() + killTakes;
    for (const auto& rank : ranks_) rank->signal(SIGKILL);
}

bool Supervisor::ranksRunning() const { return std::ranges::any_of(ranks_, &RankProcess::running); }

bool Supervisor::sweep() {
    sweepDue_ = false;
    killAt_.reset();
    giveUpAt_.reset();
    if (mark_.empty()) return true;
    return sweepMarked(mark_, killTakes, [this] { collectEnded(); }) == 0;
}

void Supervisor::flush() {
    const Time end = steady_clock::now() + flushTakes;
    if (!traces_.collecting()) sendTraces();
    output_.write();
    while (output_.pending() >= 0 && steady_clock::now() < end) {
        pollfd file{output_.pending(), POLLOUT, 0};
        ::poll(&file, 1, millisecondsUntil(end));
        output_.write();
    }
}

}  // namespace ringscope
