// Rounds of killing: a run is started, something of it is killed at some moment, and what is left
// is looked at. The end-to-end tests do a few, `kill_bench` many.
//
//     KillRounds rounds;
//     rounds.kill(Victim::Leader, std::chrono::milliseconds(700), StoreIs::Locked);
//     EXPECT_EQ(rounds.figures().orphans, 0);
//
// All rounds share one store, so that a finished run could be lost by a later one.
#pragma once

#include "tests/support/program.h"

#include <chrono>
#include <filesystem>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace ringscope::test {

enum class Victim { Leader, Rank, Agent, LeaderAndAgent };
inline constexpr int victims = 4;

// Locked: by another program, from the kill on, for a second.
enum class StoreIs { Free, Locked };

struct KillFigures {
    int rounds = 0;
    int leadersKilled = 0;
    int orphans = 0;       // processes alive ten seconds after the kill
    int broken = 0;        // stores that `ringscope db check` did not find whole
    int lostFinished = 0;  // runs that had finished and are not, or lack a step
    int stillRunning = 0;  // runs shown as going on a second after their leader was killed
    int filesLeft = 0;     // of what waited on the disk
    std::vector<std::string> problems{};  // a sentence for each of these
};

class KillRounds {
public:
    KillRounds();

    void kill(Victim victim, std::chrono::milliseconds after, StoreIs store);

    const KillFigures& figures() const { return figures_; }

private:
    std::vector<std::string> words(std::vector<std::string> arguments) const;
    ProgramOptions options() const;
    nlohmann::json runs(const std::vector<std::string>& states) const;
    std::vector<pid_t> victimsOf(Victim victim, pid_t leader) const;
    void lookWithinASecond();
    void lookAtTheEnd();
    void note(int KillFigures::*figure, const std::string& sentence);

    TemporaryFolder folder_;
    std::filesystem::path store_;
    std::filesystem::path offload_;
    std::string mark_;
    std::map<std::string, std::size_t> finished_;  // ids, with their steps
    KillFigures figures_;
};

}  // namespace ringscope::test
