// ringscope model eval: real ranks compute logits, loss and gradients of a batch, to be held
// against what another program computes.
#include "app/cli/console.h"
#include "app/cli/help.h"
#include "app/cli/model_verbs.h"
#include "app/cli/option_checks.h"
#include "app/cli/stop_signals.h"
#include "app/cli/store_access.h"
#include "backend/config/experiment.h"
#include "backend/core/text.h"
#include "backend/model/npy.h"
#include "backend/report/evaluation_text.h"
#include "backend/verify/evaluation.h"
#include "launcher/local_transport.h"

#include <fmt/format.h>
#include <CLI/App.hpp>
#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace ringscope::cli {
namespace {

constexpr const char* evaluationExplanation =
    R"(DIR gets logits.npy, (sequences, tokens, vocabulary) in the order of the tokens, and with
--gradients gradients.safetensors: the gradient of the summed loss for every tensor of the
checkpoint, under its name there. The label of a token is the next one; the last of a sequence has
none.

Exit codes: 0 done, 3 the model or the tokens cannot be read, 8 the mode cannot split this model.)";

constexpr int mostEvaluationRanks = 256;

struct EvaluationArguments {
    std::string model;
    std::string tokens;
    std::string mode = "none";
    int ranks = 1;
    int sharing = 1;
    std::string type = "fp32";
    std::string device = "cpu";
    std::string dump;
    bool gradients = false;
    bool json = false;
};

// Sequences and their length: (B, S), or (S) for one sequence.
Result<std::pair<std::int64_t, std::int64_t>> sizesOfBatch(const std::string& tokens) {
    RINGSCOPE_TRY(const NpyIntegers ids, readNpyIntegers(tokens));
    const std::size_t dimensions = ids.shape.size();
    if ((dimensions != 1 && dimensions != 2) || ids.values.empty())
        return Error{ErrorCode::InvalidConfig,
                     fmt::format("--tokens: '{}' has {} dimensions and {} numbers; expected "
                                 "(sequences, tokens), or the tokens of one sequence",
                                 tokens, dimensions, ids.values.size())};
    return std::pair(dimensions == 2 ? ids.shape[0] : 1, ids.shape.back());
}

Result<RunConfig> evaluationConfig(const EvaluationArguments& arguments,
                                   const std::filesystem::path& folder) {
    RINGSCOPE_TRY(const auto sizes, sizesOfBatch(arguments.tokens));
    ExperimentSources sources;
    sources.overrides = {"model.from=" + folder.string(),
                         "data.source=" + arguments.tokens,
                         "data.tokenizer=ids",
                         "train.steps=1",
                         "train.warmup_steps=0",
                         fmt::format("train.batch={}", sizes.first),
                         fmt::format("train.seq_len={}", sizes.second),
                         "train.precision=" + arguments.type,
                         "parallel.mode=" + arguments.mode,
                         fmt::format("parallel.sp={}", arguments.ranks),
                         fmt::format("parallel.ep={}", arguments.sharing),
                         "launch.device=" + arguments.device};
    const ExperimentReading reading = readExperiment(sources);
    if (reading.ok()) return reading.experiment.base;
    std::vector<std::string> problems;
    for (const ConfigProblem& problem : reading.problems) problems.push_back(problem.message);
    return Error{ErrorCode::InvalidConfig, join(problems, "; ")};
}

int evaluateModel(const EvaluationArguments& arguments, const GlobalOptions& global) {
    const Result<std::filesystem::path> folder = modelFolder(arguments.model, global);
    if (!folder.ok()) return failStore(folder.error());
    const Result<RunConfig> config = evaluationConfig(arguments, *folder);
    if (!config.ok()) return fail(config.error());
    const Result<RunPlan> plan = planRun(*config);
    if (!plan.ok()) return fail(plan.error(), Partial);
    StopSignals signals;
    LocalTransport transport;
    if (const Result<void> ready = transport.preflight({}); !ready.ok())
        return fail(ready.error(), PreflightFailed);
    const EvaluationRequest request{
        .plan = *plan, .dump = arguments.dump, .gradients = arguments.gradients};
    const Result<EvaluationOutcome> outcome = evaluate(request, transport, signals.token());
    if (!outcome.ok())
        return outcome.error().code == ErrorCode::Failed ? fail(outcome.error(), RunFailed)
                                                         : fail(outcome.error());
    if (outcome->cancelled) return signals.signal() == SIGINT ? Interrupted : Terminated;
    if (arguments.json)
        printData(evaluationJson(request, *outcome));
    else
        printText(evaluationText(request, *outcome));
    return Ok;
}

}  // namespace

void addModelEvalVerb(CLI::App& model, Command& command) {
    CLI::App* verb = model.add_subcommand(
        "eval", "compute logits, loss and gradients of a batch, under any mode");
    addExamples(
        *verb,
        {{"ringscope model eval models/Qwen3-8B --tokens ids.npy --dump out", "on one rank"},
         {"ringscope model eval models/tiny --tokens ids.npy -m zigzag -n 4 --dump out",
          "as zigzag does"}},
        evaluationExplanation);
    auto arguments = std::make_shared<EvaluationArguments>();
    verb->add_option("MODEL", arguments->model,
                     "folder of a checkpoint or an adapter, or a run that kept its weights")
        ->required()
        ->check(notEmpty());
    verb->add_option("--tokens", arguments->tokens, "token ids, (sequences, tokens), of numpy.save")
        ->required()
        ->check(notEmpty())
        ->type_name("FILE.npy");
    verb->add_option("-m,--mode", arguments->mode, "how the sequence is split over ranks")
        ->check(valueOfField("parallel.mode"))
        ->type_name("M")
        ->capture_default_str();
    verb->add_option("-n,--ranks", arguments->ranks, "processes that share each sequence")
        ->check(wholeNumber(1, mostEvaluationRanks))
        ->type_name("N")
        ->capture_default_str();
    verb->add_option("--ep", arguments->sharing, "of these, neighbours that share the experts")
        ->check(wholeNumber(1, mostEvaluationRanks))
        ->type_name("N")
        ->capture_default_str();
    verb->add_option("--dtype", arguments->type, "the number type of weights and activations")
        ->check(valueOfField("train.precision"))
        ->type_name(join(choiceNames<NumberFormat>(), "|"))
        ->capture_default_str();
    verb->add_option("--device", arguments->device, "what ranks compute on")
        ->check(oneOfWords({"cpu", "cuda"}))
        ->type_name("cpu|cuda")
        ->capture_default_str();
    verb->add_flag("--gradients", arguments->gradients, "write the gradient of every tensor, too");
    verb->add_option("--dump", arguments->dump, "folder for the results; never overwrites")
        ->required()
        ->check(notEmpty())
        ->type_name("DIR");
    verb->add_flag("--json", arguments->json, "one JSON object on standard output");
    verb->callback([arguments, &command] {
        command.action = [arguments, &command] {
            return evaluateModel(*arguments, command.global);
        };
    });
}

}  // namespace ringscope::cli
