// What attention.pattern.top_k adds to a pass: choosing, and gathering the rows that chose a block
// of keys, which then are one block for the kernel (kernels/attention/key_choice.h).
#pragma once

#include "backend/simulate/step_costs.h"

#include <cstdint>

namespace ringscope {

struct ChoiceWork {
    std::int64_t nanos = 0;
    int kernels = 0;
};

class ChoiceCosts {
public:
    // Of a schedule whose pattern chooses. Both must outlive it.
    ChoiceCosts(const StepCosts& costs, const Schedule& schedule)
        : costs_(costs), schedule_(schedule) {}

    // The sums of keys that a rank makes, in `step`, the first for its heads.
    ChoiceWork sums(const Step& step) const;
    // Scores of its queries and mean keys, and the largest of them.
    ChoiceWork choosing(const Step& step) const;
    // A block that is chosen, with its gathering and its merges.
    ChoiceWork block(const Step& step, const Block& block, Pass pass) const;

private:
    std::int64_t columns() const { return costs_.plan().config.model.headDim(); }
    std::int64_t keyHeads(const Step& step) const {
        return costs_.plan().attention.batch * step.heads.size();
    }
    std::int64_t heads(const Step& step) const {
        return costs_.plan().attention.batch * queryHeads(schedule_, step);
    }

    const StepCosts& costs_;
    const Schedule& schedule_;
};

}  // namespace ringscope
