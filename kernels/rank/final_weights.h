// checkpoint.at_end: the weights of a training as a folder that transformers loads.
//
// A model that was read from a folder keeps that folder's config.json and names, another gets those
// of a family that computes the same. Weights are stored in the number format they were trained in.
#pragma once

#include "backend/core/result.h"
#include "backend/model/weight_places.h"
#include "backend/plan/run_plan.h"
#include "kernels/comm/group.h"
#include "kernels/train/trainer.h"

#include <filesystem>
#include <string>

namespace ringscope {

class FinalWeights {
public:
    // Before the training, so that a model that cannot be written is told at once.
    static Result<FinalWeights> of(const RunPlan& plan);

    // All ranks must call it; rank 0 writes. Fails where `folder` holds a model already.
    Result<void> write(const std::filesystem::path& folder, Trainer& trainer, Group& ranks) const;

private:
    FinalWeights(std::string configText, WeightPlaces places, NumberFormat format)
        : configText_(std::move(configText)), places_(std::move(places)), format_(format) {}

    std::string configText_;
    WeightPlaces places_;
    NumberFormat format_;
};

}  // namespace ringscope
