#include "backend/report/what_ran.h"

#include "backend/config/field_table.h"
#include "backend/config/precision.h"
#include "backend/core/text.h"
#include "backend/report/wording.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>

namespace ringscope {
namespace {

// The values of a fact in one run; several where its hosts differ.
using Values = std::vector<std::string>;

Values ofHosts(const RunRecord& run, std::string (*value)(const HostFacts&)) {
    Values values;
    for (const HostFacts& facts : run.environment.hosts) values.push_back(value(facts));
    return values;
}

std::string precisionOf(const RunRecord& run) {
    return findField("train.precision")->get(run.config);
}

std::string devicesOf(const RunRecord& run) {
    return run.device.empty() ? "" : fmt::format("{} × {}", run.ranks, run.device);
}

struct FactRow {
    std::string_view label;
    Values (*values)(const RunRecord& run);
};

constexpr std::array identityRows = {
    FactRow{"experiment", [](const RunRecord& run) { return Values{run.experiment}; }},
    FactRow{"model", [](const RunRecord& run) { return Values{modelWords(run)}; }},
    FactRow{"sequence length",
            [](const RunRecord& run) {
                return Values{formatCount(run.config.train.seqLen) + " tokens"};
            }},
    FactRow{"modes", [](const RunRecord& run) { return Values{run.config.parallel.mode}; }},
    FactRow{"ranks", [](const RunRecord& run) { return Values{std::to_string(run.ranks)}; }},
    FactRow{"precision", [](const RunRecord& run) { return Values{precisionOf(run)}; }},
    FactRow{"devices", [](const RunRecord& run) { return Values{devicesOf(run)}; }},
    FactRow{"hosts", [](const RunRecord& run) { return Values(hostsOf(run)); }},
};

constexpr std::array environmentRows = {
    FactRow{"processor",
            [](const RunRecord& run) {
                return ofHosts(run, [](const HostFacts& facts) { return facts.processor; });
            }},
    FactRow{"cores of a host",
            [](const RunRecord& run) {
                return ofHosts(run, [](const HostFacts& facts) {
                    return facts.cores > 0 ? std::to_string(facts.cores) : std::string();
                });
            }},
    FactRow{"memory of a host",
            [](const RunRecord& run) {
                return ofHosts(run, [](const HostFacts& facts) {
                    return facts.memory.count > 0 ? formatBytes(facts.memory) : std::string();
                });
            }},
    FactRow{"GPUs of a host",
            [](const RunRecord& run) {
                return ofHosts(run, [](const HostFacts& facts) { return gpuWords(facts.gpus); });
            }},
    FactRow{"GPU driver",
            [](const RunRecord& run) {
                return ofHosts(run, [](const HostFacts& facts) { return facts.driver; });
            }},
    FactRow{"network", [](const RunRecord& run) { return Values{run.environment.network}; }},
    FactRow{"system",
            [](const RunRecord& run) {
                return ofHosts(run, [](const HostFacts& facts) { return facts.system; });
            }},
    FactRow{"versions", [](const RunRecord& run) { return Values{run.versions}; }},
    FactRow{"commit",
            [](const RunRecord& run) { return Values{commitWords(run.environment.origin)}; }},
    FactRow{"command", [](const RunRecord& run) { return Values{run.environment.origin.command}; }},
};

// Each value once, those that are empty left out; of very many the first ones, and how many more.
std::string distinct(const std::vector<RunRecord>& runs, const FactRow& row) {
    constexpr std::size_t shown = 8;
    Values values;
    for (const RunRecord& run : runs)
        for (std::string& value : row.values(run))
            if (!value.empty() && std::ranges::find(values, value) == values.end())
                values.push_back(std::move(value));
    if (values.size() > shown) {
        const std::size_t more = values.size() - shown;
        values.resize(shown);
        values.push_back(fmt::format("and {} more", more));
    }
    const bool listed = std::ranges::any_of(
        values, [](const std::string& value) { return value.find(',') != std::string::npos; });
    return join(values, listed ? "; " : ", ");
}

template <typename Rows>
void addFacts(std::vector<RunFact>& facts, const std::vector<RunRecord>& runs, const Rows& rows) {
    for (const FactRow& row : rows)
        if (std::string text = distinct(runs, row); !text.empty())
            facts.push_back({row.label, std::move(text)});
}

}  // namespace

std::vector<RunFact> whatRan(const std::vector<RunRecord>& runs) {
    std::vector<RunFact> facts;
    addFacts(facts, runs, identityRows);
    addFacts(facts, runs, environmentRows);
    return facts;
}

std::vector<RunFact> environmentFacts(const RunRecord& run) {
    std::vector<RunFact> facts;
    addFacts(facts, {run}, environmentRows);
    return facts;
}

std::string titleOf(const std::vector<RunRecord>& runs) {
    std::vector<std::string> names;
    for (const RunRecord& run : runs)
        if (std::ranges::find(names, run.experiment) == names.end())
            names.push_back(run.experiment);
    if (names.empty()) return "Ringscope";
    if (names.size() == 1) return names.front();
    if (names.size() == 2) return names.front() + " and " + names.back();
    return fmt::format("{} and {} other experiments", names.front(), names.size() - 1);
}

std::string modelWords(const RunRecord& run) {
    const ModelConfig& model = run.config.model;
    const auto known = std::ranges::find(modelPresets(), model.preset, &ModelPreset::name);
    const bool asPreset = known != modelPresets().end() && known->model == model;
    const std::string name = model.from ? *model.from : asPreset ? model.preset : "";
    std::string words =
        fmt::format("{}{}, hidden size {}, {}", name.empty() ? name : name + ": ",
                    reporting::countOf(static_cast<std::size_t>(model.layers), "layer"),
                    formatCount(model.hiddenSize),
                    reporting::countOf(static_cast<std::size_t>(model.heads), "head"));
    if (model.attention == AttentionKind::Mla)
        words += ", latent attention";
    else if (model.attention == AttentionKind::Nsa)
        words += fmt::format(", {} for keys and values, native sparse attention", model.kvHeads);
    else if (model.kvHeads != model.heads)
        words += fmt::format(", {} for keys and values", model.kvHeads);
    if (model.experts.count > 0)
        words += fmt::format(", {} experts, {} a token", formatCount(model.experts.count),
                             model.experts.perToken);
    if (!model.layerPattern.empty())
        words += fmt::format(", layers [{}]", join(model.layerPattern, ", "));
    if (run.parameters > 0) words += fmt::format(", {} parameters", formatCount(run.parameters));
    if (run.trainedParameters > 0 && run.trainedParameters != run.parameters)
        words += fmt::format(", {} train beside them", formatCount(run.trainedParameters));
    const AdapterConfig& adapter = run.config.adapter;
    if (adapter.kind != AdapterKind::None) {
        const std::string_view all =
            model.experts.count > 0 ? "all linear layers of attention" : "all linear layers";
        const std::string where =
            adapter.targets.empty() ? std::string(all) : join(adapter.targets, ", ");
        words +=
            fmt::format(", {} of rank {} beside {}", nameOf(adapter.kind), adapter.rank, where);
    }
    return words;
}

}  // namespace ringscope
