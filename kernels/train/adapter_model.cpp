#include "kernels/train/adapter_model.h"

#include "backend/model/adapter_merge.h"
#include "kernels/model/adapter_values.h"
#include "profiler/memory_scope.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace ringscope {
namespace {

const ParameterSpec& specNamed(const std::vector<ParameterSpec>& list, const std::string& name) {
    return *std::ranges::find(list, name, &ParameterSpec::name);
}

// Each scalar of one list is a scalar of one of the others.
struct ValueSource {
    ParameterSpec spec;         // in the list that is asked for
    std::int64_t offset = 0;    // in the source
    const InitialValues* from;  // of the source
};

InitialValues joinedValues(std::vector<ValueSource> sources,
                           std::shared_ptr<const std::vector<InitialValues>> owned) {
    return [sources = std::move(sources), owned = std::move(owned)](
               std::int64_t begin, std::int64_t count, const at::TensorOptions& options) {
        at::Tensor values = at::zeros({count}, options);
        for (const ValueSource& source : sources) {
            const std::int64_t at = source.spec.offset;
            const std::int64_t first = std::max(begin, at);
            const std::int64_t end = std::min(begin + count, at + source.spec.elements());
            if (first < end)
                values.narrow(0, first - begin, end - first)
                    .copy_((*source.from)(source.offset + first - at, end - first, options));
        }
        return values;
    };
}

// Whether the folder's adapter is the one that the run trains.
Result<void> checkSame(const AdapterFolder& adapter, const std::vector<LinearLayer>& layers,
                       const std::vector<AdapterSite>& sites, const AdapterConfig& wanted) {
    const auto refuse = [&](const std::string& what) {
        return Error{ErrorCode::InvalidConfig,
                     "the adapter in '" + adapter.folder().string() + "' has " + what +
                         "; write the run's adapter fields as the adapter's own"};
    };
    const AdapterSettings& settings = adapter.settings();
    if (settings.rank != wanted.rank)
        return refuse("rank " + std::to_string(settings.rank) + ", and adapter.rank is " +
                      std::to_string(wanted.rank));
    if (settings.scale() != adapterScale(wanted))
        return refuse("a product that counts " + std::to_string(settings.scale()) +
                      " times, and adapter.alpha / adapter.rank is " +
                      std::to_string(adapterScale(wanted)));
    std::set<std::string> modules;
    for (const LinearLayer& layer : layers) modules.insert(layer.module);
    std::size_t named = 0;
    for (const AdapterSite& site : sites)
        for (const LinearLayer& layer : eachOf(site.layer)) {
            if (!modules.contains(layer.module))
                return refuse("nothing beside " + layer.module + ", which adapter.targets names");
            ++named;
        }
    if (layers.size() != named)
        return refuse(std::to_string(layers.size()) + " layers, and adapter.targets names " +
                      std::to_string(named));
    return {};
}

// Values of `list`, the adapters' parameters, as the folder has them.
Result<InitialValues> folderValues(const RunPlan& plan, const std::vector<AdapterSite>& sites,
                                   const std::vector<ParameterSpec>& list) {
    RINGSCOPE_TRY(const AdapterFolder adapter, AdapterFolder::open(*plan.config.model.from));
    RINGSCOPE_TRY(const std::vector<LinearLayer> all,
                  linearLayers(plan.config.model, plan.config.attention));
    RINGSCOPE_TRY(const std::vector<LinearLayer> layers, layersOf(adapter, all));
    RINGSCOPE_CHECK(checkSame(adapter, layers, sites, plan.config.adapter));
    at::Tensor flat = at::zeros({list.back().offset + list.back().elements()}, at::kDouble);
    for (const AdapterSite& site : sites) {
        std::int64_t offsetOfA = specNamed(list, site.a).offset;
        std::int64_t offsetOfB = specNamed(list, site.b).offset;
        const auto put = [&](std::int64_t& offset, const at::Tensor& matrix) {
            flat.narrow(0, offset, matrix.numel()).copy_(matrix.flatten());
            offset += matrix.numel();
        };
        for (const LinearLayer& layer : eachOf(site.layer)) {
            const AdapterMatrices matrices = storedMatrices(adapter, layer);
            put(offsetOfA, matrices.a);
            put(offsetOfB, matrices.b);
        }
    }
    return InitialValues(
        [flat](std::int64_t begin, std::int64_t count, const at::TensorOptions& options) {
            return flat.narrow(0, begin, count).to(options, /*non_blocking=*/false, /*copy=*/true);
        });
}

// Rows of a layer's tensor that are not in the order of the parameter's: where each of them is. No
// family has such experts.
at::Tensor rowsElsewhere(const LinearLayer& layer, std::int64_t firstRow) {
    if (layer.pieces.size() == 1) return {};
    const at::Tensor places = at::arange(layer.rows, at::kLong);
    return inTensorOrder(places, layer) + firstRow;
}

// The layers that a rank keeps in 4 bits, in the order of their rows; of experts, its own ones'
// each with its rows of the whole parameter.
std::vector<LinearLayer> ownFourBitLayers(const RunPlan& plan, int rank) {
    std::vector<LinearLayer> own;
    for (const LinearLayer& layer : plan.fourBitLayers) {
        const std::vector<LinearLayer> each = eachOf(layer);
        const bool shared = layer.isOfExperts();
        const std::int64_t count = shared ? std::ssize(each) / plan.expertRanks : 1;
        const std::int64_t first = shared ? rank % plan.expertRanks * count : 0;
        for (std::int64_t i = first; i < first + count; ++i)
            own.push_back(each[static_cast<std::size_t>(i)]);
    }
    std::ranges::stable_sort(own, [](const LinearLayer& a, const LinearLayer& b) {
        return std::tie(a.parameter, a.firstRow) < std::tie(b.parameter, b.firstRow);
    });
    return own;
}

}  // namespace

