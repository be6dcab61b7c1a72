// memory.budget: what is said of the allocation that would have passed it.
//
//     memory.budget (2.00 GiB) has no room for 512 MiB of activations in the forward pass of
//     step 0, layer 3: 1.60 GiB are held (parameters 400 MiB, activations 1.21 GiB); less is needed
//     with memory.recompute layers (activations), or raise memory.budget
//
// The allocator throws on whichever thread asked, and libtorch, autograd or a group may make
// another exception of it on the way. So the refusal itself is kept, and is the reason why the rank
// ends.
#pragma once

#include "backend/core/units.h"
#include "backend/plan/run_plan.h"
#include "profiler/allocation_log.h"
#include "profiler/trace_place.h"

#include <optional>
#include <stdexcept>
#include <string>

namespace ringscope {

// What an allocator with a budget throws.
class BudgetError : public std::runtime_error {
public:
    explicit BudgetError(Bytes asked);
};

struct RefusedAllocation {
    Bytes asked{};
    MemoryCategory category = MemoryCategory::Unsaid;
    TracePlace place{};
    LiveBytes live{};  // of all tensors, without it
};

// Keeps the first refusal of the process, with category and place of the calling thread. `log`: of
// the tensors that share the budget. May be called by any thread.
void keepRefusal(Bytes asked, const AllocationLog& log);
std::optional<RefusedAllocation> keptRefusal();
void forgetRefusal();  // where a new budget begins

// One sentence: what was refused and where, what is held, and the settings that would lower it.
std::string budgetSentence(const RefusedAllocation& refused, const RunPlan& plan);

}  // namespace ringscope
