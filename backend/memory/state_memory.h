// What a rank has of parameters, gradients and the optimizer's state, and when (memory.zero). As
// kernels/train/{shared_part,sharded_optimizer,offloaded_state,unit_memory}.
#pragma once

#include "backend/memory/rank_writer.h"
#include "backend/memory/record_memory.h"
#include "backend/model/parameter_share.h"
#include "backend/plan/memory_zero.h"
#include "backend/plan/optimizer_state.h"

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace ringscope {

// A part of the parameters that several ranks hold alike.
class PartMemory {
public:
    // Where owned values are.
    struct Record {
        RecordMemory* file = nullptr;  // not set: in memory
        std::size_t index = 0;
    };
    // `level`: memory.zero.
    PartMemory(RankWriter& writer, const SharePart& part, const PartOwner& owner,
               std::int64_t level, const Record& record);

    bool isFrozen() const { return frozen_; }

    // The optimizer's, in memory.
    void keepState(const MomentScalars& moments);

    void readAhead();
    void fetchValues();
    void useValues();
    void dropValues();
    void clearGradients() { summed_ = false; }
    void openGradients();
    void closeGradients();
    void settleGradients();
    void sumGradients();
    void openValues();
    void storeValues();
    void shareValues();

private:
    bool dividesValues() const { return level_ == 3; }
    bool dividesGradients() const { return level_ >= 2; }
    bool isInFile() const { return record_.file != nullptr; }
    bool comeAndGo() const { return dividesValues() || isInFile(); }
    Held of(MemoryCategory category, std::int64_t scalars, std::int64_t bytesEach);

    RankWriter& writer_;
    std::int64_t scalars_;
    std::int64_t owned_;
    std::int64_t slice_;
    std::int64_t level_;
    bool shared_;
    bool frozen_;
    Record record_;
    Held values_{};
    Held gathering_{};
    bool gathers_ = false;
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
    int unitAfter(int unit, SpanPass pass) const;
    void readAhead(int unit, SpanPass pass);
    void step();
    void stepPieces(std::size_t part);

    RankWriter& writer_;
    Held fourBits_{};                          // adapter.kind qlora
    std::optional<RecordMemory> values_{};     // memory.offload_parameters
    std::optional<RecordMemory> optimizer_{};  // memory.offload_optimizer
    std::vector<std::size_t> pieces_{};        // of each part's optimizer
    std::deque<PartMemory> parts_{};
    std::vector<std::vector<PartMemory*>> units_{};
    int closed_ = -1;
};

}  // namespace ringscope
