// What a rank has of parameters, gradients and the optimizer's state, and when (memory.zero). As
// kernels/train/{shared_part,sharded_optimizer,unit_memory}.
#pragma once

#include "backend/memory/rank_writer.h"
#include "backend/model/parameter_share.h"

#include <cstdint>
#include <deque>
#include <vector>

namespace ringscope {

// A part of the parameters that several ranks hold alike.
class PartMemory {
public:
    PartMemory(RankWriter& writer, std::int64_t scalars, std::int64_t ranks, std::int64_t level);

    void fetchValues();
    void useValues();
    void dropValues();
    void clearGradients() { summed_ = false; }
    void openGradients();
    void closeGradients();
    void settleGradients();
    void update();

private:
    bool dividesValues() const { return level_ == 3; }
    bool dividesGradients() const { return level_ >= 2; }
    Held of(MemoryCategory category, std::int64_t scalars, std::int64_t bytesEach);

    RankWriter& writer_;
    std::int64_t scalars_;
    std::int64_t slice_;
    std::int64_t level_;
    bool shared_;
    Held values_{};
    Held gathering_{};
    Held gradients_{};
    std::vector<Held> always_{};  // slices and the optimizer's state
    Held incoming_{};             // of a sum under way
    Held slices_{};
    bool reducing_ = false;
    bool summed_ = false;
};

// All of them. Units are used one after the other, where ranks divide gradients or values.
class StateMemory {
public:
    StateMemory(RankWriter& writer, const RunPlan& plan);

    void beginStep();
    // As UnitKeeper; nothing where there are no units.
    void useValues(int unit, SpanPass pass);
    void dropValues(int unit);
    void openGradients(int unit);
    void closeGradients(int unit);
    void endBackward();
    void update();

    bool inUnits() const { return !units_.empty(); }

private:
    void settle();

    RankWriter& writer_;
    std::deque<PartMemory> parts_{};
    std::vector<std::vector<PartMemory*>> units_{};
    int closed_ = -1;
};

}  // namespace ringscope
