#include "backend/report/plan_json.h"

#include "backend/plan/adapter_plan.h"
#include "backend/plan/pass_bytes.h"
#include "backend/plan/placement.h"
#include "backend/report/json_rows.h"
#include "backend/report/run_json.h"
#include "backend/report/wording.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace ringscope {
namespace {

nlohmann::json placementJson(const RunPlan& plan) {
    nlohmann::json rows = nlohmann::json::array();
    const Result<std::vector<HostSpec>> hosts = launchHosts(plan.config.launch);
    if (!hosts.ok()) return rows;
    const auto placed = placeRanks(plan.ranks, *hosts);
    for (std::size_t i = 0; placed.ok() && i < hosts->size(); ++i)
        rows.push_back({{"host", (*hosts)[i].name}, {"ranks", (*placed)[i]}});
    return rows;
}

nlohmann::json plannedRunJson(const RunRequest& request) {
    const RunPlan& plan = request.plan;
    const RunConfig& config = plan.config;
    const PassBytes sent = passBytes(plan);
    return {{"name", reporting::validUtf8(request.name)},
            {"mode", config.parallel.mode},
            {"repeat", request.repeat},
            {"baseline", request.baseline},
            {"ranks", plan.ranks},
            {"replicas", plan.replicas},
            {"seq_len", config.train.seqLen},
            {"steps", config.train.steps},
            {"precision", nameOf(config.train.precision)},
            {"device", nameOf(config.launch.device)},
            {"parameters", plan.parameters},
            {"trained_parameters", trainedParameters(plan)},
            {"flops_per_step", plan.flopsPerStep},
            {"attention_bytes_per_pass", {{"forward", sent.forward}, {"backward", sent.backward}}},
            {"predicted_comm_bytes_per_step", plan.attentionBytesPerStep},
            {"predicted_gradient_bytes_per_step", plan.gradientBytesPerStep},
            {"expected_expert_bytes_per_step", plan.expertBytesPerStep},
            {"most_expert_bytes_per_step", plan.mostExpertBytesPerStep},
            {"predicted_comm_buffer_bytes", plan.commBufferBytes},
            {"placement", placementJson(plan)},
            {"notes", plan.notes}};
}

}  // namespace

std::string planJson(const std::string& experiment, const ExperimentPlan& plan,
                     const std::vector<PlannedHost>& hosts, const std::string& problem,
                     int exitCode) {
    nlohmann::json object = {{"schema_version", jsonSchemaVersion},
                             {"experiment", reporting::validUtf8(experiment)},
                             {"exit_code", exitCode},
                             {"problems", problemsJson(problem)},
                             {"runs", nlohmann::json::array()},
                             {"refusals", refusalsJson(plan.refused)},
                             {"hosts", nlohmann::json::array()}};
    for (const RunRequest& request : plan.requests)
        object["runs"].push_back(plannedRunJson(request));
    for (const PlannedHost& host : hosts)
        object["hosts"].push_back({{"name", host.host.name},
                                   {"transport", nameOf(host.host.transport)},
                                   {"most_ranks", host.mostRanks},
                                   {"command", host.command}});
    return reporting::jsonDump(object);
}

std::string validationJson(const std::vector<ValidatedFile>& files, int exitCode) {
    nlohmann::json object = {{"schema_version", jsonSchemaVersion},
                             {"exit_code", exitCode},
                             {"files", nlohmann::json::array()}};
    for (const ValidatedFile& file : files)
        object["files"].push_back({{"name", reporting::validUtf8(file.name)},
                                   {"valid", file.valid()},
                                   {"runs", file.runs},
                                   {"refusals", refusalsJson(file.refused)},
                                   {"problems", problemsJson(file.problem)}});
    return reporting::jsonDump(object);
}

}  // namespace ringscope
