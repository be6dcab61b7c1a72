// Which way of splitting a model and its sequence over so many devices is fastest and fits, and
// what the choice hangs on.
//
// Every mode, every split of the ranks into groups that share a sequence and groups that do not,
// and every way to group ranks within a mode is tried. Each takes the first of these rows of memory
// settings that fits the device: later rows save more and take longer.
#pragma once

#include "backend/simulate/prediction.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace ringscope {

struct Option {
    RunConfig config{};
    Prediction prediction{};
    std::string split{};   // "ulysses, 8 groups of 8 ranks"
    std::string memory{};  // "zero 3, recompute layers"
};

struct RefusedOption {
    std::string split{};
    std::string reason{};
};

struct Advice {
    std::int64_t ranks = 1;
    std::vector<Option> options{};         // that fit, the most tokens a second first
    std::vector<Option> tooLarge{};        // with all that saves memory
    std::vector<RefusedOption> refused{};  // that cannot work
    std::vector<std::string> sentences{};
};

// For `ranks` devices of the machine. The configuration's mode, parallel.* and memory.* are
// replaced. Fails where nothing at all can be planned, and with Cancelled where `stopped`, which is
// asked before each split, says so.
Result<Advice> adviseOn(
    const RunConfig& config, const Machine& machine, std::int64_t ranks,
    const std::string& kernel = {}, const std::function<bool()>& stopped = [] { return false; });

// Of several numbers of ranks: the fastest and the cheapest of all.
std::vector<std::string> adviceOver(const std::vector<Advice>& advice);

}  // namespace ringscope
