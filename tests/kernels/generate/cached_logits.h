// Logits behind the tokens of a text, with a cache and without.
#pragma once

#include "kernels/generate/cached_model.h"
#include "tests/kernels/comm/rank_threads.h"

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <iterator>
#include <vector>

namespace ringscope::test {

inline std::vector<std::int64_t> beginning(const std::vector<std::int64_t>& text,
                                           std::int64_t tokens) {
    return {text.begin(), text.begin() + tokens};
}

// Behind every token of the text from the prompt's last one on: (text - prompt + 1, V).
inline at::Tensor withCache(CachedModel& model, const std::vector<std::int64_t>& text,
                            std::int64_t prompt) {
    const std::int64_t more = std::ssize(text) - prompt;
    std::vector<at::Tensor> logits{model.prefill(beginning(text, prompt), {.more = more}).value()};
    for (std::int64_t token = prompt; token < std::ssize(text); ++token)
        logits.push_back(model.decode({text[static_cast<std::size_t>(token)]}).value());
    return at::cat(logits, 0);
}

// The same, each by a forward pass over all tokens so far.
inline at::Tensor withoutCache(CachedModel& model, const std::vector<std::int64_t>& text,
                               std::int64_t prompt) {
    std::vector<at::Tensor> logits;
    for (std::int64_t tokens = prompt; tokens <= std::ssize(text); ++tokens)
        logits.push_back(model.prefill(beginning(text, tokens), {}).value());
    return at::cat(logits, 0);
}

// With a cache, on one rank.
inline at::Tensor ofOneRank(const RunConfig& config, const std::vector<std::int64_t>& text,
                            std::int64_t prompt) {
    at::Tensor logits;
    runRanks(1, [&](Group& group) {
        const auto model = CachedModel::make(config, group, c10::Device(c10::kCPU)).value();
        logits = withCache(*model, text, prompt);
    });
    return logits;
}

// Runs `rank` for each configuration on ranks of its number, which one group serves.
inline void runUnderModes(const std::vector<RunConfig>& configs,
                          const std::function<void(const RunConfig&, Group&)>& rank) {
    for (const int ranks : {2, 4})
        runRanks(ranks, [&](Group& group) {
            for (const RunConfig& config : configs)
                if (config.parallel.sp == ranks) rank(config, group);
        });
}

inline double largest(const at::Tensor& difference) {
    return difference.abs().max().item<double>();
}

}  // namespace ringscope::test
