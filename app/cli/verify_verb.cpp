// ringscope verify: real ranks compute one attention problem under each mode, and it is judged
// against fp64.
#include "app/cli/console.h"
#include "app/cli/help.h"
#include "app/cli/option_checks.h"
#include "app/cli/stop_signals.h"
#include "app/cli/verbs.h"
#include "backend/config/choices.h"
#include "backend/config/mode_aliases.h"
#include "backend/core/text.h"
#include "backend/report/verify_text.h"
#include "backend/verify/memory_needed.h"
#include "backend/verify/verification.h"
#include "launcher/local_transport.h"
#include "launcher/machine_facts.h"

#include <fmt/format.h>
#include <unistd.h>
#include <CLI/App.hpp>
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <memory>

namespace ringscope::cli {
namespace {

constexpr const char* explanation =
    R"(Each mode runs forward and backward on random, seeded inputs with real ranks. A result is the same
as unsharded attention where its error against fp64 is at most 2.5 times that of the unsharded
kernel in the same number type, plus a floor; the largest error and the mean error of every slice
of tokens. What the engine cannot compute is refused with its reason, never left out.

Exit codes: 0 every mode is right, 7 a mismatch, 8 no mismatch and some modes refused.)";

constexpr int mostRanks = 256;

// As the user wrote them.
struct VerifyArguments {
    std::string modes = "all";
    int ranks = 4;
    std::string shape;
    bool full = false;
    std::string latent;
    std::string window;
    std::string documents;
    std::string type = "fp32";
    std::string device = "cpu";
    std::string dump;
    std::string pattern;
    std::vector<std::string> settings;
    AttentionCase problem;
    bool json = false;
};

Result<std::vector<std::string>> readModes(const std::string& text) {
    if (text == "all") return modeNames();
    std::vector<std::string> names;
    for (const std::string& word : split(text, ',')) {
        std::string name(trim(word));
        if (name == "all")
            return Error{ErrorCode::InvalidConfig, "--mode: all stands alone; got '" + text + "'"};
        if (const ModeAlias* alias = findModeAlias(name);
            findMode(name) == nullptr && alias != nullptr && !alias->now.empty()) {
            say("warning: " + modeAliasWarning(*alias));
            name = alias->now;
        }
        if (findMode(name) == nullptr) {
            const std::optional<std::string> near = nearestWord(name, modeNames());
            return Error{
                ErrorCode::InvalidConfig,
                fmt::format("--mode: there is no mode '{}'{}; modes: all, {}", name,
                            near ? ", did you mean " + *near + "?" : "", join(modeNames(), ", "))};
        }
        if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    }
    return names;
}

Result<VerifyRequest> readRequest(const VerifyArguments& arguments) {
    VerifyRequest request{
        .problem = arguments.problem,
        .ranks = arguments.ranks,
        .device = findChoice<DeviceChoice>(arguments.device).value_or(DeviceChoice::Cpu)};
    request.problem.causal = !arguments.full;
    if (arguments.ranks < 1 || arguments.ranks > mostRanks)
        return Error{ErrorCode::InvalidConfig,
                     fmt::format("--ranks: write a number from 1 to {}; got {}", mostRanks,
                                 arguments.ranks)};
    RINGSCOPE_TRY(request.modes, readModes(arguments.modes));
    if (!arguments.shape.empty()) RINGSCOPE_CHECK(readShape(arguments.shape, request.problem));
    if (!arguments.latent.empty()) RINGSCOPE_CHECK(readLatent(arguments.latent, request.problem));
    if (!arguments.window.empty()) RINGSCOPE_CHECK(readWindow(arguments.window, request.problem));
    if (!arguments.documents.empty())
        RINGSCOPE_CHECK(readDocuments(arguments.documents, request.problem));
    if (!arguments.pattern.empty())
        RINGSCOPE_CHECK(readPattern(arguments.pattern, request.problem));
    for (const std::string& setting : arguments.settings) {
        if (setting.starts_with("parallel."))
            RINGSCOPE_CHECK(readLayoutSetting(setting, request));
        else
            RINGSCOPE_CHECK(readPatternSetting(setting, request.problem));
    }
    if (std::optional<std::string>& file = request.problem.pattern.file)
        file = std::filesystem::absolute(*file).string();
    RINGSCOPE_CHECK(readType(arguments.type, request.problem));
    RINGSCOPE_CHECK(checkCase(request.problem));
    if (!arguments.dump.empty()) request.dump = std::filesystem::absolute(arguments.dump).string();
    return request;
}

// What is going on, on standard error.
class VerifyLines {
public:
    VerifyLines(const GlobalOptions& global, std::size_t modes)
        : silent_(global.quiet),
          live_(!global.noProgress && ::isatty(STDERR_FILENO) != 0),
          modes_(modes) {}
    ~VerifyLines() { clear(); }

