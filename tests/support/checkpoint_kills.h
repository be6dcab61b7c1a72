// Rounds of killing a run that writes a checkpoint after every second step: whatever is killed at
// whatever moment, the newest checkpoint is whole, and the run that goes on from it has the losses
// of one that was never killed.
//
//     CheckpointKills kills("ring");
//     kills.kill(Hit::Leader, kills.whole() / 2, StateIs::InMemory);
//     EXPECT_TRUE(kills.problems().empty());
#pragma once

#include "tests/support/program.h"

#include <sys/types.h>
#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace ringscope::test {

// WhileWriting: all ranks, as soon as a half of a checkpoint is seen after the moment.
enum class Hit { Leader, Rank, WhileWriting };
inline constexpr int hits = 3;

// Where the optimizer's state of the killed run is. The run that goes on has it in the other place.
enum class StateIs { InMemory, OnDisk };

class CheckpointKills {
public:
    explicit CheckpointKills(std::string mode);  // runs the training once to its end

    void kill(Hit hit, std::chrono::milliseconds after, StateIs state);

    // How long that took; under load, everything takes longer.
    std::chrono::milliseconds whole() const { return took_; }

    int resumed() const { return resumed_; }  // rounds in which there was a checkpoint
    int halves() const { return halves_; }    // rounds that left a half
    const std::vector<std::string>& problems() const { return problems_; }

private:
    std::vector<std::string> words(std::vector<std::string> arguments) const;
    ProgramOptions options() const;
    std::filesystem::path experiment(const std::filesystem::path& checkpoints, StateIs state) const;
    std::map<int, double> lossesOfLast() const;
    std::vector<pid_t> ranks() const;
    void goOn(const std::filesystem::path& checkpoints, StateIs state);
    void note(const std::string& sentence);

    TemporaryFolder folder_;
    std::string mode_;
    std::string mark_;
    std::map<int, double> whole_;
    std::chrono::milliseconds took_{};
    int rounds_ = 0;
    int resumed_ = 0;
    int halves_ = 0;
    std::vector<std::string> problems_;
};

}  // namespace ringscope::test
