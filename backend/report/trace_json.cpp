#include "backend/report/trace_json.h"

#include "backend/report/json_rows.h"
#include "backend/report/run_json.h"
#include "backend/report/trace_json_parts.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>

namespace ringscope {
namespace reporting {

using nlohmann::ordered_json;

ordered_json communicationJson(const CommunicationFigures& figures, bool splits) {
    const auto ifSplit = [&](std::int64_t value) {
        return splits ? ordered_json(value) : ordered_json(nullptr);
    };
    return {{"comm_ns", figures.comm},
            {"hidden_ns", figures.hidden},
            {"exposed_ns", figures.exposed},
            {"wait_ns", ifSplit(figures.wait)},
            {"hidden_wait_ns", ifSplit(figures.hiddenWait)},
            {"transfer_ns", ifSplit(figures.transfer)},
            {"unpaired_ns", ifSplit(figures.unpaired)},
            {"bytes", figures.bytes}};
}

ordered_json recordingJson(const std::optional<RecordingCost>& cost) {
    return {{"span_cost_ns", cost ? ordered_json(cost->spanNs) : ordered_json(nullptr)},
            {"spans_per_step", cost ? ordered_json(cost->spansPerStep) : ordered_json(nullptr)},
            {"recording_pct_of_step",
             cost ? ordered_json(cost->percentOfStep) : ordered_json(nullptr)}};
}

ordered_json ringStepRows(const RunFindings& findings) {
    ordered_json rows = ordered_json::array();
    for (const RingStepFigures& step : findings.ringSteps) {
        ordered_json row = {{"rank", step.rank},
                            {"pass", spanPassName(step.pass)},
                            {"ring_step", step.ringStep},
                            {"attention_ns", step.attention}};
        row.update(communicationJson(step.communication, findings.clock.splits));
        rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace reporting

namespace {

using json = nlohmann::ordered_json;
using reporting::csvOf;
using reporting::jsonDump;
using reporting::ringStepRows;

json infoObject(const TraceContents& trace) {
    json object = {{"schema_version", jsonSchemaVersion},
                   {"span_ns", trace.end - trace.begin},
                   {"spans", trace.spans()},
                   {"clock_residual_ns", trace.clockErrorNs},
                   {"notes", trace.notes},
                   {"ranks", json::array()}};
    for (const RankContents& rank : trace.ranks) {
        json streams = json::array();
        for (const StreamContents& stream : rank.gpu)
            streams.push_back({{"device", stream.device},
                               {"context", stream.context},
                               {"stream", stream.stream},
                               {"spans", stream.spans}});
        json row = {{"rank", rank.origin.rank},
                    {"world", rank.origin.world},
                    {"run", rank.origin.run},
                    {"host", rank.origin.host},
                    {"mode", rank.origin.mode},
                    {"device", rank.origin.device},
                    {"source", rank.origin.source.empty() ? "ringscope" : rank.origin.source},
                    {"steps", {rank.origin.firstStep, rank.origin.endStep}},
                    {"host_spans", rank.hostSpans},
                    {"gpu_streams", std::move(streams)},
                    {"dropped", rank.dropped},
                    {"complete", rank.complete}};
        row.update(reporting::recordingJson(recordingCost(rank)));
        object["ranks"].push_back(std::move(row));
    }
    return object;
}

json topRows(const std::vector<TopSpan>& spans, std::size_t most) {
    json rows = json::array();
    for (const TopSpan& span : std::span(spans).first(std::min(most, spans.size())))
        rows.push_back({{"where", span.gpu ? "gpu" : "host"},
                        {"kind", spanKindName(span.kind)},
                        {"count", span.count},
                        {"total_ns", span.total},
                        {"mean_ns", span.count > 0 ? span.total / span.count : 0},
                        {"longest_ns", span.longest},
                        {"name", span.name}});
    return rows;
}

json diffObject(const TraceDiff& diff) {
    json object = {{"schema_version", jsonSchemaVersion},
                   {"before", diff.before},
                   {"after", diff.after},
                   {"step_ns", {{"before", diff.stepBefore}, {"after", diff.stepAfter}}},
                   {"change_ns_per_step", diff.change()},
                   {"sentence", diff.sentence()},
                   {"notes", diff.notes},
                   {"effects", json::array()},
                   {"places", json::array()},
                   {"steps", json::array()}};
    for (const DiffEffect& effect : diff.effects)
        object["effects"].push_back({{"what", effect.what},
                                     {"before_ns", effect.before},
                                     {"after_ns", effect.after},
                                     {"change_ns", effect.change()}});
    for (const DiffPlace& place : diff.places)
        object["places"].push_back({{"layer", place.layer},
                                    {"pass", spanPassName(place.pass)},
                                    {"ring_step", place.ringStep},
                                    {"attention_before_ns", place.attentionBefore},
                                    {"attention_after_ns", place.attentionAfter},
                                    {"exposed_before_ns", place.exposedBefore},
                                    {"exposed_after_ns", place.exposedAfter},
                                    {"change_ns", place.change()}});
    for (const DiffStep& step : diff.steps)
        object["steps"].push_back(
            {{"index", step.index}, {"before_ns", step.before}, {"after_ns", step.after}});
    return object;
}

}  // namespace

std::string traceInfoJson(const TraceContents& trace) { return jsonDump(infoObject(trace)); }
std::string traceInfoCsv(const TraceContents& trace) { return csvOf(infoObject(trace)["ranks"]); }

std::string ringStepJson(const RunFindings& findings) {
    return jsonDump(
        json{{"schema_version", jsonSchemaVersion}, {"ring_steps", ringStepRows(findings)}});
}
std::string ringStepCsv(const RunFindings& findings) { return csvOf(ringStepRows(findings)); }

std::string topSpansJson(const std::vector<TopSpan>& spans, std::size_t most) {
    return jsonDump(json{{"schema_version", jsonSchemaVersion}, {"spans", topRows(spans, most)}});
}
std::string topSpansCsv(const std::vector<TopSpan>& spans, std::size_t most) {
    return csvOf(topRows(spans, most));
}

std::string traceDiffJson(const TraceDiff& diff) { return jsonDump(diffObject(diff)); }
std::string traceDiffCsv(const TraceDiff& diff) { return csvOf(diffObject(diff)["effects"]); }

}  // namespace ringscope
