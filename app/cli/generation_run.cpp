#include "app/cli/generation_run.h"

#include "app/cli/option_checks.h"
#include "backend/config/experiment.h"
#include "backend/core/text.h"

#include <fmt/format.h>
#include <CLI/App.hpp>
#include <algorithm>
#include <thread>
#include <vector>

namespace ringscope::cli {
namespace {

constexpr int mostThreads = 1024;

std::int64_t threadsOfRank(const ComputeOptions& options) {
    if (options.threads > 0) return options.threads;
    return std::max<std::int64_t>(1, std::thread::hardware_concurrency() / options.ranks);
}

}  // namespace

void addComputeOptions(CLI::App& verb, ComputeOptions& options) {
    verb.add_option("--dtype", options.type, "the number type of weights and activations")
        ->check(valueOfField("train.precision"))
        ->type_name(join(choiceNames<NumberFormat>(), "|"))
        ->capture_default_str();
    verb.add_option("--device", options.device, "what ranks compute on")
        ->check(oneOfWords({"cpu", "cuda"}))
        ->type_name("cpu|cuda")
        ->capture_default_str();
    verb.add_option("--threads", options.threads,
                    "of each rank; the processors divided among ranks by default")
        ->check(wholeNumber(1, mostThreads))
        ->type_name("N");
}

Result<RunConfig> generationRun(const std::filesystem::path& folder, const ComputeOptions& options,
                                std::int64_t tokens) {
    ExperimentSources sources;
    // Texts are part of the job; no data are read. A sequence has two tokens at least, and a
    // prompt of one is planned by the ranks.
    sources.overrides = {"model.from=" + folder.string(),
                         "data.source=prompt.npy",
                         "data.tokenizer=ids",
                         "train.steps=1",
                         "train.warmup_steps=0",
                         "train.batch=1",
                         fmt::format("train.seq_len={}", std::max<std::int64_t>(2, tokens)),
                         "train.precision=" + options.type,
                         "parallel.mode=" + options.mode,
                         fmt::format("parallel.sp={}", options.ranks),
                         "launch.device=" + options.device,
                         fmt::format("launch.threads_per_rank={}", threadsOfRank(options))};
    if (!options.budget.empty()) sources.overrides.push_back("memory.budget=" + options.budget);
    const ExperimentReading reading = readExperiment(sources);
    if (reading.ok()) return reading.experiment.base;
    std::vector<std::string> problems;
    for (const ConfigProblem& problem : reading.problems) problems.push_back(problem.message);
    return Error{ErrorCode::InvalidConfig, join(problems, "; ")};
}

}  // namespace ringscope::cli
