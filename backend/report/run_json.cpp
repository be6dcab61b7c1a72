#include "backend/report/run_json.h"

#include "backend/compare/statistics.h"
#include "backend/config/field_table.h"
#include "backend/core/text.h"
#include "backend/report/figure_table.h"
#include "backend/report/json_rows.h"
#include "backend/report/wording.h"
#include "backend/run/run_history.h"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>

namespace ringscope::reporting {
namespace {

using nlohmann::json;

json jsonText(std::string_view value) { return validUtf8(value); }

json jsonTexts(const std::vector<std::string>& values) {
    json list = json::array();
    for (const std::string& value : values) list.push_back(jsonText(value));
    return list;
}

json jsonNumber(double value) { return std::isfinite(value) ? json(value) : json(nullptr); }

json moment(std::int64_t microseconds) {
    return microseconds == 0 ? json(nullptr) : json(utcIso(microseconds));
}

json jsonBytes(const RunRecord& run, Bytes (*figure)(const RunRecord&)) {
    const std::optional<Bytes> bytes = measuredBytes(run, figure);
    return bytes ? json(bytes->count) : json(nullptr);
}

template <typename Figure>
json perStep(const std::vector<StepRecord>& steps, Figure figure) {
    json list = json::array();
    for (const StepRecord& step : steps) list.push_back(jsonNumber(figure(step)));
    return list;
}

template <typename Number>
json parsed(std::string_view value) {
    Number result{};
    const char* end = value.data() + value.size();
    const auto [rest, error] = std::from_chars(value.data(), end, result);
    return error == std::errc{} && rest == end ? json(result) : jsonText(value);
}

// A field's value with its JSON type; sizes and lists stay as a user would type them.
json typedValue(const Field& field, const RunConfig& config) {
    const std::string value = field.get(config);
    if (field.nullable && value == "null") return nullptr;
    switch (field.type) {
        case FieldType::Integer:
            return parsed<std::int64_t>(value);
        case FieldType::Real:
            return parsed<double>(value);
        case FieldType::Switch:
            return value == "true";
        default:
            return jsonText(value);
    }
}

json configJson(const RunConfig& config) {
    json values = json::object();
    for (const Field& field : fieldTable())
        values[std::string(field.path)] = typedValue(field, config);
    return values;
}

json parityJson(const std::optional<Parity>& parity, ParityVerdict verdict) {
    if (!parity) return nullptr;
    return {{"reference", jsonText(parity->reference.text)},
            {"max_loss_diff", jsonNumber(parity->maxLossDiff)},
            {"max_grad_norm_rel_diff", jsonNumber(parity->maxGradNormRelDiff)},
            {"steps", parity->steps},
            {"verdict", parityWord(verdict)}};
}

}  // namespace

json orNull(const std::optional<double>& value) {
    return value ? jsonNumber(*value) : json(nullptr);
}

namespace {

json overlapJson(const std::optional<OverlapFigures>& overlap) {
    if (!overlap) return nullptr;
    return {{"steps", overlap->steps},
            {"exposed_ms_per_step", jsonNumber(overlap->exposedMs)},
            {"wait_ms_per_step", orNull(overlap->waitMs)},
            {"hidden_wait_ms_per_step", orNull(overlap->hiddenWaitMs)},
            {"transfer_ms_per_step", orNull(overlap->transferMs)},
            {"hidden_pct", orNull(overlap->hiddenPercent)},
            {"busbw_gb_per_s", orNull(overlap->busbw)},
            {"algbw_gb_per_s", orNull(overlap->algbw)},
            {"late_rank", overlap->lateRank ? json(*overlap->lateRank) : json(nullptr)}};
}

json predictionOfRunJson(const RunRecord& run) {
    if (!run.prediction) return nullptr;
    const RunPrediction& said = *run.prediction;
    return {{"step_ms", jsonNumber(said.stepMs)},
            {"exposed_ms_per_step", jsonNumber(said.exposedMs)},
            {"wait_ms_per_step", jsonNumber(said.waitMs)},
            {"step_error_pct", orNull(stepErrorPercent(run))},
            {"processor", jsonText(said.processor)},
            {"calibrated", jsonText(said.calibrated)}};
}

json rankJson(const RankRecord& rank) {
    const auto ifKnown = [&](Bytes bytes) {
        return hasReported(rank) ? json(bytes.count) : json(nullptr);
    };
    return {
        {"rank", rank.rank},
        {"host", jsonText(rank.host)},
        {"pid", rank.pid},
        {"peak_bytes", ifKnown(rank.peakMemory)},
        {"comm_bytes_per_step", ifKnown(rank.attentionBytesPerStep)},
        {"gradient_bytes_per_step", ifKnown(rank.gradientBytesPerStep)},
        {"expert_bytes_per_step",
         rank.expertBytesPerStep.count > 0 ? json(rank.expertBytesPerStep.count) : json(nullptr)},
        {"exit_code", rank.exitCode ? json(*rank.exitCode) : json(nullptr)},
        {"ended_by", rank.endedBy.empty() ? json(nullptr) : jsonText(rank.endedBy)}};
}

json routingJson(const RoutingRecord& record) {
    const RoutingFigures figures = routingFigures(record);
    return {{"step", record.step},
            {"layer", record.layer},
            {"busiest", jsonNumber(figures.busiest)},
            {"unused", figures.unused},
            {"evenness", jsonNumber(figures.evenness)},
            {"tokens_per_expert", record.use}};
}

json recallJson(const RecallRange& range) {
    return {{"up_to", range.upTo},
            {"answers", range.answers},
            {"right", range.right},
            {"accuracy", orNull(accuracyOf(range))}};
}

// "recall" is there where the data is builtin:recall.
json validationOfRunJson(const ValidationRecord& validation) {
    json object = {{"step", validation.step},
                   {"loss", jsonNumber(validation.loss)},
                   {"perplexity", jsonNumber(perplexityOf(validation))},
                   {"tokens", validation.tokens}};
    for (const RecallRange& range : validation.recall)
        object["recall"].push_back(recallJson(range));
    return object;
}

json continuesJson(const std::optional<Continuation>& from) {
    if (!from) return nullptr;
    return {{"run", jsonText(from->run.text)}, {"step", from->step}};
}

// Of the run and all that it goes on from; null where it is all there is, and was not tried again.
json historyJson(const RunRecord& run) {
    if (!run.continues && run.lostSteps == 0) return nullptr;
    const RunHistory history = historyOf(run);
    json object = {{"runs", json::array()},
                   {"cuts", history.cuts},
                   {"steps", history.steps.size()},
                   {"first_step", history.steps.empty() ? 0 : history.steps.front().step},
                   {"tokens", history.tokens},
                   {"seconds", jsonNumber(milliseconds(history.time) / 1e3)},
                   {"lost_steps", history.lostSteps}};
    for (const EarlierRun& earlier : run.earlier)
        object["runs"].push_back(jsonText(earlier.id.text));
    object["runs"].push_back(jsonText(run.id.text));
    object["losses"] = perStep(history.steps, [](const StepRecord& step) { return step.loss; });
    return object;
}

json orNothing(const std::string& value) { return value.empty() ? json(nullptr) : jsonText(value); }

json hostJson(const HostFacts& facts) {
    return {{"host", jsonText(facts.host)},
            {"machine", orNothing(facts.machine)},
            {"processor", orNothing(facts.processor)},
            {"cores", facts.cores > 0 ? json(facts.cores) : json(nullptr)},
            {"memory_bytes", facts.memory.count > 0 ? json(facts.memory.count) : json(nullptr)},
            {"system", orNothing(facts.system)},
            {"gpus", jsonTexts(facts.gpus)},
            {"driver", orNothing(facts.driver)},
            {"interface", orNothing(facts.interface)}};
}

json environmentJson(const RunEnvironment& environment) {
    const RunOrigin& origin = environment.origin;
    json object = {{"network", orNothing(environment.network)},
                   {"command", orNothing(origin.command)},
                   {"folder", orNothing(origin.folder)},
                   {"commit", orNothing(origin.commit)},
                   {"dirty", origin.dirty ? json(*origin.dirty) : json(nullptr)},
                   {"hosts", json::array()}};
    for (const HostFacts& facts : environment.hosts) object["hosts"].push_back(hostJson(facts));
    return object;
}

void addIdentity(json& object, const RunRecord& run) {
    object["id"] = jsonText(run.id.text);
    object["name"] = jsonText(run.name);
    object["experiment"] = jsonText(run.experiment);
    object["experiment_id"] = jsonText(run.experimentId);
    object["mode"] = jsonText(run.config.parallel.mode);
    object["repeat"] = run.repeat;
    object["baseline"] = run.baseline;
    object["reference"] = run.reference;
    object["status"] = statusName(run.status);
    object["reason"] = run.statusReason.empty() ? json(nullptr) : jsonText(run.statusReason);
    object["ranks"] = run.ranks;
    object["seq_len"] = run.config.train.seqLen;
    object["device"] = run.device.empty() ? json(nullptr) : jsonText(run.device);
    object["versions"] = run.versions.empty() ? json(nullptr) : jsonText(run.versions);
    object["computation"] = jsonText(run.computation);
    object["created"] = moment(run.createdUs);
    object["started"] = moment(run.startedUs);
    object["ended"] = moment(run.endedUs);
    object["notes"] = jsonTexts(run.notes);
    object["environment"] = environmentJson(run.environment);
    object["note"] = orNothing(run.note);
    object["tags"] = jsonTexts(run.tags);
    object["pinned"] = run.pinned;
    object["archived"] = moment(run.archivedUs);
    object["config"] = configJson(run.config);
}

void addFigures(json& object, const RunRecord& run) {
    const std::optional<RunSpeed> speed = runSpeed(run);
    object["first_step"] = run.steps.empty() ? 0 : run.steps.front().step;
    object["continues"] = continuesJson(run.continues);
    object["history"] = historyJson(run);
    object["steps"] = stepsDone(run);
    object["tokens_per_s"] = speed ? jsonNumber(speed->tokensPerSecond) : json(nullptr);
    object["step_ms"] = {{"median", speed ? jsonNumber(speed->stepMedianMs) : json(nullptr)},
                         {"p95", speed ? jsonNumber(speed->stepP95Ms) : json(nullptr)}};
    object["losses"] = perStep(run.steps, [](const StepRecord& step) { return step.loss; });
    object["grad_norms"] = perStep(run.steps, [](const StepRecord& step) { return step.gradNorm; });
    object["step_durations_ms"] =
        perStep(run.steps, [](const StepRecord& step) { return milliseconds(step.duration); });
    object["peak_bytes"] = jsonBytes(run, peakMemory);
    object["comm_bytes_per_step"] = jsonBytes(run, measuredAttentionBytes);
    object["predicted_comm_bytes_per_step"] = run.predictedAttentionBytesPerStep.count;
    object["gradient_bytes_per_step"] = jsonBytes(run, measuredGradientBytes);
    object["predicted_gradient_bytes_per_step"] = run.predictedGradientBytesPerStep.count;
    object["flops_per_step"] = jsonNumber(run.flopsPerStep);
    object["parameters"] = run.parameters;
    object["trained_parameters"] =
        run.trainedParameters > 0 ? json(run.trainedParameters) : json(nullptr);
    object["overlap"] = overlapJson(run.overlap);
    object["prediction"] = predictionOfRunJson(run);
    object["unpredicted"] = orNothing(run.unpredicted);
    object["parity"] = parityJson(run.parity, parityVerdict(run));
    object["routing"] = json::array();
    for (const RoutingRecord& record : run.routing)
        object["routing"].push_back(routingJson(record));
    object["validations"] = json::array();
    for (const ValidationRecord& validation : run.validations)
        object["validations"].push_back(validationOfRunJson(validation));
    object["rank_records"] = json::array();
    for (const RankRecord& rank : run.rankRecords) object["rank_records"].push_back(rankJson(rank));
}

json spreadJson(const std::optional<Spread>& spread) {
    if (!spread) return nullptr;
    return {{"median", jsonNumber(spread->median)},
            {"low", jsonNumber(spread->low)},
            {"high", jsonNumber(spread->high)},
            {"samples", spread->samples}};
}

json groupJson(const RunGroup& group) {
    json object = {{"label", jsonText(group.label)},
                   {"mode", jsonText(group.mode)},
                   {"ranks", group.ranks},
                   {"seq_len", group.seqLen},
                   {"finished", group.finished},
                   {"failed", group.failed},
                   {"unfinished", group.unfinished},
                   {"failure", group.failure.empty() ? json(nullptr) : jsonText(group.failure)},
                   {"parity", parityJson(group.worstParity, parityVerdict(group))},
                   {"is_reference", isReference(group)},
                   {"runs", json::array()}};
    object["coverage"] = orNull(group.coverage);
    object["late_rank"] = group.lateRank ? json(*group.lateRank) : json(nullptr);
    for (const RunId& run : group.runs) object["runs"].push_back(jsonText(run.text));
    for (const Figure& figure : figureTable())
        object[std::string(figure.jsonName)] = spreadJson(group.*figure.spread);
    return object;
}

json candidateJson(const Candidate& candidate) {
    json object = groupJson(candidate.group);
    const auto& interval = candidate.speedupInterval;
    object["against"] = jsonText(candidate.against);
    object["same_computation"] = candidate.sameComputation;
    object["speed"] = speedWord(candidate.speed);
    object["speedup"] = orNull(candidate.speedup);
    object["speedup_low"] = interval ? jsonNumber(interval->low) : json(nullptr);
    object["speedup_high"] = interval ? jsonNumber(interval->high) : json(nullptr);
    object["memory_ratio"] = orNull(candidate.memoryRatio);
    object["traffic_ratio"] = orNull(candidate.trafficRatio);
    return object;
}

json runJson(const RunRecord& run) {
    json object = json::object();
    addIdentity(object, run);
    addFigures(object, run);
    return object;
}

json comparisonJson(const Comparison& comparison) {
    json object = {{"verdict", jsonText(comparison.verdict)},
                   {"unlike", jsonText(comparison.unlike)},
                   {"warnings", jsonTexts(comparison.warnings)},
                   {"baseline", groupJson(comparison.baseline.group)},
                   {"candidates", json::array()},
                   {"sections", json::array()},
                   {"differences", json::array()}};
    const std::vector<const RunGroup*> groups = comparison.groups();
    for (const Section& section : comparison.sections) {
        json labels = json::array();
        for (const std::size_t index : section.groups)
            labels.push_back(jsonText(groups[index]->label));
        object["sections"].push_back({{"title", jsonText(section.title())},
                                      {"baseline", jsonText(groups[section.baseline]->label)},
                                      {"groups", std::move(labels)}});
    }
    for (const Candidate& candidate : comparison.candidates)
        object["candidates"].push_back(candidateJson(candidate));
    for (const SettingDifference& difference : comparison.differences)
        object["differences"].push_back(
            {{"path", jsonText(difference.path)}, {"values", jsonTexts(difference.values)}});
    return object;
}

}  // namespace
}  // namespace ringscope::reporting

