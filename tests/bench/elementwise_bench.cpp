// What the model's element-wise work costs, ours against tensor operations: the gate of the
// feed-forward, forward and backward. One thread, a chunk of tokens that stays in a core's caches.
#include "kernels/model/elementwise.h"
#include "kernels/model/elementwise_any.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/randn.h>
#include <benchmark/benchmark.h>

namespace ringscope {
namespace {

constexpr std::int64_t tokens = 128;
constexpr std::int64_t width = 688;

void setElements(benchmark::State& state) {
    state.SetItemsProcessed(tokens * width * state.iterations());
}

template <auto gate>
void gateForward(benchmark::State& state) {
    at::set_num_threads(1);
    const at::Tensor gateUp = at::randn({tokens, 2 * width});
    at::Tensor hidden = at::empty({tokens, width});
    for (auto unused : state) gate(gateUp, hidden);
    setElements(state);
}

template <auto gate>
void gateBackward(benchmark::State& state) {
    at::set_num_threads(1);
    const at::Tensor gateUp = at::randn({tokens, 2 * width});
    const at::Tensor dHidden = at::randn({tokens, width});
    at::Tensor dGateUp = at::empty({tokens, 2 * width});
    for (auto unused : state) gate(gateUp, dHidden, dGateUp);
    setElements(state);
}

BENCHMARK(gateForward<any::gated>)->Name("gate, tensor operations");
BENCHMARK(gateForward<gated>)->Name("gate, ours");
BENCHMARK(gateBackward<any::gatedBackward>)->Name("gate's gradient, tensor operations");
BENCHMARK(gateBackward<gatedBackward>)->Name("gate's gradient, ours");

}  // namespace
}  // namespace ringscope

BENCHMARK_MAIN();
