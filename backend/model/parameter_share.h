// Which of a model's parameters a rank holds, in a buffer of its own order. The buffer has parts.
// The gradients of a part are summed over the ranks that hold it alike, and these ranks divide its
// values, gradients and the optimizer's state among them; so each part is padded to their number.
//
// Where ranks share the experts of a layer, each holds all that are no experts, and some experts:
//
//   4 experts on 2 ranks    rank 0   [ all others | padding | experts 0 1 of each layer | padding ]
//                           rank 1   [ all others | padding | experts 2 3 of each layer | padding ]
//
// In units, parameters that are used together are parts of their own:
//
//   [ embedding | padding | layer 0 | padding | layer 1 | padding | norm and head | padding ]
//
// With adapters, which alone are trained, theirs are parts of their own, behind what they stand
// beside, those of experts apart as the experts are; the others are frozen: they have values, and
// neither gradients nor state.
#pragma once

#include "backend/model/parameter_list.h"

#include <cstdint>
#include <functional>
#include <string_view>
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

// Parts of the model that use their parameters one after the other.
constexpr int embeddingUnit = 0;  // with the learned positions
constexpr int layerUnit(std::int64_t layer) { return static_cast<int>(layer) + 1; }
constexpr int headUnit(std::int64_t layers) { return static_cast<int>(layers) + 1; }

struct SharePart {
    BufferPart span{};
    bool experts = false;  // that ranks share
    int unit = 0;          // -1: of all units
    bool frozen = false;   // nothing trains it
};

struct ParameterShare {
    std::vector<ParameterSpec> list;  // of the buffer: offsets in it, shapes of the rank's experts
    std::vector<SharePart> parts;     // without gaps

    std::int64_t elements() const { return parts.back().span.begin + parts.back().span.count; }
};

// The same for every rank. How many share the experts divides their number. Without units and where
// one rank holds all experts, there is one part in the order of `list`, and one of adapters.
ParameterShare parameterShare(const std::vector<ParameterSpec>& list, const ExpertSplit& split,
                              bool inUnits = false);

bool isOfExperts(const ParameterSpec& parameter);

// In the names of adapters' parameters.
inline constexpr std::string_view adapterMark = ".lora.";
bool isOfAdapter(const ParameterSpec& parameter);

// Calls body(in the buffer, among all parameters, scalars) for the parts of [begin, begin + count)
// of the buffer that are parameters. `list`: all of the model's; `place`: the rank's among those
// that share experts.
void forEachPart(const ParameterShare& share, const std::vector<ParameterSpec>& list, int place,
                 BufferPart part,
                 const std::function<void(std::int64_t, std::int64_t, std::int64_t)>& body);

}  // namespace ringscope
