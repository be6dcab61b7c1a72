// What a rank has of parameters, gradients and the optimizer's state, and when (memory.zero). As
// kernels/train/{shared_part,sharded_optimizer,unit_memory}.
#pragma once

#include "backend/memory/rank_writer.h"
#include "backend/model/parameter_share.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

namespace ringscope {

// Scalars of a range of the parameters that the optimizer keeps moments of.
struct MomentScalars {
    std::int64_t exact = 0;     // in the type sums are kept in
    std::int64_t eightBit = 0;  // in 8 bits each
    std::int64_t blocks = 0;    // of those, each with a scale
};

// A part of the parameters that several ranks hold alike.
class PartMemory {
public:
    // Of `ranks` ranks, this one is number `place`. `moments` are of the range that it owns.
    struct Sharing {
        std::int64_t ranks = 1;
        std::int64_t place = 0;
        std::int64_t level = 0;  // memory.zero
    };
    using MomentsOf = std::function<MomentScalars(const BufferPart& owned)>;
    PartMemory(RankWriter& writer, const BufferPart& span, const Sharing& sharing,
               const MomentsOf& moments);

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
    void keepState(std::int64_t owned, const MomentScalars& moments);

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
    StateMemory(RankWriter& writer, const RunPlan& plan, int rank);

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
