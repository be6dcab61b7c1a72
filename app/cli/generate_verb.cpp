// ringscope generate: a model goes on with a prompt.
#include "app/cli/console.h"
#include "app/cli/generation_prompt.h"
#include "app/cli/generation_run.h"
#include "app/cli/help.h"
#include "app/cli/model_verbs.h"
#include "app/cli/option_checks.h"
#include "app/cli/stop_signals.h"
#include "app/cli/store_access.h"
#include "app/cli/verbs.h"
#include "backend/generate/end_tokens.h"
#include "backend/generate/generation.h"
#include "backend/generate/generation_limits.h"
#include "backend/model/adapter_folder.h"
#include "backend/report/generation_text.h"
#include "launcher/local_transport.h"

#include <fmt/format.h>
#include <CLI/App.hpp>
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace ringscope::cli {
namespace {

constexpr const char* generationExplanation =
    R"(The text goes to standard output as it is made. With --sp, ranks share the prompt under a mode,
and keep a share of its keys each. Without --temperature the likeliest token is taken, always. A
text ends with the model's end token, before a stop string, or after --max-tokens.

Exit codes: 0 done, 3 the model or the prompt cannot be read, 4 no such run, or it kept no weights,
7 a rank failed, 8 the mode cannot split this model.)";

constexpr int mostTexts = 1024;
constexpr std::int64_t mostTokens = std::int64_t{1} << 30;

struct GenerateArguments {
    std::string model;
    PromptSource prompt;
    GenerationRequest request;
    std::string mode;  // empty: zigzag, or none on one rank
    ComputeOptions compute;
    bool ignoreEnd = false;
    bool json = false;
};

// What checks of the options cannot say.
Result<void> checkSampling(const SamplingSettings& sampling) {
    const auto refuse = [](std::string_view option, std::string_view expected, double value) {
        return Error{ErrorCode::InvalidConfig,
                     fmt::format("{}: expected {}; got {}", option, expected, value)};
    };
    if (!(sampling.temperature >= 0))
        return refuse("--temperature", "a number from 0", sampling.temperature);
    if (!(sampling.topP > 0 && sampling.topP <= 1))
        return refuse("--top-p", "a number above 0, to 1", sampling.topP);
    if (!(sampling.minP >= 0 && sampling.minP <= 1))
        return refuse("--min-p", "a number from 0 to 1", sampling.minP);
    if (!(sampling.repetitionPenalty > 0))
        return refuse("--repetition-penalty", "a number above 0", sampling.repetitionPenalty);
    return {};
}

ComputeOptions computeOf(const GenerateArguments& arguments) {
    ComputeOptions options = arguments.compute;
    if (!arguments.mode.empty())
        options.mode = arguments.mode;
    else if (options.ranks > 1)
        options.mode = "zigzag";
    return options;
}

Result<void> checkPrompt(const std::vector<std::int64_t>& prompt, std::int64_t vocabulary) {
    for (const std::int64_t id : prompt)
        if (id < 0 || id >= vocabulary)
            return Error{ErrorCode::InvalidConfig,
                         fmt::format("the prompt has token {}, and the model has ids from 0 to {}; "
                                     "its tokenizer is another model's",
                                     id, vocabulary - 1)};
    return {};
}

// The text, or the ids, to standard output as they come.
void printGrowth(const RankTokens& told, bool asText, bool isFirst) {
    if (asText)
        printData(told.text);
    else
        printData((isFirst ? "" : " ") + idsText(told.tokens));
    flushPrinted();
}

int generateWithRanks(const RunPlan& plan, const GenerateArguments& arguments,
                      const GlobalOptions& global) {
    const GenerationRequest& request = arguments.request;
    const bool asText = !request.tokenizer.empty();
    const bool streams = !arguments.json && request.texts == 1;
    StopSignals signals;
    LocalTransport transport;
    if (const Result<void> ready = transport.preflight({}); !ready.ok())
        return fail(ready.error(), PreflightFailed);
    bool isFirst = true;
    const auto told = [&](const RankTokens& tokens) {
        if (streams) printGrowth(tokens, asText, isFirst);
        isFirst = false;
    };
    const Result<GenerationOutcome> outcome =
        generate(plan, request, transport, told, signals.token());
    if (streams && !isFirst) printData("\n");
    if (!outcome.ok())
        return outcome.error().code == ErrorCode::Failed ? fail(outcome.error(), RunFailed)
                                                         : fail(outcome.error());
    if (arguments.json)
        printData(generationJson(plan, request, *outcome));
    else if (!streams)
        printData(generatedTexts(*outcome, asText));
    if (outcome->cancelled) return signals.signal() == SIGINT ? Interrupted : Terminated;
    if (!global.quiet && !arguments.json) say(generationFigures(request, *outcome));
    return Ok;
}

int generateText(GenerateArguments arguments, const GlobalOptions& global) {
    if (const Result<void> sound = checkSampling(arguments.request.sampling); !sound.ok())
        return fail(sound.error(), Usage);
    const Result<std::filesystem::path> folder = modelFolder(arguments.model, global);
    if (!folder.ok()) return failStore(folder.error());
    // The tokens of an adapter are its model's.
    const Result<std::filesystem::path> texts = modelFolderOf(*folder);
    if (!texts.ok()) return fail(texts.error());
    const Result<ReadPrompt> prompt = readPrompt(arguments.prompt, arguments.model, *texts, global);
    if (!prompt.ok()) return fail(prompt.error());
    arguments.request.prompt = prompt->ids;
    arguments.request.tokenizer = prompt->tokenizer;
    const Result<RunConfig> config =
        generationRun(*folder, computeOf(arguments), std::ssize(prompt->ids));
    if (!config.ok()) return fail(config.error());
    if (const Result<void> sound = checkPrompt(prompt->ids, config->model.vocabSize); !sound.ok())
        return fail(sound.error());
    const Result<std::vector<std::int64_t>> ends = endTokensOf(*texts);
    if (!ends.ok()) return fail(ends.error());
    if (!arguments.ignoreEnd)
        arguments.request.endTokens = ends->empty() ? prompt->endTokens : *ends;
    const std::int64_t read = std::ssize(prompt->ids) + arguments.request.maxTokens - 1;
    if (const Result<void> possible = checkGeneration(*config, read); !possible.ok())
        return fail(possible.error());
    const Result<RunPlan> plan = planRun(*config);
    if (!plan.ok()) return fail(plan.error(), Partial);
    return generateWithRanks(*plan, arguments, global);
}

void addPromptOptions(CLI::App& verb, GenerateArguments& arguments) {
    PromptSource& prompt = arguments.prompt;
    CLI::Option* text =
        verb.add_option("--prompt", prompt.text, "the text to go on with")->type_name("TEXT");
    CLI::Option* file =
        verb.add_option("--prompt-file", prompt.file, "a file with it; - is standard input")
            ->check(notEmpty())
            ->type_name("FILE");
    CLI::Option* ids =
        verb.add_option("--prompt-ids", prompt.ids, "token ids instead; ids are printed, too")
            ->delimiter(',')
            ->check(wholeNumber(0))
            ->type_name("ID,ID");
    text->excludes(file)->excludes(ids);
    file->excludes(ids);
    CLI::Option* chat = verb.add_flag("--chat", prompt.chat,
                                      "the prompt is a question, by the model's chat template");
    chat->excludes(ids);
    verb.add_option("--system", prompt.system, "a system message before it")
        ->needs(chat)
        ->type_name("TEXT");
    verb.add_option("--tokenizer", prompt.tokenizer,
                    "byte, a tokenizer.json, its folder or a .model; the model's by default")
        ->check(notEmpty())
        ->type_name("FILE");
}

void addSamplingOptions(CLI::App& verb, GenerateArguments& arguments) {
    GenerationRequest& request = arguments.request;
    SamplingSettings& sampling = request.sampling;
    verb.add_option("--max-tokens", request.maxTokens, "tokens of a text, at most")
        ->check(wholeNumber(1, mostTokens))
        ->type_name("N")
        ->capture_default_str();
    verb.add_option("--texts", request.texts, "how many texts go on from the prompt")
        ->check(wholeNumber(1, mostTexts))
        ->type_name("N")
        ->capture_default_str();
    const auto real = [&](const char* name, double& value, const char* help) {
        verb.add_option(name, value, help)
            ->check(realNumber())
            ->type_name("X")
            ->capture_default_str();
    };
    real("--temperature", sampling.temperature, "above 0: draw, the likelier the more often");
    verb.add_option("--top-k", sampling.topK, "draw from so many likeliest tokens; 0: from all")
        ->check(wholeNumber(0))
        ->type_name("K")
        ->capture_default_str();
    real("--top-p", sampling.topP, "from the likeliest that together have this probability");
    real("--min-p", sampling.minP, "from those with this share of the likeliest one's");
    real("--repetition-penalty", sampling.repetitionPenalty,
         "above 1: tokens that were there are less likely");
    verb.add_option("--seed", sampling.seed, "of what is drawn: the same seed, the same text")
        ->check(wholeNumber(0))
        ->type_name("N")
        ->capture_default_str();
    verb.add_option("--stop", request.stops, "end before this text; may be given several times")
        ->check(notEmpty())
        ->type_name("TEXT");
    verb.add_flag("--ignore-end", arguments.ignoreEnd, "go on behind the model's end tokens");
}

void addRankOptions(CLI::App& verb, GenerateArguments& arguments) {
    verb.add_option("-n,--sp", arguments.compute.ranks, "processes that share the text")
        ->check(wholeNumber(1, mostGenerationRanks))
        ->type_name("N")
        ->capture_default_str();
    verb.add_option("-m,--mode", arguments.mode,
                    "how the prompt is split over ranks; zigzag where there are several")
        ->check(valueOfField("parallel.mode"))
        ->type_name("M");
    addComputeOptions(verb, arguments.compute);
    verb.add_option("--budget", arguments.compute.budget,
                    "memory for a rank's tensors; one that needs more ends with a sentence")
        ->check(valueOfField("memory.budget"))
        ->type_name("SIZE");
    verb.add_flag("--json", arguments.json, "one JSON object on standard output, at the end");
}

}  // namespace

void addGenerateVerb(CLI::App& app, Command& command) {
    CLI::App* verb = app.add_subcommand("generate", "go on with a prompt, on one rank or several");
    addExamples(
        *verb,
        {{R"(ringscope generate --model models/Qwen3-8B --prompt "Two mills")",
          "the likeliest text"},
         {"ringscope generate --model demo/ring --prompt-file book.txt --sp 4",
          "a long prompt, on four ranks"},
         {R"(ringscope generate --model models/tiny --chat --prompt "Why?" --temperature 1)",
          "drawn"}},
        generationExplanation);
    auto arguments = std::make_shared<GenerateArguments>();
    verb->add_option("--model", arguments->model,
                     "folder of a checkpoint or an adapter, or a run that kept its weights")
        ->required()
        ->check(notEmpty())
        ->type_name("FOLDER");
    addPromptOptions(*verb, *arguments);
    addSamplingOptions(*verb, *arguments);
    addRankOptions(*verb, *arguments);
    verb->callback([arguments, &command] {
        command.action = [arguments, &command] { return generateText(*arguments, command.global); };
    });
}

}  // namespace ringscope::cli
