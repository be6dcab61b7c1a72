#include "kernels/rank/final_weights.h"

#include "backend/model/checkpoint.h"
#include "backend/model/model_config_text.h"
#include "kernels/model/checkpoint_values.h"

#include <ATen/core/Tensor.h>

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

}  // namespace

Result<FinalWeights> FinalWeights::of(const RunPlan& plan) {
    const RunConfig& config = plan.config;
    const TensorType type = storedType(config.train.precision);
    if (config.model.from) {
        RINGSCOPE_TRY(const Checkpoint checkpoint, Checkpoint::open(*config.model.from));
        return FinalWeights(withWeightType(checkpoint.configText(), type), checkpoint.places(),
                            config.train.precision);
    }
    RINGSCOPE_TRY(std::string text,
                  modelConfigText({config.model, config.attention},
                                  {.type = type, .longest = config.train.seqLen}));
    RINGSCOPE_TRY(const ModelReading reading, readModelConfig(text, std::string(modelConfigName)));
    RINGSCOPE_TRY(WeightPlaces places,
                  weightPlaces(*reading.family, reading.description, reading.family->body));
    return FinalWeights(std::move(text), std::move(places), config.train.precision);
}

Result<void> FinalWeights::write(const std::filesystem::path& folder, Trainer& trainer,
                                 Group& ranks) const {
    const at::Tensor values = trainer.wholeValues();
    Result<void> written;
    if (ranks.rank() == 0)
        written = writeCheckpoint(folder, configText_,
                                  namedWeights(places_, values, storedType(format_)));
    ranks.barrier();  // no rank ends while rank 0 still writes
    return written;
}

}  // namespace ringscope
