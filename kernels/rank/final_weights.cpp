#include "kernels/rank/final_weights.h"

#include "backend/model/checkpoint.h"
#include "backend/model/model_config_text.h"
#include "backend/model/pattern_keys.h"
#include "kernels/model/adapter_values.h"
#include "kernels/model/checkpoint_values.h"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace ringscope {
namespace {

TensorType storedType(NumberFormat format) {
    switch (format) {
        case NumberFormat::Bf16:
            return TensorType::Bf16;
        case NumberFormat::Fp16:
            return TensorType::F16;
        case NumberFormat::Fp64:
            return TensorType::F64;
        default:
            return TensorType::F32;
    }
}

TensorType storedType(const at::Tensor& values) {
    switch (values.scalar_type()) {
        case at::kBFloat16:
            return TensorType::Bf16;
        case at::kHalf:
            return TensorType::F16;
        case at::kDouble:
            return TensorType::F64;
        default:
            return TensorType::F32;
    }
}

OutgoingTensor outgoingMatrix(std::string name, const at::Tensor& values) {
    return {.name = std::move(name),
            .type = storedType(values),
            .shape = values.sizes().vec(),
            .write = [whole = values.contiguous()](TensorSink& sink) {
                sink.write({static_cast<const std::byte*>(whole.const_data_ptr()),
                            static_cast<std::size_t>(whole.nbytes())});
            }};
}

// PEFT knows no *, so that each expert is named.
std::vector<std::string> writtenTargets(const std::vector<std::string>& targets,
                                        const std::vector<LinearLayer>& layers) {
    if (targets.empty()) return kindsOf(layers);
    if (std::ranges::none_of(targets,
                             [](const auto& target) { return target.find('*') != target.npos; }))
        return targets;
    std::vector<std::string> modules;
    for (const LinearLayer& layer : layers)
        for (LinearLayer& each : eachOf(layer)) modules.push_back(std::move(each.module));
    return modules;
}

}  // namespace

Result<FinalWeights> FinalWeights::ofAdapter(const RunPlan& plan) {
    const AdapterConfig& adapter = plan.config.adapter;
    FinalWeights weights(plan.config.train.precision);
    weights.sites_ = plan.adapterSites;
    for (ParameterSpec& spec : heldParameters(plan))
        if (isOfAdapter(spec)) weights.matrices_.push_back(std::move(spec));
    std::vector<LinearLayer> layers;
    for (const AdapterSite& site : weights.sites_) {
        layers.push_back(site.layer);
        weights.settings_.transposed |= site.layer.transposed;
    }
    RINGSCOPE_TRY(const std::filesystem::path base, modelFolderOf(*plan.config.model.from));
    weights.settings_.rank = adapter.rank;
    weights.settings_.alpha = adapter.alpha;
    weights.settings_.dropout = adapter.dropout;
    weights.settings_.base = std::filesystem::absolute(base).lexically_normal().string();
    weights.settings_.targets = writtenTargets(adapter.targets, layers);
    return weights;
}

Result<FinalWeights> FinalWeights::of(const RunPlan& plan) {
    const RunConfig& config = plan.config;
    if (hasAdapter(config)) return ofAdapter(plan);
    FinalWeights weights(config.train.precision);
    const TensorType type = storedType(config.train.precision);
    if (config.model.from) {
        RINGSCOPE_TRY(const Checkpoint checkpoint, Checkpoint::open(*config.model.from));
        RINGSCOPE_TRY(
            weights.configText_,
            withPattern(withWeightType(checkpoint.configText(), type), config.attention.pattern));
        weights.places_ = checkpoint.places();
        return weights;
    }
    RINGSCOPE_TRY(weights.configText_,
                  modelConfigText({config.model, config.attention},
                                  {.type = type, .longest = config.train.seqLen}));
    RINGSCOPE_TRY(const ModelReading reading,
                  readModelConfig(weights.configText_, std::string(modelConfigName)));
    RINGSCOPE_TRY(weights.places_,
                  weightPlaces(*reading.family, reading.description, reading.family->body));
    return weights;
}

Result<void> FinalWeights::write(const std::filesystem::path& folder, Trainer& trainer,
                                 Group& ranks) const {
    if (!sites_.empty()) return writeAdapters(folder, trainer, ranks);
    const at::Tensor values = trainer.wholeValues();
    Result<void> written;
    if (ranks.rank() == 0)
        written = writeCheckpoint(folder, configText_,
                                  namedWeights(places_, values, storedType(format_)));
    ranks.barrier();  // no rank ends while rank 0 still writes
    return written;
}

Result<void> FinalWeights::writeAdapters(const std::filesystem::path& folder, Trainer& trainer,
                                         Group& ranks) const {
    const std::int64_t first = matrices_.front().offset;
    const at::Tensor values = trainer.wholeValues(first);
    // One matrix, or one of each expert.
    const auto matrices = [&](const std::string& name) {
        const auto spec = std::ranges::find(matrices_, name, &ParameterSpec::name);
        const std::vector<std::int64_t> shape{-1, *std::prev(spec->shape.end(), 2),
                                              spec->shape.back()};
        return values.narrow(0, spec->offset - first, spec->elements()).view(shape);
    };
    std::vector<OutgoingTensor> tensors;
    for (const AdapterSite& site : sites_) {
        const at::Tensor a = matrices(site.a);
        const at::Tensor b = matrices(site.b);
        std::int64_t number = 0;
        for (const LinearLayer& layer : eachOf(site.layer)) {
            tensors.push_back(outgoingMatrix(tensorNameOfA(layer.module), a[number]));
            tensors.push_back(
                outgoingMatrix(tensorNameOfB(layer.module), inTensorOrder(b[number], layer)));
            ++number;
        }
    }
    Result<void> written;
    if (ranks.rank() == 0) written = writeAdapter(folder, settings_, std::move(tensors));
    ranks.barrier();  // no rank ends while rank 0 still writes
    return written;
}

}  // namespace ringscope
