// The tiled kernel against ATen's on the same causal block, and what a window saves. One thread.
#include "kernels/block/block_attention.h"
#include "kernels/block/cpu/tiled_attention.h"
#include "kernels/block/partial_result.h"

#include <ATen/Parallel.h>
#include <ATen/ops/_scaled_dot_product_flash_attention_for_cpu.h>
#include <ATen/ops/_scaled_dot_product_flash_attention_for_cpu_backward.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/randn_like.h>
#include <benchmark/benchmark.h>

namespace ringscope {
namespace {

constexpr std::int64_t tokens = 2048;
constexpr std::int64_t heads = 8;

BlockInput causalBlock(at::ScalarType type, std::int64_t headDim = 64) {
    const auto random = [&] { return at::randn({1, tokens, heads, headDim}).to(type); };
    return {.q = random(), .k = random(), .v = random(), .mask = MaskKind::Causal};
}

// ATen's kernel speaks (B, H, n, D).
at::Tensor swapped(const at::Tensor& tensor) { return tensor.transpose(1, 2); }

BlockOutput flashForward(const BlockInput& block) {
    const auto [out, lse] = at::_scaled_dot_product_flash_attention_for_cpu(
        swapped(block.q), swapped(block.k), swapped(block.v), 0.0, true);
    return {swapped(out), swapped(lse)};
}
BlockGradients flashBackward(const BlockInput& block, const BlockOutput& whole,
                             const at::Tensor& dOut) {
    const auto [dq, dk, dv] = at::_scaled_dot_product_flash_attention_for_cpu_backward(
        swapped(dOut), swapped(block.q), swapped(block.k), swapped(block.v), swapped(whole.out),
        swapped(whole.lse), 0.0, true);
    return {swapped(dq), swapped(dk), swapped(dv)};
}

BlockGradients tiledBackward(const BlockInput& block, const BlockOutput& whole,
                             const at::Tensor& dOut) {
    const BlockGradients sums{emptySum(block.q), emptySum(block.k), emptySum(block.v)};
    addTiledGradients(block, whole, dOut, sums);
    return sums;
}

// Multiplications and additions of the visible pairs: 2 matrix products forward, 5 backward.
void setFlops(benchmark::State& state, double products, double pairs, std::int64_t headDim) {
    const double flops = 2 * products * pairs * static_cast<double>(heads * headDim);
    state.counters["GFLOP/s"] = benchmark::Counter(
        flops * static_cast<double>(state.iterations()) * 1e-9, benchmark::Counter::kIsRate);
}

constexpr double causalPairs = static_cast<double>(tokens) * (tokens + 1) / 2;

template <auto forward>
void forwardPass(benchmark::State& state, const BlockInput& block, double pairs) {
    at::set_num_threads(1);
    for (auto unused : state) benchmark::DoNotOptimize(forward(block).out.const_data_ptr());
    setFlops(state, 2, pairs, block.q.size(3));
}

template <auto backward>
void backwardPass(benchmark::State& state, const BlockInput& block, double pairs) {
    at::set_num_threads(1);
    BlockOutput whole = tiledForward(block);
    whole.out = whole.out.to(block.q.scalar_type());
    const at::Tensor dOut = at::randn_like(block.q);
    for (auto unused : state)
        benchmark::DoNotOptimize(backward(block, whole, dOut).q.const_data_ptr());
    setFlops(state, 5, pairs, block.q.size(3));
}

template <at::ScalarType type>
void atenForward(benchmark::State& state) {
    forwardPass<flashForward>(state, causalBlock(type, state.range(0)), causalPairs);
}
template <at::ScalarType type>
void tiledForwardPass(benchmark::State& state) {
    forwardPass<tiledForward>(state, causalBlock(type, state.range(0)), causalPairs);
}
template <at::ScalarType type>
void atenBackward(benchmark::State& state) {
    backwardPass<flashBackward>(state, causalBlock(type, state.range(0)), causalPairs);
}
template <at::ScalarType type>
void tiledBackwardPass(benchmark::State& state) {
    backwardPass<tiledBackward>(state, causalBlock(type, state.range(0)), causalPairs);
}
BENCHMARK(atenForward<at::kFloat>)->ArgName("size")->Arg(32)->Arg(64)->Arg(128);
BENCHMARK(tiledForwardPass<at::kFloat>)->ArgName("size")->Arg(32)->Arg(64)->Arg(128);
BENCHMARK(atenBackward<at::kFloat>)->ArgName("size")->Arg(32)->Arg(64)->Arg(128);
BENCHMARK(tiledBackwardPass<at::kFloat>)->ArgName("size")->Arg(32)->Arg(64)->Arg(128);
BENCHMARK(atenForward<at::kBFloat16>)->ArgName("size")->Arg(32)->Arg(64)->Arg(128);
BENCHMARK(tiledForwardPass<at::kBFloat16>)->ArgName("size")->Arg(32)->Arg(64)->Arg(128);
BENCHMARK(atenBackward<at::kBFloat16>)->ArgName("size")->Arg(32)->Arg(64)->Arg(128);
BENCHMARK(tiledBackwardPass<at::kBFloat16>)->ArgName("size")->Arg(32)->Arg(64)->Arg(128);

// A window of 256 keys, dropout, and soft-cap with ALiBi.
AttentionMask window() { return {.causal = true, .left = 255}; }
constexpr double windowPairs = 256.0 * tokens - 255.0 * 256.0 / 2;

void windowForward(benchmark::State& state) {
    const AttentionMask mask = window();
    BlockInput block = causalBlock(at::kFloat);
    block.mask = MaskKind::Positions;
    block.rules.mask = &mask;
    forwardPass<tiledForward>(state, block, windowPairs);
}
void windowBackward(benchmark::State& state) {
    const AttentionMask mask = window();
    BlockInput block = causalBlock(at::kFloat);
    block.mask = MaskKind::Positions;
    block.rules.mask = &mask;
    backwardPass<tiledBackward>(state, block, windowPairs);
}
void dropoutForward(benchmark::State& state) {
    BlockInput block = causalBlock(at::kFloat);
    block.rules.dropout = 0.1;
    forwardPass<tiledForward>(state, block, causalPairs);
}
void bentForward(benchmark::State& state) {
    BlockInput block = causalBlock(at::kFloat);
    block.rules.softcap = 30.0;
    block.rules.alibiHeads = heads;
    forwardPass<tiledForward>(state, block, causalPairs);
}
BENCHMARK(windowForward);
BENCHMARK(windowBackward);
BENCHMARK(dropoutForward);
BENCHMARK(bentForward);

}  // namespace
}  // namespace ringscope

BENCHMARK_MAIN();
