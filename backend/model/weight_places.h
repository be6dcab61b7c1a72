// Where the rows of each parameter lie in a family's checkpoints. Loading, gradients under the
// checkpoint's names and exports are made of the same pieces.
//
//     layers.0.attention.qkv.weight     rows 0–7    of model.layers.0.self_attn.q_proj.weight
//                                       rows 8–11   of ….k_proj.weight
//                                       rows 12–15  of ….v_proj.weight
#pragma once

#include "backend/core/result.h"
#include "backend/model/family_table.h"
#include "backend/model/parameter_list.h"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

// Rows of a parameter seen as a matrix: the last size of its shape is the columns, and the rows
// are all others; what has one size is one column.
struct WeightPiece {
    std::string tensor;
    std::int64_t firstRow = 0;  // of the parameter
    std::int64_t rows = 0;
    std::int64_t tensorFirstRow = 0;
    bool transposed = false;  // the tensor is (in, out): its columns are the rows here
    std::int64_t apart = 1;   // in the tensor, from a row to the next
    std::int64_t matrix = 0;  // of those that the tensor has, each with rows from 0
    std::int64_t matrices = 1;
    bool operator==(const WeightPiece&) const = default;
};

struct WeightPlaces {
    std::vector<ParameterSpec> parameters;         // as parameterList() has them
    std::vector<std::vector<WeightPiece>> pieces;  // of each; in order, they cover its rows
    // Shape of each tensor; the pieces cover each of its rows once.
    std::map<std::string, std::vector<std::int64_t>, std::less<>> tensors;
};

// Which of the experts' matrices: of each expert, or those of one, with * as its number.
enum class ExpertPlaces : std::uint8_t { Each, One };

// `body` stands before the names of the body's tensors: family.body, or nothing. Fails where the
// model has a part that the family has no name for. Of parameters that are `wanted`; not set: of
// all.
Result<WeightPlaces> weightPlaces(const Family& family, const ModelDescription& description,
                                  std::string_view body,
                                  const std::function<bool(const ParameterSpec&)>& wanted = {},
                                  ExpertPlaces experts = ExpertPlaces::Each);

}  // namespace ringscope
