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

namespace ringscope::cli {
namespace {

using Opened = Result<std::unique_ptr<SinkWriter>>;

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

std::span<const SinkKind> sinkKinds() { return kinds; }

std::string sinkHelp() {
    return "where each step goes besides the store, without ever holding up the run: " +
           join(sinkNames(), ", ");
}

Result<std::unique_ptr<RunSinks>> RunSinks::open(const std::vector<std::string>& wanted) {
    auto sinks = std::make_unique<RunSinks>();
    for (const std::string& each : wanted) {
        const std::size_t colon = each.find(':');
        const auto kind = std::ranges::find(kinds, each.substr(0, colon), &SinkKind::name);
        if (kind == kinds.end() || colon == std::string::npos || colon + 1 == each.size())
            return noSuchSink(each);
        Opened writer = kind->open(each.substr(colon + 1));
        if (!writer.ok())
            return Error{writer.error().code, "--sink " + each + ": " + writer.error().message};
        sinks->sinks_.push_back(std::make_unique<QueuedSink>(each, *std::move(writer)));
    }
    return sinks;
}

template <typename Call>
Result<void> RunSinks::tell(Call call) {
    for (const auto& sink : sinks_) static_cast<void>(call(*sink));  // never fails
    return first_ == nullptr ? Result<void>{} : call(*first_);
}

Result<void> RunSinks::created(const RunRecord& run) {
    return tell([&](RunSink& sink) { return sink.created(run); });
}

Result<void> RunSinks::changed(const RunRecord& run) {
    return tell([&](RunSink& sink) { return sink.changed(run); });
}

Result<void> RunSinks::step(const RunRecord& run, const StepRecord& step) {
    return tell([&](RunSink& sink) { return sink.step(run, step); });
}

Result<void> RunSinks::validation(const RunRecord& run, const ValidationRecord& validation) {
    return tell([&](RunSink& sink) { return sink.validation(run, validation); });
}

Result<void> RunSinks::routing(const RunRecord& run, const RoutingRecord& routing) {
    return tell([&](RunSink& sink) { return sink.routing(run, routing); });
}

Result<void> RunSinks::ended(const RunRecord& run) {
    return tell([&](RunSink& sink) { return sink.ended(run); });
}

Result<void> RunSinks::logLine(const RunRecord& run, int rank, std::string_view line) {
    return tell([&](RunSink& sink) { return sink.logLine(run, rank, line); });
}

std::vector<std::string> RunSinks::finish() {
    std::vector<std::string> sentences;
    for (const auto& sink : sinks_)
        std::ranges::move(sink->finish(), std::back_inserter(sentences));
    return sentences;
}

}  // namespace ringscope::cli
