// The optimizer's state in a file (memory.offload_optimizer): which part of it is in memory at a
// time. A slice is cut into pieces, and the state of a piece is a record of the file:
//
//     copy of values | mean | square | codes of mean | of square | scales of mean | of square
//
// The copy is of values with two bytes, in the format of sums (kernels/train/sharded_optimizer.h);
// codes and scales are of moments in 8 bits. What a piece does not have takes no bytes.
#pragma once

#include "backend/config/run_config.h"
#include "backend/plan/optimizer_state.h"

#include <array>
#include <cstdint>
#include <vector>

namespace ringscope {

inline constexpr std::int64_t mostPieceElements = 1 << 18;

// The begin of each section of a record, in bytes, and the end of the last one.
struct StateRecord {
    enum Section : std::uint8_t {
        Copy,
        Mean,
        Square,
        MeanCodes,
        SquareCodes,
        MeanScales,
        SquareScales,
        End
    };
    std::array<std::int64_t, End + 1> at{};
    std::int64_t bytes() const { return at[End]; }
};

// Elements [begin, begin + count) of a slice. Ranges are counted from begin. No block of a
// parameter's state in 8 bits lies in two pieces.
struct OptimizerPiece {
    BufferPart elements{};
    std::vector<ElementRange> trained;
    StateRecord record{};
};

// Of a slice of the parameters in `list`; pieces without state are there, too.
std::vector<OptimizerPiece> optimizerPieces(const std::vector<ParameterSpec>& list,
                                            const TrainConfig& train, const BufferPart& slice);

}  // namespace ringscope
