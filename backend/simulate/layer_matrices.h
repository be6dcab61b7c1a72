// The matrices that a layer multiplies its rows with, as the cost of products needs them.
#pragma once

#include "backend/simulate/step_costs.h"

#include <cstdint>
#include <vector>

namespace ringscope {

// A matrix that rows are multiplied with.
struct Matrix {
    std::int64_t inner = 0;
    std::int64_t columns = 0;
    double rowsShare = 1;  // of the rank's rows that each is used by
    std::int64_t copies = 1;
    bool inFourBits = false;
    std::vector<std::int64_t> adapted{};  // columns of each adapter beside it
};

// The matrices of a layer, by the part of it that uses them.
struct LayerMatrices {
    std::vector<Matrix> before{};  // of attention: queries, keys, values
    std::vector<Matrix> output{};
    std::vector<Matrix> feedForward{};
    std::int64_t innerColumns = 0;  // of what the activation reads and gives, together
};

// `parameters`: of the whole model.
LayerMatrices matricesOf(const StepCosts& costs, int layer,
                         const std::vector<ParameterSpec>& parameters);

}  // namespace ringscope
