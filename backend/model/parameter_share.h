// Which of a model's parameters a rank holds, where ranks share the experts of a layer: all that
// are no experts, and a part of the experts, in a buffer of its own order.
//
//   4 experts on 2 ranks    rank 0   [ all others | padding | experts 0 1 of each layer | padding ]
//                           rank 1   [ all others | padding | experts 2 3 of each layer | padding ]
//
// All others are the same on every rank, so their gradients are summed over all ranks. Those of the
// experts are summed over the ranks that hold the same. Each part is padded, so that the ranks that
// sum it divide it evenly.
#pragma once

#include "backend/model/parameter_list.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace ringscope {

// How many ranks hold all other parameters, and how many of them share the experts; neighbours.
struct ExpertSplit {
    int ranks = 1;
    int sharing = 1;
};

// Scalars [begin, begin + count) of a rank's buffer.
struct BufferPart {
    std::int64_t begin = 0;
    std::int64_t count = 0;
};

struct ParameterShare {
    std::vector<ParameterSpec> list;  // of the buffer: offsets in it, shapes of the rank's experts
    BufferPart common{};
    BufferPart experts{};            // no scalars where one rank holds all
    std::int64_t commonScalars = 0;  // of these, without padding
    std::int64_t expertScalars = 0;

    std::int64_t elements() const { return experts.begin + experts.count; }
};

// The same for every rank. How many share the experts divides their number. Where it is 1, all
// parameters are common, in the order of `list`.
ParameterShare parameterShare(const std::vector<ParameterSpec>& list, const ExpertSplit& split);

bool isOfExperts(const ParameterSpec& parameter);

// Calls body(in the buffer, among all parameters, scalars) for the parts of [begin, begin + count)
// of the buffer that are parameters. `list`: all of the model's; `place`: the rank's among those
// that share experts.
void forEachPart(const ParameterShare& share, const std::vector<ParameterSpec>& list, int place,
                 BufferPart part,
                 const std::function<void(std::int64_t, std::int64_t, std::int64_t)>& body);

}  // namespace ringscope
