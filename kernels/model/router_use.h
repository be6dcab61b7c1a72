// What the routers of the layers with experts did for a rank's own tokens.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/add.h>

#include <vector>

namespace ringscope {

struct RouterUse {
    bool scored = false;                  // whether `scores` are wanted
    std::vector<at::Tensor> perExpert{};  // of each of these layers: tokens that use each, int64
    at::Tensor scores{};  // (experts), added up over tokens and layers; differentiable

    void addScores(const at::Tensor& more) {
        scores = scores.defined() ? at::add(scores, more) : more;
    }
};

}  // namespace ringscope
