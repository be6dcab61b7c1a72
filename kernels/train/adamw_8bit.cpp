#include "kernels/train/adamw_8bit.h"

#include "backend/plan/optimizer_state.h"
#include "profiler/memory_scope.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>

#include <algorithm>
#include <limits>

namespace ringscope {
namespace {

constexpr std::int64_t blocksPerTask = 256;
constexpr std::int64_t blocksPerChunk = 4096;  // whose moments are in fp32 at once, by tensors

// Elements that come before the part in its first block.
std::int64_t missingIn(const ElementRange& range) { return range.skipped % eightBitBlock; }

// Of the part's elements, the first one of a block.
std::int64_t beginOf(std::int64_t block, const ElementRange& range) {
    return std::clamp<std::int64_t>(block * eightBitBlock - missingIn(range), 0, range.count);
}

at::Tensor onDeviceOf(const at::Tensor& tensor, const float* numbers, std::int64_t count) {
    at::Tensor copy = at::empty({count}, at::kFloat);
    std::copy_n(numbers, count, copy.mutable_data_ptr<float>());
    return copy.to(tensor.device());
}

}  // namespace

// Some consecutive blocks of a part as rows of 256: with places before the first element and after
// the last that stand for nothing.
struct AdamW8bit::Chunk {
    Chunk(const Part& of, std::int64_t first)
        : part(of),
          block(first),
          blocks(std::min(blocksPerChunk, of.blocks - first)),
          begin(beginOf(first, of.range)),
          count(beginOf(first + blocks, of.range) - begin),
          before(first == 0 ? missingIn(of.range) : 0) {}

    at::Tensor rows(const at::Tensor& elements, std::int64_t nothing) const {
        const std::int64_t after = blocks * eightBitBlock - before - count;
        return at::constant_pad_nd(elements, {before, after}, nothing)
            .view({blocks, eightBitBlock});
    }
    at::Tensor elements(const at::Tensor& rows) const {
        return rows.view({-1}).narrow(0, before, count);
    }
    at::Tensor codes(const Moment& moment) const {
        return moment.codes.narrow(0, part.element + begin, count);
    }
    at::Tensor scales(const Moment& moment) const {
        return moment.scales.narrow(0, part.block + block, blocks);
    }
    at::Tensor read(const Moment& moment, const DynamicMap& map) const {
        const at::Tensor values = onDeviceOf(moment.codes, map.values.data(), 256);
        const at::Tensor places = rows(codes(moment), codeOf(map, 0)).to(at::kInt);
        return at::index_select(values, 0, places.view({-1})).view_as(places) *
               scales(moment).unsqueeze(1);
    }
    void write(const at::Tensor& numbers, Moment& moment, const DynamicMap& map) const {
        constexpr double least = std::numeric_limits<float>::min();
        at::Tensor scale = numbers.abs().amax(1);
        scale.mul_(scale >= least);
        const at::Tensor bounds = onDeviceOf(numbers, map.bounds.data(), 255);
        const at::Tensor scaled = numbers * scale.reciprocal().nan_to_num(0, 0, 0).unsqueeze(1);
        codes(moment).copy_(elements(at::bucketize(scaled, bounds, /*out_int32=*/true)));
        scales(moment).copy_(scale);
    }

