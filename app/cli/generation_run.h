// How the ranks of `generate` and `serve` compute, as options and as a run.
#pragma once

#include "backend/config/run_config.h"
#include "backend/core/result.h"

#include <cstdint>
#include <filesystem>
#include <string>

namespace CLI {
class App;
}

namespace ringscope::cli {

inline constexpr int mostGenerationRanks = 256;

struct ComputeOptions {
    std::string mode{"none"};
    int ranks = 1;
    std::string type{"fp32"};
    std::string device{"cpu"};
    std::string budget{};      // of a rank's tensors, as users write sizes; empty: none
    std::int64_t threads = 0;  // of a rank; 0: the processors, divided among the ranks
};

// --dtype, --device and --threads.
void addComputeOptions(CLI::App& verb, ComputeOptions& options);

// Of the model in `folder`, for a sequence of `tokens` tokens.
Result<RunConfig> generationRun(const std::filesystem::path& folder, const ComputeOptions& options,
                                std::int64_t tokens);

}  // namespace ringscope::cli
