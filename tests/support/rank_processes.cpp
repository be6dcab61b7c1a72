#include "tests/support/rank_processes.h"

#include "backend/config/experiment.h"
#include "backend/plan/run_plan.h"
#include "launcher/exec_pointers.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>

namespace ringscope::test {
namespace {

struct Pipe {
    int read = -1;
    int write = -1;
};

Pipe makePipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    return {ends[0], ends[1]};
}

std::vector<std::string> argumentsOf(int rank, int world) {
    return {RINGSCOPE_RANK_PROGRAM,
            "--run",
            "test",
            "--rank",
            std::to_string(rank),
            "--world",
            std::to_string(world),
            "--local-rank",
            std::to_string(rank),
            "--address",
            "127.0.0.1"};
}

void closeOnce(int& file) {
    if (file >= 0) ::close(file);
    file = -1;
}

}  // namespace

RankProcesses::RankProcesses(const RunConfig& config) {
    const Result<RunPlan> plan = planRun(config);
    if (!plan.ok()) throw std::runtime_error(plan.error().message);
    start(toYaml(config), plan->ranks);
}

RankProcesses::RankProcesses(const std::string& yaml, int ranks) { start(yaml, ranks); }

RankProcesses::~RankProcesses() {
    for (Process& process : ranks_) {
        if (process.pid > 0) {
            ::kill(process.pid, SIGKILL);
            ::waitpid(process.pid, nullptr, 0);
        }
        closeOnce(process.input);
        closeOnce(process.output);
    }
}

void RankProcesses::start(const std::string& yaml, int ranks) {
    std::signal(SIGPIPE, SIG_IGN);
    for (int rank = 0; rank < ranks; ++rank) {
        std::vector<std::string> arguments = argumentsOf(rank, ranks);
        const std::vector<char*> words = execPointers(arguments);
        const Pipe input = makePipe();
        const Pipe output = makePipe();
        const pid_t pid = ::fork();
        if (pid < 0) throw std::runtime_error("no process");
        if (pid == 0) {
            ::dup2(input.read, STDIN_FILENO);
            ::dup2(output.write, STDOUT_FILENO);
            ::execv(words.front(), words.data());
            ::_exit(127);
        }
        ::close(input.read);
        ::close(output.write);
        Process process;
        process.pid = pid;
        process.input = input.write;
        process.output = output.read;
        ranks_.push_back(std::move(process));
        send(rank, RankJob{Training{yaml}});
    }
}

void RankProcesses::send(int rank, const RankCommand& command) {
    const std::string line = toLine(command) + "\n";
    const int input = ranks_[static_cast<std::size_t>(rank)].input;
    if (input >= 0 && ::write(input, line.data(), line.size()) < 0 && errno != EPIPE)
        throw std::runtime_error("cannot write to rank " + std::to_string(rank));
}

void RankProcesses::closeInput(int rank) {
    closeOnce(ranks_.at(static_cast<std::size_t>(rank)).input);
}

void RankProcesses::kill(int rank) { ::kill(pid(rank), SIGKILL); }

std::vector<EndedRank> RankProcesses::wait(std::chrono::seconds limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (true) {
        std::vector<pollfd> waiting;
        std::vector<int> who;
        for (std::size_t rank = 0; rank < ranks_.size(); ++rank) {
            if (ranks_[rank].output < 0) continue;
            waiting.push_back({ranks_[rank].output, POLLIN, 0});
            who.push_back(static_cast<int>(rank));
        }
        if (waiting.empty()) break;
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            end - std::chrono::steady_clock::now());
        if (left.count() <= 0) throw std::runtime_error("the ranks did not end in time");
        if (::poll(waiting.data(), waiting.size(), static_cast<int>(left.count())) <= 0) continue;
        for (std::size_t i = 0; i < waiting.size(); ++i)
            if (waiting[i].revents != 0) readFrom(who[i]);
    }
    std::vector<EndedRank> ended;
    for (Process& process : ranks_) {
        reap(process);
        ended.push_back(process.ended);
    }
    return ended;
}

void RankProcesses::readFrom(int rank) {
    Process& process = ranks_[static_cast<std::size_t>(rank)];
    std::array<char, 4096> buffer{};
    const ssize_t count = ::read(process.output, buffer.data(), buffer.size());
    if (count <= 0) return closeOnce(process.output);
    process.pending.append(buffer.data(), static_cast<std::size_t>(count));
    for (std::size_t end = process.pending.find('\n'); end != std::string::npos;
         end = process.pending.find('\n')) {
        const std::string line = process.pending.substr(0, end);
        process.pending.erase(0, end + 1);
        take(rank, line);
    }
}

void RankProcesses::take(int rank, const std::string& line) {
    EndedRank& ended = ranks_[static_cast<std::size_t>(rank)].ended;
    const std::optional<RankEvent> event = parseRankEvent(line);
    if (!event) return ended.foreign.push_back(line);
    if (onEvent) onEvent(rank, *event);
    if (const auto* said = std::get_if<RankHello>(&*event)) ended.hello = *said;
    if (const auto* said = std::get_if<RankStep>(&*event)) ended.steps.push_back(said->step);
    if (const auto* said = std::get_if<RankDone>(&*event)) ended.done = *said;
    if (const auto* said = std::get_if<RankError>(&*event)) ended.error = said->message;
    if (const auto* said = std::get_if<RankRendezvous>(&*event))
        for (std::size_t other = 1; other < ranks_.size(); ++other)
            send(static_cast<int>(other), Rendezvous{"127.0.0.1", said->port});
}

void RankProcesses::reap(Process& process) {
    if (process.pid <= 0) return;
    int status = 0;
    ::waitpid(process.pid, &status, 0);
    process.pid = -1;
    if (WIFSIGNALED(status)) process.ended.signal = WTERMSIG(status);
    if (WIFEXITED(status)) process.ended.exitCode = WEXITSTATUS(status);
}

std::vector<EndedRank> trainWithProcesses(const RunConfig& config) {
    RankProcesses processes(config);
    std::vector<EndedRank> ended = processes.wait();
    for (std::size_t rank = 0; rank < ended.size(); ++rank) {
        EXPECT_EQ(ended[rank].exitCode, 0) << "rank " << rank << ": " << ended[rank].error;
        EXPECT_EQ(ended[rank].steps.size(), static_cast<std::size_t>(config.train.steps))
            << "rank " << rank;
        EXPECT_TRUE(ended[rank].foreign.empty())
            << "rank " << rank << " printed " << ended[rank].foreign.front();
    }
    return ended;
}

}  // namespace ringscope::test