    const Part& part;
    std::int64_t block;  // of the part
    std::int64_t blocks;
    std::int64_t begin;  // of the part's elements
    std::int64_t count;
    std::int64_t before;  // places in the first row that stand for nothing
};

AdamW8bit::AdamW8bit(const std::vector<ElementRange>& ranges) {
    std::int64_t elements = 0;
    std::int64_t blocks = 0;
    for (const ElementRange& range : ranges) {
        if (!range.eightBit) continue;
        parts_.push_back({range, elements, blocks, eightBitBlocks(range)});
        elements += range.count;
        blocks += parts_.back().blocks;
    }
}

AdamW8bit::State AdamW8bit::zeroState(const at::TensorOptions& tensors) const {
    const std::int64_t elements =
        parts_.empty() ? 0 : parts_.back().element + parts_.back().range.count;
    const std::int64_t blocks = parts_.empty() ? 0 : parts_.back().block + parts_.back().blocks;
    const MemoryScope scope(MemoryCategory::Optimizer);
    State state;
    for (Moment* moment : {&state.mean, &state.square}) {
        moment->codes = at::zeros({elements}, tensors.dtype(at::kByte));
        moment->scales = at::zeros({blocks}, tensors.dtype(at::kFloat));
    }
    return state;
}

flat::EightBitMoment AdamW8bit::from(Moment& moment, const DynamicMap& map, const Part& part,
                                     std::int64_t block) {
    return {
        map,
        moment.codes.mutable_data_ptr<std::uint8_t>() + part.element + beginOf(block, part.range),
        moment.scales.mutable_data_ptr<float>() + part.block + block};
}

void AdamW8bit::step(State& state, at::Tensor& values, const at::Tensor& gradient,
                     const flat::AdamFactors& factors) const {
    if (parts_.empty()) return;  // values may have any type then
    if (!values.is_cpu()) {
        stepByTensors(state, values, gradient, factors);
        return;
    }
    float* p = values.mutable_data_ptr<float>();
    const float* g = gradient.const_data_ptr<float>();
    for (const Part& part : parts_) {
        const flat::AdamFactors own = factors.withDecay(part.range.decayed);
        at::parallel_for(0, part.blocks, blocksPerTask, [&](std::int64_t block, std::int64_t end) {
            const std::int64_t begin = beginOf(block, part.range);
            const std::int64_t place = part.range.begin + begin;
            flat::adamStep8bit(p + place, g + place, from(state.mean, signedMap(), part, block),
                               from(state.square, unsignedMap(), part, block),
                               beginOf(end, part.range) - begin,
                               beginOf(block + 1, part.range) - begin, own);
        });
    }
}

void AdamW8bit::stepByTensors(State& state, at::Tensor& values, const at::Tensor& gradient,
                              const flat::AdamFactors& factors) const {
    for (const Part& part : parts_)
        for (std::int64_t block = 0; block < part.blocks; block += blocksPerChunk)
            stepChunk(Chunk(part, block), state, values, gradient,
                      factors.withDecay(part.range.decayed));
}

void AdamW8bit::stepChunk(const Chunk& chunk, State& state, at::Tensor& values,
                          const at::Tensor& gradient, const flat::AdamFactors& factors) const {
    const std::int64_t place = chunk.part.range.begin + chunk.begin;
    const at::Tensor g = chunk.rows(gradient.narrow(0, place, chunk.count), 0) * factors.gradient;
    at::Tensor mean = chunk.read(state.mean, signedMap());
    at::Tensor square = chunk.read(state.square, unsignedMap());
    mean.mul_(factors.beta1).add_(g, 1 - factors.beta1);
    square.mul_(factors.beta2).addcmul_(g, g, 1 - factors.beta2);
    const at::Tensor change = mean / (square * factors.squareFactor).sqrt_().add_(factors.eps);
    values.narrow(0, place, chunk.count)
        .mul_(factors.keep)
        .add_(chunk.elements(change), -factors.stepSize);
    chunk.write(mean, state.mean, signedMap());
    chunk.write(square, state.square, unsignedMap());
}

std::vector<OptimizerStretch> AdamW8bit::stretches(const State& state) const {
    std::vector<OptimizerStretch> all;
    for (const Part& part : parts_) {
        const auto views = [&](const Moment& moment) {
            return StateNumbers{moment.codes.narrow(0, part.element, part.range.count),
                                moment.scales.narrow(0, part.block, part.blocks)};
        };
        all.push_back({part.range, views(state.mean), views(state.square)});
    }
    return all;
}

at::Tensor AdamW8bit::read(const Moment& moment, const DynamicMap& map) const {
    std::vector<at::Tensor> read{at::empty({0}, moment.scales.options())};
    for (const Part& part : parts_)
        for (std::int64_t block = 0; block < part.blocks; block += blocksPerChunk) {
            const Chunk chunk(part, block);
            read.push_back(chunk.elements(chunk.read(moment, map)));
        }
    return at::cat(read);
}

}  // namespace ringscope
