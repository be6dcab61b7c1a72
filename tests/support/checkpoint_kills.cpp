#include "tests/support/checkpoint_kills.h"

#include "backend/core/ids.h"

#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

namespace ringscope::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int steps = 80;

// The only run's folder; empty where there is none yet.
fs::path runFolder(const fs::path& checkpoints) {
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(checkpoints, none)) return entry.path();
    return {};
}

bool hasHalf(const fs::path& folder) {
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(folder, none))
        if (entry.path().extension() == ".half") return true;
    return false;
}

bool hasWhole(const fs::path& folder) {
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(folder, none))
        if (entry.path().extension() != ".half") return true;
    return false;
}

}  // namespace

CheckpointKills::CheckpointKills(std::string mode)
    : mode_(std::move(mode)), mark_("RINGSCOPE_KILL_MARK=" + RunId::random().text) {
    const fs::path checkpoints = folder_.path() / "whole";
    const auto begin = std::chrono::steady_clock::now();
    const Ended ended = runProgram(
        words({"run", experiment(checkpoints, StateIs::InMemory).string(), "--no-reference"}),
        options());
    took_ = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin);
    whole_ = lossesOfLast();
    if (ended.exitCode != 0 || whole_.size() != steps)
        throw std::runtime_error("the training does not end by itself: " + ended.err);
}

std::vector<std::string> CheckpointKills::words(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(),
                     {RINGSCOPE_BIN "/ringscope", "--db", (folder_.path() / "runs.db").string()});
    return arguments;
}

ProgramOptions CheckpointKills::options() const { return markedOptions(folder_.path(), mark_); }

fs::path CheckpointKills::experiment(const fs::path& checkpoints, StateIs state) const {
    const fs::path file = folder_.path() / "killed.yaml";
    std::ofstream(file) << "name: killed\n"
                           "model: {preset: nano}\n"
                           "train: {steps: "
                        << steps
                        << ", seq_len: 128, optimizer: adamw8bit}\n"
                           "parallel: {sp: 2, mode: "
                        << mode_
                        << "}\n"
                           "memory: {offload_optimizer: "
                        << (state == StateIs::OnDisk ? "disk" : "none")
                        << ", offload_folder: " << (folder_.path() / "offload").string()
                        << "}\n"
                           "checkpoint: {every: 2, keep: 2, folder: "
                        << checkpoints.string() << "}\n";
    return file;
}

std::map<int, double> CheckpointKills::lossesOfLast() const {
    const Ended ended = runProgram(words({"runs", "show", "@last-run", "--json"}), options());
    std::map<int, double> losses;
    if (ended.exitCode != 0) return losses;
    const json run = json::parse(ended.out)["runs"][0];
    for (std::size_t i = 0; i < run["losses"].size(); ++i)
        losses[run["first_step"].get<int>() + static_cast<int>(i)] = run["losses"][i];
    return losses;
}

std::vector<pid_t> CheckpointKills::ranks() const {
    std::vector<pid_t> found;
    for (const pid_t pid : processesWith(mark_))
        if (commandLine(pid).find("ringscope-rank") != std::string::npos) found.push_back(pid);
    return found;
}

void CheckpointKills::note(const std::string& sentence) {
    problems_.push_back("round " + std::to_string(rounds_) + ": " + sentence);
}

void CheckpointKills::goOn(const fs::path& checkpoints, StateIs state) {
    const fs::path folder = runFolder(checkpoints);
    if (folder.empty() || !hasWhole(folder)) return;
    ++resumed_;
    const Ended verified = runProgram(words({"checkpoints", "verify", folder.string()}), options());
    if (verified.exitCode != 0) note("a checkpoint is not whole: " + verified.out + verified.err);
    const Ended ended =
        runProgram(words({"run", experiment(folder_.path() / "after", state).string(), "--resume",
                          folder.string(), "--no-reference"}),
                   options());
    if (ended.exitCode != 0) {
        // A checkpoint of the last step has nothing left to train.
        if (ended.err.find("steps are done in the checkpoint") == std::string::npos)
            note("it does not go on: " + ended.err);
        return;
    }
    for (const auto& [step, loss] : lossesOfLast())
        if (loss != whole_.at(step))
            return note("step " + std::to_string(step) + " has another loss: " +
                        std::to_string(loss) + ", not " + std::to_string(whole_.at(step)));
}

void CheckpointKills::kill(Hit hit, milliseconds after, StateIs state) {
    ++rounds_;
    const fs::path checkpoints = folder_.path() / ("round-" + std::to_string(rounds_));
    Program leader(words({"run", experiment(checkpoints, state).string(), "--no-reference"}),
                   options());
    const auto begin = std::chrono::steady_clock::now();
    const auto isTime = [&] { return std::chrono::steady_clock::now() - begin >= after; };
    becomesTrue(isTime, after + seconds(1));
    if (hit == Hit::Leader) {
        leader.signal(SIGKILL);
    } else {
        std::vector<pid_t> alive;
        becomesTrue(
            [&] {
                alive = ranks();
                const bool ready = hit == Hit::Rank || hasHalf(runFolder(checkpoints));
                return (ready && !alive.empty()) || commandLine(leader.pid()).empty();
            },
            seconds(20));
        if (hit == Hit::Rank && !alive.empty()) alive.resize(1);
        for (const pid_t pid : alive) ::kill(pid, SIGKILL);
    }
    leader.wait(seconds(60));
    if (!becomesTrue([this] { return processesWith(mark_).empty(); }, seconds(10)))
        note("processes are left alive");
    if (hasHalf(runFolder(checkpoints))) ++halves_;
    goOn(checkpoints, state == StateIs::OnDisk ? StateIs::InMemory : StateIs::OnDisk);
}

}  // namespace ringscope::test
