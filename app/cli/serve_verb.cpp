// ringscope serve: a model answers over HTTP, in the form of OpenAI's API.
#include "app/cli/console.h"
#include "app/cli/generation_prompt.h"
#include "app/cli/generation_run.h"
#include "app/cli/help.h"
#include "app/cli/model_verbs.h"
#include "app/cli/option_checks.h"
#include "app/cli/stop_signals.h"
#include "app/cli/store_access.h"
#include "app/cli/verbs.h"
#include "app/serve/serve.h"
#include "backend/config/mode_names.h"
#include "backend/core/plain_text.h"
#include "backend/core/units.h"
#include "backend/generate/end_tokens.h"
#include "backend/generate/generation_limits.h"
#include "backend/serve/api_key.h"
#include "launcher/local_transport.h"

#include <fmt/format.h>
#include <CLI/App.hpp>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <memory>
#include <string>

namespace ringscope::cli {
namespace {

constexpr const char* servingExplanation =
    R"(Clients of OpenAI's API ask at /v1/completions and /v1/chat/completions; /openapi.json
describes all there is. Texts of all clients are computed together, a token of each in a step, and
have room in one cache of --cache bytes; what texts begin with alike is read once. With --sp, ranks
share the cache, --cache bytes on each, so that longer texts fit; every rank computes every token,
so short texts get no faster. Without --api-key-file this machine alone is answered. SIGTERM and
Ctrl-C end the server when the requests that it has are answered; a second one ends it at once.

Exit codes: 0 ended by a signal, 3 the model or an option cannot be used, 4 no such run, or it kept
no weights, 6 it cannot listen there, 7 a rank failed.)";

constexpr std::int64_t mostAtOnce = 4096;
constexpr std::int64_t mostTextTokens = std::int64_t{1} << 30;
constexpr std::int64_t longestPatience = 3600;  // seconds

struct ServeArguments {
    std::string model;
    std::string name;
    std::string tokenizer;
    std::string host = "127.0.0.1";
    std::int64_t port = 8000;
    std::string keyFile;
    std::string cache = "1GiB";
    std::string body = "4MiB";
    std::int64_t texts = 64;
    std::int64_t queue = 256;
    std::int64_t longest = 0;
    std::int64_t maxTokens = 1024;
    std::int64_t patience = 30;
    ComputeOptions compute;
};

// What clients call it: the run, or the folder's own name.
std::string modelName(const ServeArguments& arguments, const std::filesystem::path& folder) {
    if (!arguments.name.empty()) return arguments.name;
    if (!namesFolder(arguments.model)) return arguments.model;
    const std::filesystem::path whole = std::filesystem::absolute(folder).lexically_normal();
    return (whole.has_filename() ? whole : whole.parent_path()).filename().string();
}

Result<Bytes> bytesOf(const char* option, const std::string& text) {
    Result<Bytes> bytes = parseBytes(text);
    if (!bytes.ok()) return Error(bytes.error()).in(option);
    if (bytes->count < 1)
        return Error{ErrorCode::InvalidConfig,
                     fmt::format("{}: expected more than 0 bytes; got {}", option, shown(text))};
    return bytes;
}

Result<ServeSettings> settingsOf(const ServeArguments& arguments,
                                 const std::filesystem::path& folder, const RunConfig& config,
                                 const GlobalOptions& global) {
    ServeSettings settings{
        .host = arguments.host,
        .port = static_cast<std::uint16_t>(arguments.port),
        .queue = arguments.queue,
        .patience = std::chrono::seconds(arguments.patience),
        .limits = {.chatTokens = arguments.maxTokens},
        .job = {.texts = static_cast<int>(arguments.texts), .longest = arguments.longest}};
    RINGSCOPE_TRY(settings.job.cache, bytesOf("--cache", arguments.cache));
    RINGSCOPE_TRY(const Bytes body, bytesOf("--max-body", arguments.body));
    settings.body = body.count;
    if (!arguments.keyFile.empty()) {
        RINGSCOPE_TRY(settings.key, readApiKey(arguments.keyFile));
    }
    RINGSCOPE_TRY(const std::string tokenizer,
                  tokenizerOf(arguments.tokenizer, arguments.model, folder, global));
    RINGSCOPE_TRY(std::vector<std::int64_t> ends, endTokensOf(folder));
    RINGSCOPE_TRY(settings.model,
                  readServedModel(modelName(arguments, folder), tokenizer, std::move(ends)));
    settings.model.vocabulary = config.model.vocabSize;
    settings.model.created = std::time(nullptr);
    settings.job.tokenizer = tokenizer;
    return settings;
}

ServeReports reportsFor(const ServeSettings& settings, int ranks) {
    return {.ready =
                [&settings, ranks](const ServingReady& ready, std::uint16_t port) {
                    const bool sixth = settings.host.find(':') != std::string::npos;
                    say(fmt::format(
                        "serving {} at http://{}:{}/v1: texts of up to {} tokens, {} at once, "
                        "cache {}{} for {} tokens",
                        settings.model.id, sixth ? "[" + settings.host + "]" : settings.host, port,
                        formatCount(ready.longest), settings.job.texts, formatBytes(ready.cache),
                        ranks > 1 ? fmt::format(" on each of {} ranks", ranks) : "",
                        formatCount(ready.capacity)));
                    if (!settings.model.chat)
                        say("note: /v1/chat/completions is refused: " + settings.model.whyNoChat);
                },
            .logLine = [](std::string_view line) { say(std::string(line)); },
            .draining =
                [](std::int64_t texts) {
                    if (texts > 0)
                        say(fmt::format("ending when {} {} made; new requests are refused", texts,
                                        texts == 1 ? "text is" : "texts are"));
                }};
}

int serveModel(const ServeArguments& arguments, const GlobalOptions& global) {
    const Result<std::filesystem::path> folder = modelFolder(arguments.model, global);
    if (!folder.ok()) return failStore(folder.error());
    ComputeOptions compute = arguments.compute;
    // A run of several ranks needs a mode; how a prompt is read here does not depend on it.
    if (compute.ranks > 1) compute.mode = modenames::zigzag;
    const Result<RunConfig> config = generationRun(*folder, compute, 2);
    if (!config.ok()) return fail(config.error());
    if (const Result<void> possible = checkGeneration(*config, 1); !possible.ok())
        return fail(possible.error());
    const Result<RunPlan> plan = planRun(*config);
    if (!plan.ok()) return fail(plan.error(), Partial);
    const Result<ServeSettings> settings = settingsOf(arguments, *folder, *config, global);
    if (!settings.ok()) return fail(settings.error());
    StopSignals signals;
    LocalTransport transport;
    if (const Result<void> ready = transport.preflight({}); !ready.ok())
        return fail(ready.error(), PreflightFailed);
    const Result<void> served =
        serve(*settings, *plan, transport, signals.token(), reportsFor(*settings, compute.ranks));
    if (served.ok()) return Ok;
    switch (served.error().code) {
        case ErrorCode::Unavailable:
            return fail(served.error(), PreflightFailed);
        case ErrorCode::Failed:
            return fail(served.error(), RunFailed);
        default:
            return fail(served.error());
    }
}

void addListeningOptions(CLI::App& verb, ServeArguments& arguments) {
    verb.add_option("--host", arguments.host, "the address to listen on; others need a key")
        ->check(notEmpty())
        ->type_name("ADDRESS")
        ->capture_default_str();
    verb.add_option("--port", arguments.port, "the port; 0: any free one")
        ->check(wholeNumber(0, 65'535))
        ->type_name("N")
        ->capture_default_str();
    verb.add_option("--api-key-file", arguments.keyFile, "a file with the key that clients send")
        ->check(notEmpty())
        ->type_name("FILE");
    verb.add_option("--max-body", arguments.body, "bytes of a request, at most")
        ->type_name("SIZE")
        ->capture_default_str();
    verb.add_option("--patience", arguments.patience,
                    "seconds for a client to send a request, and to read what is written")
        ->check(wholeNumber(1, longestPatience))
        ->type_name("S")
        ->capture_default_str();
}

void addTextOptions(CLI::App& verb, ServeArguments& arguments) {
    verb.add_option("--cache", arguments.cache,
                    "memory for keys and values of all texts, on each rank")
        ->type_name("SIZE")
        ->capture_default_str();
    verb.add_option("--texts", arguments.texts, "texts that are made at once, at most")
        ->check(wholeNumber(1, mostAtOnce))
        ->type_name("N")
        ->capture_default_str();
    verb.add_option("--queue", arguments.queue, "texts that wait for room, at most; more get 429")
        ->check(wholeNumber(0, mostAtOnce))
        ->type_name("N")
        ->capture_default_str();
    verb.add_option("--max-length", arguments.longest,
                    "tokens of a text with its prompt; as many as have room by default")
        ->check(wholeNumber(2, mostTextTokens))
        ->type_name("N");
    verb.add_option("--max-tokens", arguments.maxTokens,
                    "new tokens of a chat's answer, where a request names no number")
        ->check(wholeNumber(1, mostTextTokens))
        ->type_name("N")
        ->capture_default_str();
}

}  // namespace

void addServeVerb(CLI::App& app, Command& command) {
    CLI::App* verb = app.add_subcommand("serve", "answer over HTTP, as OpenAI's API does");
    addExamples(
        *verb,
        {{"ringscope serve --model models/Qwen3-0.6B", "for programs of this machine"},
         {"ringscope serve --model demo/ring --port 9000", "the weights that a run kept"},
         {"ringscope serve --model models/tiny --sp 2 --cache 8GiB", "longer texts, on 2 ranks"},
         {"ringscope serve --model models/tiny --host 0.0.0.0 --api-key-file key",
          "for others, with a key"}},
        servingExplanation);
    auto arguments = std::make_shared<ServeArguments>();
    verb->add_option("--model", arguments->model,
                     "folder of a checkpoint, or a run that kept its weights")
        ->required()
        ->check(notEmpty())
        ->type_name("FOLDER");
    verb->add_option("--name", arguments->name, "what clients call the model; its own by default")
        ->check(notEmpty())
        ->type_name("NAME");
    verb->add_option("--tokenizer", arguments->tokenizer,
                     "byte, a tokenizer.json, its folder or a .model; the model's by default")
        ->check(notEmpty())
        ->type_name("FILE");
    addListeningOptions(*verb, *arguments);
    addTextOptions(*verb, *arguments);
    verb->add_option("-n,--sp", arguments->compute.ranks,
                     "processes that share the cache, which is --cache on each")
        ->check(wholeNumber(1, mostGenerationRanks))
        ->type_name("N")
        ->capture_default_str();
    addComputeOptions(*verb, arguments->compute);
    verb->callback([arguments, &command] {
        command.action = [arguments, &command] { return serveModel(*arguments, command.global); };
    });
}

}  // namespace ringscope::cli
