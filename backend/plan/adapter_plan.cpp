#include "backend/plan/adapter_plan.h"

#include "backend/core/text.h"
#include "backend/core/units.h"
#include "backend/model/four_bit.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace ringscope {
namespace {

// "layers.0.attention.qkv.weight" and "k_proj" -> "layers.0.attention.qkv.lora.k_proj."
std::string stemOf(const LinearLayer& layer) {
    constexpr std::string_view ending = ".weight";
    std::string stem = layer.parameter;
    if (stem.ends_with(ending)) stem.resize(stem.size() - ending.size());
    return stem + std::string(adapterMark) + std::string(layer.kind()) + ".";
}

// Latents become keys and values on the rank that they travel to, which knows no token of them.
bool isExpandedElsewhere(const LinearLayer& layer) {
    return layer.parameter.ends_with(".attention.latent_up.weight");
}

// The names of these layers are experts' as well, which have many matrices: a run says so.
bool isOfFeedForward(const LinearLayer& layer) {
    return layer.parameter.find(".ffn.") != std::string::npos;
}

std::int64_t scalarsOf(const AdapterSite& site, std::int64_t rank) {
    return rank * (site.layer.rows + site.layer.columns);
}

Result<void> checkDropout(const std::vector<AdapterSite>& sites, const RunConfig& config) {
    if (config.adapter.dropout == 0) return {};
    for (const AdapterSite& site : sites) {
        if (isExpandedElsewhere(site.layer))
            return Error{
                ErrorCode::InvalidConfig,
                fmt::format("adapter.dropout: {} works on latents of other ranks' tokens and drops "
                            "nothing; set adapter.dropout to 0, or name other adapter.targets",
                            site.layer.kind())};
        if (site.layer.isOfExperts() && config.parallel.ep > 1)
            return Error{
                ErrorCode::InvalidConfig,
                fmt::format("adapter.dropout: with parallel.ep {}, {} works on rows of other "
                            "ranks' tokens, whose numbers do not travel; set adapter.dropout to 0, "
                            "parallel.ep to 1, or name other adapter.targets",
                            config.parallel.ep, site.layer.kind())};
    }
    return {};
}

}  // namespace

Result<void> planAdapters(RunPlan& plan) {
    const RunConfig& config = plan.config;
    if (!hasAdapter(config)) return {};
    RINGSCOPE_TRY(std::vector<LinearLayer> all, linearLayers(config.model, config.attention));
    if (config.adapter.kind == AdapterKind::Qlora) plan.fourBitLayers = all;
    if (config.adapter.targets.empty() && config.model.experts.count > 0)
        std::erase_if(all, isOfFeedForward);
    RINGSCOPE_TRY(std::vector<LinearLayer> layers,
                  chosenLayers(std::move(all), config.adapter.targets));
    for (LinearLayer& layer : layers) {
        const std::string stem = stemOf(layer);
        plan.adapterSites.push_back({.layer = std::move(layer), .a = stem + "a", .b = stem + "b"});
    }
    if (plan.adapterSites.empty())
        return Error{ErrorCode::InvalidConfig,
                     "adapter.kind: this model has no linear layer that an adapter could stand "
                     "beside; use adapter.kind none"};
    return checkDropout(plan.adapterSites, config);
}

double adapterScale(const AdapterConfig& adapter) {
    return adapter.alpha / static_cast<double>(adapter.rank);
}

std::vector<ParameterSpec> adapterParameters(const std::vector<AdapterSite>& sites,
                                             std::int64_t rank, std::int64_t offset) {
    std::vector<ParameterSpec> list;
    const auto add = [&](const std::string& name, const LinearLayer& layer, std::int64_t rows,
                         std::int64_t columns) {
        ParameterSpec& spec = list.emplace_back(
            ParameterSpec{.name = name, .shape = {rows, columns}, .initial = 0, .offset = offset});
        if (layer.isOfExperts()) spec.shape.insert(spec.shape.begin(), layer.experts);
        offset += spec.elements();
    };
    for (const AdapterSite& site : sites) {
        add(site.a, site.layer, rank, site.layer.columns);
        add(site.b, site.layer, site.layer.rows, rank);
    }
    return list;
}

std::vector<ParameterSpec> heldParameters(const RunPlan& plan) {
    std::vector<ParameterSpec> list = parameterList(plan.config.model, plan.layers);
    if (!hasAdapter(plan.config)) return list;
    std::set<std::string> inFourBits;
    for (const LinearLayer& layer : plan.fourBitLayers) inFourBits.insert(layer.parameter);
    std::erase_if(list, [&](const ParameterSpec& spec) { return inFourBits.contains(spec.name); });
    std::int64_t end = 0;
    for (ParameterSpec& spec : list) {
        spec.trained = false;
        spec.offset = end;
        end += spec.elements();
    }
    std::ranges::move(adapterParameters(plan.adapterSites, plan.config.adapter.rank, end),
                      std::back_inserter(list));
    return list;
}

std::int64_t trainedParameters(const RunPlan& plan) {
    if (!hasAdapter(plan.config)) return plan.parameters;
    std::int64_t count = 0;
    for (const AdapterSite& site : plan.adapterSites)
        count += site.layer.matrices() * scalarsOf(site, plan.config.adapter.rank);
    return count;
}

std::int64_t multipliedAdapters(const RunPlan& plan) {
    std::int64_t count = 0;
    for (const AdapterSite& site : plan.adapterSites)
        count += (site.layer.isOfExperts() ? plan.config.model.experts.perToken : 1) *
                 scalarsOf(site, plan.config.adapter.rank);
    return count;
}

std::string adapterNote(const RunPlan& plan) {
    const std::int64_t trained = trainedParameters(plan);
    std::vector<LinearLayer> adapted;
    for (const AdapterSite& site : plan.adapterSites) adapted.push_back(site.layer);
    std::string note = fmt::format(
        "adapter.kind {}: {} parameters train beside {} of the model ({:.2f} %), in {}",
        nameOf(plan.config.adapter.kind), formatCount(trained), formatCount(plan.parameters),
        100 * static_cast<double>(trained) / static_cast<double>(plan.parameters),
        join(kindsOf(adapted), ", "));
    if (plan.config.adapter.kind != AdapterKind::Qlora) return note;
    std::int64_t bytes = 0;
    std::int64_t scalars = 0;
    for (const LinearLayer& layer : plan.fourBitLayers) {
        bytes += layer.matrices() * fourBitBytes(layer.rows * layer.columns);
        scalars += layer.matrices() * layer.rows * layer.columns;
    }
    return note + fmt::format("; {} parameters in 4 bits take {}", formatCount(scalars),
                              formatBytes({bytes}));
}

}  // namespace ringscope
