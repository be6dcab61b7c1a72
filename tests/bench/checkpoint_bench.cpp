// What checkpoints cost: the demo's model on two ranks with one every 50 steps, as a share of the
// time that training takes. It counts how long steps were held up, and by how much those steps
// were slower beside which a checkpoint was written.
//
//     checkpoint_bench [STEPS] [EVERY]
#include "tests/support/program.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <vector>

namespace {

using nlohmann::json;
using ringscope::test::Ended;
using ringscope::test::ProgramOptions;
using ringscope::test::runProgram;
using ringscope::test::TemporaryFolder;

struct Costs {
    double heldUpMs = 0;   // of all checkpoints
    double writingMs = 0;  // beside the training
    int checkpoints = 0;
};

double millisecondsIn(const std::string& number, const std::string& unit) {
    return std::stod(number) * (unit == "s" ? 1000 : unit == "ms" ? 1 : 1e-3);
}

// The words are those of kernels/rank/rank_checkpoints.cpp.
Costs costsIn(const std::string& log) {
    const std::regex words(
        R"(written in ([0-9.]+) (µs|ms|s); the training was held up for ([0-9.]+) (µs|ms|s))");
    Costs costs;
    for (std::sregex_iterator at(log.begin(), log.end(), words), end; at != end; ++at) {
        costs.writingMs += millisecondsIn((*at)[1], (*at)[2]);
        costs.heldUpMs += millisecondsIn((*at)[3], (*at)[4]);
        ++costs.checkpoints;
    }
    return costs;
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values.empty() ? 0 : values[values.size() / 2];
}

// Of the steps after each checkpoint, as many as its writing may have taken.
double slowedMs(const std::vector<double>& steps, int every, double writingMs) {
    const double usual = median(steps);
    const int beside = static_cast<int>(writingMs / usual) + 1;
    double slowed = 0;
    for (std::size_t at = static_cast<std::size_t>(every); at < steps.size();
         at += static_cast<std::size_t>(every))
        for (std::size_t i = at; i < std::min(steps.size(), at + static_cast<std::size_t>(beside));
             ++i)
            slowed += steps[i] - usual;
    return slowed;
}

}  // namespace

int main(int argc, char** argv) {
    const int steps = argc > 1 ? std::atoi(argv[1]) : 151;
    const int every = argc > 2 ? std::atoi(argv[2]) : 50;
    const TemporaryFolder folder;
    const auto file = folder.path() / "bench.yaml";
    std::ofstream(file) << "name: bench\nmodel: {preset: tiny}\ntrain: {steps: " << steps
                        << ", seq_len: 2048}\nparallel: {sp: 2, mode: zigzag}\n"
                        << "checkpoint: {every: " << every
                        << ", folder: " << (folder.path() / "checkpoints").string() << "}\n";
    const auto words = [&](std::vector<std::string> more) {
        more.insert(more.begin(),
                    {RINGSCOPE_BIN "/ringscope", "--db", (folder.path() / "runs.db").string()});
        return more;
    };
    const Ended ended = runProgram(words({"run", file.string(), "--no-reference"}));
    if (ended.exitCode != 0) {
        std::cout << ended.err;
        return 1;
    }
    const json run =
        json::parse(runProgram(words({"runs", "show", "@last-run", "--json"})).out)["runs"][0];
    const Costs costs = costsIn(
        runProgram(words({"runs", "show", "@last-run", "--log", "1000", "--rank", "0"})).out);
    const std::vector<double> durations = run["step_durations_ms"];
    double all = 0;
    for (const double duration : durations) all += duration;
    const double slowed =
        slowedMs(durations, every, costs.writingMs / std::max(1, costs.checkpoints));
    std::cout << costs.checkpoints << " checkpoints in " << durations.size() << " steps of "
              << median(durations) << " ms (median): held up for "
              << costs.heldUpMs / std::max(1, costs.checkpoints) << " ms each ("
              << 100 * costs.heldUpMs / all << " % of the training), written in "
              << costs.writingMs / std::max(1, costs.checkpoints)
              << " ms beside it, which made steps slower by " << slowed << " ms in all ("
              << 100 * slowed / all << " %)\n";
    return costs.checkpoints > 0 ? 0 : 1;
}
