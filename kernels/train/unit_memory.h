// The keeper of a model's units whose parts ranks divide among them (memory.zero 2 and 3): a unit's
// values are gathered one unit ahead of their use, and read from the disk two units ahead
// (memory.offload_parameters); the gradients of a unit are summed while the backward pass computes
// the next.
#pragma once

#include "kernels/model/unit_keeper.h"
#include "kernels/train/shared_part.h"

#include <cstddef>
#include <vector>

namespace ringscope {

class UnitMemory final : public UnitKeeper {
public:
    // The parts of each unit, by number. They must outlive the keeper.
    explicit UnitMemory(std::vector<std::vector<SharedPart*>> units) : units_(std::move(units)) {}

    void useValues(int unit, SpanPass pass) override;
    void dropValues(int unit) override;
    void openGradients(int unit) override;
    void closeGradients(int unit) override;

    // After the backward pass of a batch.
    void finish();

private:
    const std::vector<SharedPart*>& parts(int unit) const {
        return units_[static_cast<std::size_t>(unit)];
    }
    int unitAfter(int unit, SpanPass pass) const;
    void fetchNext(int unit, SpanPass pass);
    void readAhead(int unit, SpanPass pass);
    void settle();

    std::vector<std::vector<SharedPart*>> units_;
    int closed_ = -1;  // the unit whose gradients are on their way
};

}  // namespace ringscope