namespace ringscope {

nlohmann::json toJson(const RunRecord& run) { return reporting::runJson(run); }

nlohmann::json toJson(const Comparison& comparison) {
    return reporting::comparisonJson(comparison);
}

std::string runsJson(const std::vector<RunRecord>& runs, const MoreOfRun& more) {
    nlohmann::json object = {{"schema_version", jsonSchemaVersion},
                             {"runs", nlohmann::json::array()}};
    for (const RunRecord& run : runs) {
        object["runs"].push_back(toJson(run));
        if (more) object["runs"].back().update(more(run));
    }
    return reporting::jsonDump(object);
}

nlohmann::json refusalsJson(const std::vector<RefusedRun>& refused) {
    nlohmann::json rows = nlohmann::json::array();
    for (const RefusedRun& run : refused)
        rows.push_back({{"name", reporting::validUtf8(run.name)},
                        {"mode", run.mode},
                        {"reason", reporting::validUtf8(run.reason.message)}});
    return rows;
}

nlohmann::json problemsJson(const std::string& lines) {
    if (lines.empty()) return nullptr;
    return reporting::jsonTexts(split(lines, '\n'));
}

std::string sessionJson(const SessionRuns& session) {
    nlohmann::json object = {{"schema_version", jsonSchemaVersion},
                             {"experiment_id", session.experimentId},
                             {"store", session.store},
                             {"exit_code", session.exitCode},
                             {"runs", nlohmann::json::array()},
                             {"references", nlohmann::json::array()},
                             {"refusals", refusalsJson(session.refused)},
                             {"problems", problemsJson(session.problem)}};
    for (const RunRecord& run : session.runs) object["runs"].push_back(toJson(run));
    for (const RunRecord& run : session.references) object["references"].push_back(toJson(run));
    if (const Result<Comparison> comparison = compareRuns(session.runs); comparison.ok())
        object["comparison"] = toJson(*comparison);
    return reporting::jsonDump(object);
}

}  // namespace ringscope
