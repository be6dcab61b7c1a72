// How long each piece of a step takes on a machine, alone: nothing else uses its device, link or
// memory meanwhile.
//
// A product takes its FLOPs at the rate of as many rows, or its bytes at the memory's bandwidth,
// whichever is longer. A pass over tensors takes its bytes. A block of attention takes its pairs at
// the rate of the kernel's table.
#pragma once

#include "backend/core/result.h"
#include "backend/machine/machine.h"
#include "backend/model/parameter_share.h"
#include "backend/plan/adapter_plan.h"
#include "backend/plan/run_plan.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ringscope {

class StepCosts {
public:
    // Refuses a kernel, or a number type, that the machine has no table of, and what a step does on
    // processors that the machine says nothing of. `plan` and `machine` must outlive it. `kernel`
    // empty: the machine's own.
    static Result<StepCosts> of(const RunPlan& plan, const Machine& machine,
                                const std::string& kernel);

    const RunPlan& plan() const { return *plan_; }
    const Machine& machine() const { return *machine_; }
    // What ranks hold, and what stands beside it: found once, since it takes a while.
    const ParameterShare& share() const { return share_; }
    const std::vector<AdapterSite>& adapters() const { return plan_->adapterSites; }
    bool onGpu() const { return machine_->device.kind == DeviceKind::Gpu; }
    const std::string& kernel() const { return kernel_; }

    std::int64_t elementBytes() const { return elementBytes_; }
    std::int64_t sumBytes() const { return sumBytes_; }

    // Nanoseconds. `heads` of queries, of one sequence.
    std::int64_t block(const Block& block, std::int64_t heads, Pass pass) const;
    // So many full blocks of one head that are alike; `pairs` are of all of them.
    std::int64_t fullBlocks(double pairs, std::int64_t count, Pass pass) const;
    std::int64_t product(std::int64_t rows, std::int64_t inner, std::int64_t columns) const;
    // Of both gradients of such a product; that of the weight is added to a sum.
    std::int64_t productBackward(std::int64_t rows, std::int64_t inner, std::int64_t columns) const;
    // Products in fp64.
    std::int64_t wideProducts(double flops, std::int64_t rows) const;
    std::int64_t passOver(std::int64_t bytes) const;

private:
    std::int64_t attention(const BlockWork& work, std::int64_t count) const;
    std::int64_t headColumns() const;
    StepCosts() = default;
    std::int64_t rated(double flops, double tflops) const;

    const RunPlan* plan_ = nullptr;
    const Machine* machine_ = nullptr;
    ParameterShare share_{};
    std::string kernel_{};
    NumberFormat format_{};  // whose tables are read
    std::int64_t elementBytes_ = 4;
    std::int64_t sumBytes_ = 4;
};

}  // namespace ringscope
