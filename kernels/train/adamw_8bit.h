// AdamW whose moments have 8 bits a number (dynamic_map.h), for large parameters.
//
// 256 elements of a parameter share two fp32 scales: the largest size of each moment among them. A
// step reads a block, updates it in fp32 and writes it, so no whole state ever exists in fp32.
//
//     parameter    |  block 0  |  block 1  |  block 2  | 3 |
//     slices       |---- rank 0 -----|------ rank 1 ------|     rank 0: block 0 and half of 1
//
// Blocks are counted from the parameter's first element, wherever the slices of ranks begin. A
// block that two slices share has scales for each part. So states do not depend on the number of
// ranks where slices begin at a multiple of 256 elements of their parameter; elsewhere they do in
// that one block, by no more than 8 bits round.
#pragma once

#include "backend/plan/element_range.h"
#include "kernels/train/flat_kernels.h"
#include "kernels/train/optimizer_stretch.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace ringscope {

class AdamW8bit {
public:
    struct Moment {
        at::Tensor codes;   // (elements) uint8
        at::Tensor scales;  // (blocks)
    };
    struct State {
        Moment mean;
        Moment square;
    };

    // Its ranges are those with eightBit.
    explicit AdamW8bit(const std::vector<ElementRange>& ranges);

    // Zeros. The tensors' device is that of values.
    State zeroState(const at::TensorOptions& tensors) const;

    // values and gradient in fp32, contiguous. Elements outside the ranges stay as they are.
    void step(State& state, at::Tensor& values, const at::Tensor& gradient,
              const flat::AdamFactors& factors) const;

    // What step() does where values are not on the CPU; it works on any device.
    void stepByTensors(State& state, at::Tensor& values, const at::Tensor& gradient,
                       const flat::AdamFactors& factors) const;

    // The moments in fp32, range after range; for tests.
    at::Tensor meanOf(const State& state) const { return read(state.mean, signedMap()); }
    at::Tensor squareOf(const State& state) const { return read(state.square, unsignedMap()); }

    std::vector<OptimizerStretch> stretches(const State& state) const;

private:
    struct Part {
        ElementRange range;
        std::int64_t element = 0;  // its first code
        std::int64_t block = 0;    // its first scale
        std::int64_t blocks = 0;
    };
    struct Chunk;
    static flat::EightBitMoment from(Moment& moment, const DynamicMap& map, const Part& part,
                                     std::int64_t block);
    void stepChunk(const Chunk& chunk, State& state, at::Tensor& values, const at::Tensor& gradient,
                   const flat::AdamFactors& factors) const;
    at::Tensor read(const Moment& moment, const DynamicMap& map) const;

    std::vector<Part> parts_;
};

}  // namespace ringscope
