#include "app/cli/run_sinks.h"

#include "backend/core/plain_text.h"
#include "backend/core/text.h"
#include "backend/sink/json_lines.h"
#include "backend/sink/tensorboard_file.h"
#include "embedded/wandbBridge.h"
#include "launcher/metrics_endpoint.h"
#include "launcher/program_sink.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace ringscope::cli {
namespace {

using Opened = Result<std::unique_ptr<SinkWriter>>;

struct SinkKind {
    std::string_view name;    // "jsonl"
    std::string_view target;  // what stands behind the colon: "FILE"
    std::string_view help;
    Opened (*open)(const std::string& target);
};

constexpr std::array kinds = {
    SinkKind{"jsonl", "FILE", "a line of JSON an event, appended",
             [](const std::string& target) -> Opened { return openJsonFile(target); }},
    SinkKind{"program", "COMMAND", "the same lines, to the standard input of a shell's command",
             [](const std::string& target) -> Opened {
                 return startProgramSink({"/bin/sh", "-c", target});
             }},
    SinkKind{"tensorboard", "FOLDER", "event files, for `tensorboard --logdir FOLDER`",
             [](const std::string& target) -> Opened { return openTensorBoard(target); }},
    SinkKind{"openmetrics", "PORT", "http://127.0.0.1:PORT/metrics; ADDRESS:PORT listens there",
             [](const std::string& target) -> Opened { return openMetricsEndpoint(target); }},
    SinkKind{
        "wandb", "PROJECT", "Weights & Biases, by python3 with wandb; WANDB_MODE=offline",
        [](const std::string& target) -> Opened {
            return startProgramSink({"python3", "-c", std::string(embedded::wandbBridge), target});
        }},
};

std::vector<std::string> sinkNames() {
    std::vector<std::string> names;
    for (const SinkKind& kind : kinds)
        names.push_back(std::string(kind.name) + ":" + std::string(kind.target));
    return names;
}

Error noSuchSink(const std::string& wanted) {
    return {ErrorCode::InvalidConfig,
            "--sink: expected " + join(sinkNames(), ", ") + "; got " + shown(wanted)};
}

}  // namespace

std::string sinkHelp() {
    return "where each step goes besides the store, without ever holding up the run: " +
           join(sinkNames(), ", ");
}

Result<RunSinks> RunSinks::open(const std::vector<std::string>& wanted) {
    RunSinks sinks;
    for (const std::string& each : wanted) {
        const std::size_t colon = each.find(':');
        const auto kind = std::ranges::find(kinds, each.substr(0, colon), &SinkKind::name);
        if (kind == kinds.end() || colon == std::string::npos || colon + 1 == each.size())
            return noSuchSink(each);
        Opened writer = kind->open(each.substr(colon + 1));
        if (!writer.ok())
            return Error{writer.error().code, "--sink " + each + ": " + writer.error().message};
        sinks.sinks_.push_back(std::make_unique<QueuedSink>(each, *std::move(writer)));
    }
    return sinks;
}

std::vector<RunSink*> RunSinks::all() const {
    std::vector<RunSink*> all;
    for (const auto& sink : sinks_) all.push_back(sink.get());
    return all;
}

std::vector<std::string> RunSinks::finish() {
    std::vector<std::string> sentences;
    for (const auto& sink : sinks_)
        std::ranges::move(sink->finish(), std::back_inserter(sentences));
    return sentences;
}

}  // namespace ringscope::cli
