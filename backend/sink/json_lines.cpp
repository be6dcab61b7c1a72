#include "backend/sink/json_lines.h"

#include "backend/config/field_table.h"
#include "backend/core/files.h"
#include "backend/sink/event_file.h"

#include <cerrno>
#include <cmath>
#include <nlohmann/json.hpp>

namespace ringscope {
namespace {

nlohmann::json numberOrNull(double value) {
    return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json(nullptr);
}

std::string_view eventName(RunEvent::Kind kind) {
    switch (kind) {
        case RunEvent::Kind::Began:
            return "began";
        case RunEvent::Kind::Step:
            return "step";
        case RunEvent::Kind::Validation:
            return "validation";
        case RunEvent::Kind::Ended:
            break;
    }
    return "ended";
}

void addBeginning(nlohmann::json& object, const RunRecord& run) {
    object["mode"] = run.config.parallel.mode;
    object["ranks"] = run.ranks;
    object["parameters"] = run.parameters;
    nlohmann::json config = nlohmann::json::object();
    for (const Field& field : fieldTable()) config[std::string(field.path)] = field.get(run.config);
    object["config"] = std::move(config);
}

void addStep(nlohmann::json& object, const StepRecord& step) {
    const std::chrono::duration<double> seconds = step.duration;
    object["step"] = step.step;
    object["loss"] = numberOrNull(step.loss);
    object["grad_norm"] = numberOrNull(step.gradNorm);
    object["step_ms"] = seconds.count() * 1e3;
    object["tokens"] = step.tokens;
    object["tokens_per_s"] = numberOrNull(static_cast<double>(step.tokens) / seconds.count());
}

void addValidation(nlohmann::json& object, const ValidationRecord& validation) {
    object["step"] = validation.step;
    object["loss"] = numberOrNull(validation.loss);
    object["perplexity"] = numberOrNull(perplexityOf(validation));
    object["tokens"] = validation.tokens;
}

void addEnd(nlohmann::json& object, const RunRecord& run) {
    const RunSummary summary = run.summary.value_or(RunSummary{});
    object["status"] = statusName(run.status);
    object["reason"] = run.statusReason;
    object["steps"] = summary.steps;
    object["tokens_per_s"] =
        summary.speed ? numberOrNull(summary.speed->tokensPerSecond) : nlohmann::json(nullptr);
    object["peak_bytes"] = summary.peakMemory.count > 0 ? nlohmann::json(summary.peakMemory.count)
                                                        : nlohmann::json(nullptr);
    object["final_loss"] =
        summary.finalLoss ? numberOrNull(*summary.finalLoss) : nlohmann::json(nullptr);
}

class JsonFile final : public SinkWriter {
public:
    explicit JsonFile(EventFile file) : file_(std::move(file)) {}
    Result<void> write(const RunEvent& event) override { return file_.append(jsonLine(event)); }

private:
    EventFile file_;
};

}  // namespace

std::string jsonLine(const RunEvent& event) {
    const RunRecord& run = *event.run;
    nlohmann::json object = {{"schema_version", 1},          {"event", eventName(event.kind)},
                             {"run", run.id.text},           {"name", run.name},
                             {"experiment", run.experiment}, {"time_us", event.timeUs}};
    if (event.kind == RunEvent::Kind::Began) addBeginning(object, run);
    if (event.step) addStep(object, *event.step);
    if (event.validation) addValidation(object, *event.validation);
    if (event.kind == RunEvent::Kind::Ended) addEnd(object, run);
    return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

Result<std::unique_ptr<SinkWriter>> openJsonFile(const std::filesystem::path& path) {
    RINGSCOPE_TRY(EventFile file, EventFile::open(path, EventFile::Existing::Appended));
    return std::unique_ptr<SinkWriter>(std::make_unique<JsonFile>(std::move(file)));
}

}  // namespace ringscope
