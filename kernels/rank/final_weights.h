// checkpoint.at_end: the weights of a training as a folder that transformers loads; where an
// adapter was trained, that alone, as a folder that PEFT loads.
//
// A model that was read from a folder keeps that folder's config.json and names, another gets those
// of a family that computes the same. Weights are stored in the number format they were trained in.
#pragma once

#include "backend/core/result.h"
#include "backend/model/adapter_folder.h"
#include "backend/model/weight_places.h"
#include "backend/plan/adapter_plan.h"
#include "backend/plan/run_plan.h"
#include "kernels/comm/group.h"
#include "kernels/train/trainer.h"

#include <filesystem>
#include <string>
#include <vector>

namespace ringscope {

class FinalWeights {
public:
    // Before the training, so that a model that cannot be written is told at once.
    static Result<FinalWeights> of(const RunPlan& plan);

    // All ranks must call it; rank 0 writes. Fails where `folder` holds a model already.
    Result<void> write(const std::filesystem::path& folder, Trainer& trainer, Group& ranks) const;

private:
    explicit FinalWeights(NumberFormat format) : format_(format) {}
    static Result<FinalWeights> ofAdapter(const RunPlan& plan);
    Result<void> writeAdapters(const std::filesystem::path& folder, Trainer& trainer,
                               Group& ranks) const;

    NumberFormat format_;
    std::string configText_{};  // of a model
    WeightPlaces places_{};
    AdapterSettings settings_{};  // of an adapter
    std::vector<AdapterSite> sites_{};
    std::vector<ParameterSpec> matrices_{};  // theirs, among what ranks hold
};

}  // namespace ringscope
