// A rank without torch: speaks the protocol, trains nothing, and misbehaves on demand.
//
//   FAKE_RANK="1:kill@3"        rank 1 is ended by SIGKILL before it reports step 3
//   FAKE_RANK="0:error@2;1:grandchild@0,hang@1"
//
//   exit@K      exits with code 7            error@K     says error, exits with code 1
//   kill@K      SIGKILL to itself            crash@K     SIGSEGV to itself
//   hang@K      never goes on                garbage@K   prints lines that are no frames
//   flood@K     prints until it is ended, newlines included      endless@K   ... none included
//   disagree@K  another loss than the others                      wrong@K     speaks for rank 7
//   grandchild@K  leaves a child in a session of its own, holding its streams
//   mute        never says hello             deaf        goes on when its standard input ends
//   stubborn    ignores SIGTERM              lingers     does not end after it is done
//   quitter     is done one step too early
#include "backend/config/experiment.h"
#include "backend/core/text.h"
#include "backend/run/protocol.h"

#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <map>
#include <set>
#include <thread>

namespace ringscope {
namespace {

struct Misbehaviour {
    std::map<std::int64_t, std::set<std::string>> at;  // by step
    std::set<std::string> always;

    bool is(const std::string& what) const { return always.contains(what); }
    bool is(const std::string& what, std::int64_t step) const {
        const auto found = at.find(step);
        return found != at.end() && found->second.contains(what);
    }
};

Misbehaviour misbehaviourOf(int rank) {
    Misbehaviour wanted;
    const char* all = std::getenv("FAKE_RANK");
    if (all == nullptr) return wanted;
    for (const std::string& one : split(all, ';')) {
        if (std::atoi(one.c_str()) != rank) continue;
        for (const std::string& what : split(one.substr(one.find(':') + 1), ',')) {
            const std::size_t sign = what.find('@');
            if (sign == std::string::npos)
                wanted.always.insert(what);
            else
                wanted.at[std::atoll(what.c_str() + sign + 1)].insert(what.substr(0, sign));
        }
    }
    return wanted;
}

void say(const RankEvent& event) { std::cout << toLine(event) << std::endl; }

[[noreturn]] void waitForever() {
    for (;;) ::pause();
}

// Returns when the grandchild is out of our group.
void leaveGrandchild() {
    int left[2];
    if (::pipe(left) != 0) ::_exit(3);
    char byte = 0;
    if (::fork() != 0) {
        if (::read(left[0], &byte, 1) != 1) ::_exit(3);
        return;
    }
    ::setsid();
    std::signal(SIGTERM, SIG_IGN);
    if (::write(left[1], &byte, 1) != 1) ::_exit(3);
    waitForever();
}

[[noreturn]] void printForever(const std::string& text) {
    for (;;) std::cout << text;
}

void misbehave(const Misbehaviour& wanted, int rank, std::int64_t step) {
    const auto is = [&](const char* what) { return wanted.is(what, step); };
    if (is("grandchild")) leaveGrandchild();
    if (is("garbage")) {
        std::cout << "{\"v\":1,\"type\":\"step\"}\n\xff\xfe\n[[[[[\n{}\n\n" << std::flush;
        std::cerr << "a warning" << std::endl;
    }
    if (is("wrong")) say(RankError{.rank = 7, .message = "I am rank 7"});
    if (is("exit")) ::_exit(7);
    if (is("kill")) ::raise(SIGKILL);
    if (is("crash")) {
        std::signal(SIGSEGV, SIG_DFL);  // a sanitizer would make an exit code of it
        ::raise(SIGSEGV);
    }
    if (is("error")) {
        say(RankError{.rank = rank, .message = "the loss is not a number"});
        ::_exit(1);
    }
    if (is("flood")) printForever("all work and no play\n");
    if (is("endless")) printForever("x");
    if (is("hang")) waitForever();
}

template <typename Command>
Command read() {
    std::string line;
    while (std::getline(std::cin, line))
        if (const std::optional<RankCommand> command = parseRankCommand(line))
            if (const auto* wanted = std::get_if<Command>(&*command)) return *wanted;
    ::_exit(2);
}

void train(int rank, std::int64_t steps, const Misbehaviour& wanted) {
    const std::int64_t last = wanted.is("quitter") ? steps - 1 : steps;
    for (std::int64_t step = 0; step < last; ++step) {
        misbehave(wanted, rank, step);
        const double loss = 5.0 - static_cast<double>(step) / 100;
        say(RankStep{.rank = rank,
                     .step = {.step = step,
                              .loss = wanted.is("disagree", step) ? loss + 1 : loss,
                              .gradNorm = 1,
                              .duration = Nanos(1'000'000),
                              .tokens = 64}});
    }
    say(RankDone{.rank = rank,
                 .steps = last,
                 .peakMemory = {1'024},
                 .attentionBytesPerStep = {},
                 .gradientBytesPerStep = {}});
}

int run(const std::map<std::string, std::string>& options) {
    const int rank = std::atoi(options.at("--rank").c_str());
    const Misbehaviour wanted = misbehaviourOf(rank);
    if (wanted.is("stubborn")) std::signal(SIGTERM, SIG_IGN);
    const std::string yaml = std::get<Training>(read<RankJob>().job).configYaml;
    const ExperimentReading reading = readExperiment(
        {.fileName = "config", .fileText = yaml, .environment = {}, .overrides = {}});
    if (!reading.ok()) {
        say(RankError{.rank = rank, .message = reading.problems.front().text()});
        return 1;
    }
    if (rank == 0) say(RankRendezvous{.rank = 0, .port = 4242});
    if (rank != 0) read<Rendezvous>();
    // The end of standard input means that the agent is gone.
    std::thread([deaf = wanted.is("deaf")] {
        while (std::cin.get() != std::char_traits<char>::eof()) {
        }
        if (!deaf) ::_exit(2);
        waitForever();
    }).detach();
    if (wanted.is("mute")) waitForever();
    say(RankHello{.rank = rank, .pid = ::getpid(), .device = "cpu", .versions = "fake"});
    train(rank, reading.experiment.base.train.steps, wanted);
    if (wanted.is("lingers")) waitForever();
    std::cout.flush();
    ::_exit(0);
}

}  // namespace
}  // namespace ringscope

int main(int argc, char** argv) {
    std::map<std::string, std::string> options;
    for (int i = 1; i + 1 < argc; i += 2) options[argv[i]] = argv[i + 1];
    return ringscope::run(options);
}
