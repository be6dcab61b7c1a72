// What every piece of a rank's description needs: how many bytes a number takes, how many rows are
// worked on at once, and the products that widen their factors. Mirrors kernels/model/{chunks,
// products,norm,projection}.
#pragma once

#include "backend/memory/allocation_program.h"
#include "backend/plan/run_plan.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ringscope {

// What the machine decides, not the plan.
struct MachineTraits {
    bool multipliesTwoBytes = false;  // bf16 and fp16 without widening them (products.h)
    // Whether what Gloo gathers lies in its memory, too, as long as a gather may be under way, and
    // tokens that were sent to experts stay. From when Gloo's thread begins until it is done, they
    // do, which no plan can say.
    bool copiesGathers = true;
};

// A matrix product's sizes: (rows, inner) x (inner, columns).
struct ProductSizes {
    std::int64_t rows = 0;
    std::int64_t inner = 0;
    std::int64_t columns = 0;
};

// A projection of rows (rows, in) to (rows, out). `stem` is its weight's name without layer and
// ending: "attention.qkv"; empty: nothing stands beside it.
struct ProjectionSizes {
    std::int64_t rows = 0;
    std::int64_t in = 0;
    std::int64_t out = 0;
    bool bias = false;
    std::string_view stem{};
};

class RankWriter {
public:
    RankWriter(AllocationProgram& program, const RunPlan& plan, const MachineTraits& machine);

    AllocationProgram& program() { return program_; }
    const ModelConfig& model() const { return model_; }
    const AttentionPattern* pattern() const { return pattern_; }  // null: none

    Held elements(std::int64_t count) { return program_.hold(count * elementBytes_); }
    Held sums(std::int64_t count) { return program_.hold(count * sumBytes_); }
    Held numbers(std::int64_t count) { return program_.hold(count * 8); }
    Held singles(std::int64_t count) { return program_.hold(count * 4); }

    // Of what is being gathered.
    Held gathersCopy(std::int64_t bytes) {
        return onCpu_ && copiesGathers_ ? program_.hold(bytes) : Held{};
    }

    // Gloo's thread may hold what was sent after the rank has let go of it, until it sends more.
    void send(Held rows) {
        if (onCpu_ && copiesGathers_) sent_ = std::move(rows);
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

    // As kernels/model/projection.h.
    Held projection(const ProjectionSizes& sizes);
    void projectionInto(const ProjectionSizes& sizes);
    Held sumWithProjection(const ProjectionSizes& sizes);
    void sumWithProjectionInto(const ProjectionSizes& sizes);
    void projectionGradients(const ProjectionSizes& sizes);
    Held projectionBack(const ProjectionSizes& sizes);
    void projectionBackInto(const ProjectionSizes& sizes);

    bool isFrozen() const { return frozen_; }  // the model, and adapters train

private:
    // Of a weight in 4 bits, the matrix that it becomes.
    Held matrix(const ProjectionSizes& sizes);
    Held dropped(std::int64_t rows, std::int64_t in);
    void beside(const ProjectionSizes& sizes);
    void besideBack(const ProjectionSizes& sizes);
    const std::vector<std::int64_t>& outputsBeside(std::string_view stem) const;

    // oneDNN's own memory of a product of two bytes on a CPU with a unit for them: copies of 64
    // columns of the right factor at a time, and of up to 256 rows of a left one that lies
    // transposed. Measured with libtorch 2.11; with more than 1,000 numbers in a row 0.5 to 0.9 MB.
    Held scratch(const ProductSizes& sizes, bool transposed = false);
    bool widens() const { return hasTwoBytes() && onCpu_ && !multipliesTwoBytes_; }

    AllocationProgram& program_;
    const ModelConfig& model_;
    const AttentionPattern* pattern_;
    std::int64_t elementBytes_;
    std::int64_t sumBytes_;
    std::int64_t chunk_;
    std::int64_t threads_;
    bool onCpu_;
    bool multipliesTwoBytes_;
    bool copiesGathers_;
    bool frozen_;
    std::int64_t rank_;  // of adapters
    bool drops_;
    Held sent_{};
    // By stem, the outputs of each adapter; and the rows of each layer that is kept in 4 bits.
    std::map<std::string, std::vector<std::int64_t>, std::less<>> beside_{};
    std::map<std::string, std::vector<std::int64_t>, std::less<>> packed_{};
};

}  // namespace ringscope