Result<InitialValues> heldValues(const RunPlan& plan, const InitialValues& model) {
    if (!hasAdapter(plan.config)) return model;
    const std::vector<ParameterSpec> base = parameterList(plan.config.model, plan.layers);
    const std::vector<AdapterSite>& sites = plan.adapterSites;
    const std::vector<ParameterSpec> own = adapterParameters(sites, plan.config.adapter.rank, 0);
    const bool stored = plan.config.model.from && isAdapterFolder(*plan.config.model.from);
    Result<InitialValues> adapters =
        stored ? folderValues(plan, sites, own) : seededAdapters(own, plan.config.train.seed);
    if (!adapters.ok()) return std::move(adapters).error();
    const auto both = std::make_shared<const std::vector<InitialValues>>(
        std::vector<InitialValues>{model, *adapters});
    std::vector<ValueSource> sources;
    for (const ParameterSpec& spec : heldParameters(plan)) {
        const bool added = isOfAdapter(spec);
        sources.push_back({.spec = spec,
                           .offset = specNamed(added ? own : base, spec.name).offset,
                           .from = &(*both)[added ? 1 : 0]});
    }
    return joinedValues(std::move(sources), both);
}

std::map<std::string, std::shared_ptr<const FourBitMatrix>> packedWeights(
    const RunPlan& plan, int rank, const InitialValues& model, const at::TensorOptions& options) {
    const std::vector<ParameterSpec> base = parameterList(plan.config.model, plan.layers);
    std::map<std::string, std::vector<FourBitMatrix::Part>> parts;
    for (const LinearLayer& layer : ownFourBitLayers(plan, rank)) {
        const ParameterSpec& spec = specNamed(base, layer.parameter);
        const at::Tensor rows = model(spec.offset + layer.firstRow * layer.columns,
                                      layer.rows * layer.columns, options.device(at::kCPU))
                                    .view({layer.rows, layer.columns});
        const at::Tensor elsewhere = rowsElsewhere(layer, layer.firstRow);
        FourBitMatrix::Part part{.rows = elsewhere, .count = layer.rows};
        part.tensor = allocatedFor(MemoryCategory::Parameters, [&] {
            return inFourBits(elsewhere.defined() ? inTensorOrder(rows, layer) : rows);
        });
        parts[layer.parameter].push_back(std::move(part));
    }
    std::map<std::string, std::shared_ptr<const FourBitMatrix>> packed;
    for (auto& [name, each] : parts)
        packed[name] = std::make_shared<const FourBitMatrix>(
            std::move(each), specNamed(base, name).shape.back(), options);
    return packed;
}

std::map<std::string, std::vector<LowRank>> lowRanks(const RunPlan& plan,
                                                     const Parameters& parameters) {
    std::map<std::string, std::vector<LowRank>> beside;
    for (const AdapterSite& site : plan.adapterSites)
        beside[site.layer.parameter].push_back({.a = parameters.weight(site.a),
                                                .b = parameters.weight(site.b),
                                                .firstRow = site.layer.firstRow,
                                                .scale = adapterScale(plan.config.adapter),
                                                .key = hashOfName(site.a)});
    return beside;
}

}  // namespace ringscope