    VerifyProgress progress() {
        return {.verdict = [this](const ModeVerdict& verdict) { done(verdict); },
                .doing = [this](std::string_view what) { doing(what); }};
    }

private:
    void clear() const {
        if (live_ && !silent_) clearLine();
    }
    void doing(std::string_view what) const {
        if (!live_ || silent_) return;
        drawLine(fmt::format("[{}/{}] {}", std::min(done_ + 1, modes_), modes_, what));
    }
    void done(const ModeVerdict& verdict) {
        ++done_;
        if (silent_) return;
        clear();
        if (!live_)
            sayText(
                fmt::format("[{}/{}] {}  {}\n", done_, modes_, verdict.mode, verdictWord(verdict)));
    }

    bool silent_;
    bool live_;
    std::size_t modes_;
    std::size_t done_ = 0;
};

int exitFor(const VerifyOutcome& outcome, int signal) {
    if (outcome.cancelled) return signal == SIGINT ? Interrupted : Terminated;
    const auto wrong = [](const ModeVerdict& verdict) { return !verdict.ok && !verdict.refused; };
    if (std::ranges::any_of(outcome.verdicts, wrong)) return RunFailed;
    return std::ranges::all_of(outcome.verdicts, &ModeVerdict::ok) ? Ok : Partial;
}

// verify() starts on this machine only.
Result<void> checkGpus(const VerifyRequest& request, Transport& transport) {
    if (request.device != DeviceChoice::Cuda) return {};
    const std::optional<int> gpus = transport.gpusOf({});
    if (!gpus || *gpus >= request.ranks) return {};
    return Error{ErrorCode::Unavailable,
                 fmt::format("--device cuda takes a GPU for each of {} ranks, and this machine has "
                             "{}; use --device cpu{}",
                             request.ranks, *gpus == 0 ? "none" : std::to_string(*gpus),
                             *gpus == 0 ? "" : fmt::format(", or --ranks {}", *gpus))};
}

int verify(const VerifyArguments& arguments, const GlobalOptions& global) {
    const Result<VerifyRequest> request = readRequest(arguments);
    if (!request.ok()) return fail(request.error(), Usage);
    StopSignals signals;
    LocalTransport transport;
    if (const Result<void> gpus = checkGpus(*request, transport); !gpus.ok())
        return fail(gpus.error());
    if (const Result<void> ready = transport.preflight({}); !ready.ok())
        return fail(ready.error(), PreflightFailed);
    if (const Result<void> fits = checkMemory(*request, freeMemoryOf("/")); !fits.ok())
        return fail(fits.error());
    if (!request->dump.empty())
        if (const Result<void> ready = prepareDump(*request); !ready.ok())
            return fail(ready.error());

    Result<VerifyOutcome> outcome = [&] {
        VerifyLines lines(global, request->modes.size());
        return ringscope::verify(*request, transport, lines.progress(), signals.token());
    }();
    if (!outcome.ok()) return fail(outcome.error(), RunFailed);
    const int exit = exitFor(*outcome, signals.signal());
    if (arguments.json)
        printData(verifyJson(*request, *outcome, exit));
    else
        printText(verifyTable(outcome->verdicts, request->problem.latent.has_value()));
    return exit;
}

}  // namespace

