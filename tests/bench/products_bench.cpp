// What a two-byte product of the model costs: ATen's own, ours, and fp32's. One thread; the shape
// is a chunk of tokens times the feed-forward's first matrix.
#include "kernels/model/products.h"

#include <ATen/Parallel.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/randn.h>
#include <benchmark/benchmark.h>

namespace ringscope {
namespace {

constexpr std::int64_t tokens = 1024;
constexpr std::int64_t inner = 256;
constexpr std::int64_t width = 1376;

template <at::ScalarType type, auto multiply>
void chunkProduct(benchmark::State& state) {
    at::set_num_threads(1);
    const at::Tensor a = at::randn({tokens, inner}).to(type);
    const at::Tensor b = at::randn({width, inner}).to(type).t();
    for (auto unused : state) benchmark::DoNotOptimize(multiply(a, b).const_data_ptr());
    state.counters["GFLOP/s"] =
        benchmark::Counter(2e-9 * static_cast<double>(tokens * inner * width * state.iterations()),
                           benchmark::Counter::kIsRate);
}

at::Tensor atenProduct(const at::Tensor& a, const at::Tensor& b) { return at::mm(a, b); }

BENCHMARK(chunkProduct<at::kFloat, atenProduct>)->Name("fp32");
BENCHMARK(chunkProduct<at::kBFloat16, atenProduct>)->Name("bf16, ATen");
BENCHMARK(chunkProduct<at::kBFloat16, product>)->Name("bf16, ours");
BENCHMARK(chunkProduct<at::kHalf, atenProduct>)->Name("fp16, ATen");
BENCHMARK(chunkProduct<at::kHalf, product>)->Name("fp16, ours");

}  // namespace
}  // namespace ringscope

BENCHMARK_MAIN();
