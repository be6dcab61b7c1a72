// What every piece of a rank's description needs: how many bytes a number takes, how many rows are
// worked on at once, and the products that widen their factors. Mirrors kernels/model/{chunks,
// products,norm,projection}.
#pragma once

#include "backend/memory/allocation_program.h"
#include "backend/plan/run_plan.h"

#include <algorithm>
#include <cstdint>

namespace ringscope {

// What the machine decides, not the plan.
struct MachineTraits {
    bool multipliesTwoBytes = false;  // bf16 and fp16 without widening them (products.h)
    // Whether what Gloo gathers lies in its memory, too, as long as a gather may be under way. It
    // does from when Gloo's thread begins until it is done, which no plan can say.
    bool copiesGathers = true;
};

// A matrix product's sizes: (rows, inner) x (inner, columns).
struct ProductSizes {
    std::int64_t rows = 0;
    std::int64_t inner = 0;
    std::int64_t columns = 0;
};

class RankWriter {
public:
    RankWriter(AllocationProgram& program, const RunPlan& plan, const MachineTraits& machine);

    AllocationProgram& program() { return program_; }
    const ModelConfig& model() const { return model_; }

    Held elements(std::int64_t count) { return program_.hold(count * elementBytes_); }
    Held sums(std::int64_t count) { return program_.hold(count * sumBytes_); }
    Held numbers(std::int64_t count) { return program_.hold(count * 8); }

    // Of what is being gathered.
    Held gathersCopy(std::int64_t bytes) {
        return onCpu_ && copiesGathers_ ? program_.hold(bytes) : Held{};
    }

    // A copy in the type sums are kept in: nothing where that is the elements' own.
    Held widened(std::int64_t count) { return hasTwoBytes() ? sums(count) : Held{}; }
    bool hasTwoBytes() const { return elementBytes_ != sumBytes_; }
    std::int64_t elementBytes() const { return elementBytes_; }
    std::int64_t sumBytes() const { return sumBytes_; }

    bool onCpu() const { return onCpu_; }
    std::int64_t threads() const { return threads_; }
    std::int64_t chunkOf(std::int64_t rows) const { return onCpu_ ? std::min(rows, chunk_) : rows; }

    Held product(const ProductSizes& sizes);
    void productInto(const ProductSizes& sizes);
    Held sumWithProduct(const ProductSizes& sizes);
    void sumWithProductInto(const ProductSizes& sizes);
    // Added to a sum that is there.
    void addProduct(const ProductSizes& sizes);

    // `defined`: whether there is a norm.
    void norm(bool defined, std::int64_t rows, std::int64_t width);
    void normBackward(bool defined, std::int64_t rows, std::int64_t width);

    void projectionGradients(std::int64_t rows, std::int64_t inner, std::int64_t outputs,
                             bool bias);

private:
    bool widens() const { return hasTwoBytes() && onCpu_ && !multipliesTwoBytes_; }

    AllocationProgram& program_;
    const ModelConfig& model_;
    std::int64_t elementBytes_;
    std::int64_t sumBytes_;
    std::int64_t chunk_;
    std::int64_t threads_;
    bool onCpu_;
    bool multipliesTwoBytes_;
    bool copiesGathers_;
};

}  // namespace ringscope