void addVerifyVerb(CLI::App& app, Command& command) {
    CLI::App* verb =
        app.add_subcommand("verify", "prove that modes compute unsharded attention, on real ranks");
    addExamples(
        *verb,
        {{"ringscope verify --ranks 2 --shape B=1,S=3824,Hq=5,Hk=5,D=128", "a layer's shape"},
         {"ringscope verify --mode zigzag,ulysses --full --dtype fp64", "in fp64, not causal"},
         {"ringscope verify --mla 512,64 --shape S=512,Hq=16,D=192", "DeepSeek's attention"},
         {"ringscope verify --pattern block_sparse -s attention.pattern.local=1", "near blocks"},
         {"ringscope verify --mode ring -s parallel.token_order=hilbert", "along a curve"},
         {"ringscope verify --mode ring --dump proof", "arrays for NumPy, also per rank"}},
        explanation);
    auto arguments = std::make_shared<VerifyArguments>();
    AttentionCase& problem = arguments->problem;
    verb->add_option("-m,--mode", arguments->modes, "all, or names from `ringscope modes`")
        ->type_name("M[,M]")
        ->capture_default_str();
    verb->add_option("-n,--ranks", arguments->ranks, "processes that share the sequence")
        ->check(wholeNumber(1, mostRanks))
        ->type_name("N")
        ->capture_default_str();
    verb->add_option("--shape", arguments->shape,
                     "batch, tokens, query heads, key heads, head dimension; what is left out is "
                     "B=1,S=1024,Hq=8,Hk=4,D=64")
        ->type_name("B=,S=,Hq=,Hk=,D=");
    auto causal = std::make_shared<bool>(false);
    CLI::Option* isCausal =
        verb->add_flag("--causal", *causal, "a query sees no later keys (the default)");
    verb->add_flag("--full", arguments->full, "a query sees all keys")->excludes(isCausal);
    verb->add_option("--mla", arguments->latent,
                     "keys and values come of a latent of C columns that travels where a mode can, "
                     "and a rotary key of R columns; Hk is Hq")
        ->type_name("C,R");
    verb->add_option("--window", arguments->window, "keys seen on each side; -1: all")
        ->type_name("L,R");
    verb->add_option("--docs", arguments->documents, "boundaries of packed documents, from 0 to S")
        ->type_name("0,B,S");
    verb->add_option("--dropout", problem.dropout, "share of attention weights that is dropped")
        ->check(realNumber())
        ->type_name("P");
    verb->add_option(
            "--pattern", arguments->pattern,
            "keys a query sees of those; the reference is a dense mask of the same pattern")
        ->type_name(join(choiceNames<PatternKind>(), "|"));
    verb->add_option("-s,--set", arguments->settings,
                     "a field of attention.pattern, or parallel.layout, parallel.token_order or "
                     "parallel.image: --set attention.pattern.local=1")
        ->type_name("PATH=VALUE")
        ->allow_extra_args(false);
    verb->add_option("--dtype", arguments->type, "the number type of inputs and results")
        ->type_name(join(choiceNames<NumberFormat>(), "|"))
        ->capture_default_str();
    verb->add_option("--device", arguments->device,
                     "what ranks compute on: cpu, or cuda with a GPU for each rank")
        ->check(oneOfWords({"cpu", "cuda"}))
        ->type_name("cpu|cuda")
        ->capture_default_str();
    verb->add_option("--scale", problem.scale, "of the scores (default: 1 / sqrt(D))")
        ->check(realNumber())
        ->type_name("X");
    verb->add_option("--softcap", problem.softcap, "c tanh(score / c)")
        ->check(realNumber())
        ->type_name("C");
    verb->add_flag("--alibi", problem.alibi, "a penalty on distance, a slope for each head");
    verb->add_option("--seed", problem.seed, "of the inputs, and of what is dropped")
        ->check(wholeNumber(0))
        ->type_name("N")
        ->capture_default_str();
    verb->add_option("--dump", arguments->dump,
                     "write inputs and results as .npy files, whole and per rank; never overwrites")
        ->check(notEmpty())
        ->type_name("DIR");
    verb->add_flag("--json", arguments->json, "one JSON object on standard output");
    verb->callback([arguments, causal, &command] {
        command.action = [=, &command] { return verify(*arguments, command.global); };
    });
}

}  // namespace ringscope::cli
