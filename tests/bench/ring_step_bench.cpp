// What the machinery of a schedule costs for one ring step, forward and backward: steps without
// blocks, messages that are over at once.
#include "backend/plan/mode_table.h"
#include "kernels/attention/attention.h"

#include <ATen/ops/zeros.h>
#include <benchmark/benchmark.h>

namespace ringscope {
namespace {

// A rank without others.
class NobodyElse : public Group {
public:
    explicit NobodyElse(int size) : Group(0, size) {}

private:
    struct Over : Pending {
        void wait() override {}
    };
    static std::unique_ptr<Pending> over() { return std::make_unique<Over>(); }

    std::unique_ptr<Group> makeWithin(const std::vector<int>& ranks) override {
        return std::make_unique<NobodyElse>(static_cast<int>(ranks.size()));
    }
    std::unique_ptr<Pending> doSend(const at::Tensor&, int, Channel) override { return over(); }
    std::unique_ptr<Pending> doReceive(at::Tensor&, int, Channel) override { return over(); }
    std::unique_ptr<Pending> doAllToAll(at::Tensor&, const at::Tensor&) override { return over(); }
    std::unique_ptr<Pending> doAllGather(at::Tensor&, const at::Tensor&) override { return over(); }
    std::unique_ptr<Pending> doReduceScatterSum(at::Tensor&, const at::Tensor&) override {
        return over();
    }
    void doBarrier() override {}
};

// The schedule of a mode with nothing to compute.
Schedule withoutBlocks(const char* mode, int ranks) {
    Schedule schedule = findMode(mode)->schedule({.ranks = ranks, .tokens = 2 * ranks}).value();
    schedule.makeSteps = [make = std::move(schedule.makeSteps)](const Schedule& whole, int rank) {
        RankSchedule steps = make(whole, rank);
        for (std::vector<Step>* pass : {&steps.forward, &steps.backward})
            for (Step& step : *pass) step.blocks.clear();
        return steps;
    };
    return schedule;
}

void bothPasses(benchmark::State& state, const char* mode) {
    const auto ranks = static_cast<int>(state.range(0));
    NobodyElse group(ranks);
    const auto attention = Attention::make(withoutBlocks(mode, ranks), 0, group).value();
    const at::Tensor rows = at::zeros({1, 2, 1, 1});
    for (auto unused : state) {
        const AttentionOutput output = attention->forward({}, rows, rows, rows);
        benchmark::DoNotOptimize(attention->backward(output.saved, rows).q.const_data_ptr());
    }
    const double steps = 2.0 * ranks + 1;
    state.counters["per_step"] =
        benchmark::Counter(static_cast<double>(state.iterations()) * steps,
                           benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK_CAPTURE(bothPasses, ring, "ring")->Arg(8)->Arg(64)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(bothPasses, zigzag, "zigzag")->Arg(8)->Arg(64)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace ringscope

BENCHMARK_MAIN();
