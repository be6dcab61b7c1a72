// What one rank allocates and frees over its steps, in order, as data: written down by a
// description of the trainer that computes nothing (step_program.h), read like what a rank
// recorded.
//
//     AllocationProgram program;
//     program.beginStep();
//     Held rows = program.hold(4096);
//     { const Held copy = rows; const Held sum = program.hold(8192); }  // the sum is freed here
//     program.beginBackward();
//     rows = {};                                                        // and the rows here
//     memoryPeak(std::move(program).trace());
//
// Time is the number of allocations and ends so far.
#pragma once

#include "backend/trace/memory_curve.h"
#include "backend/trace/rank_trace.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace ringscope {

class AllocationProgram;

// The memory of a tensor. Copies share it, and it is freed with the last of them, as a tensor's is.
class Held {
public:
    bool defined() const { return block_ != nullptr; }
    bool isSame(const Held& other) const { return block_ == other.block_; }
    std::int64_t bytes() const { return block_ == nullptr ? 0 : block_->bytes; }

private:
    friend class AllocationProgram;
    struct Block {
        Block(AllocationProgram& by, std::int64_t size, std::size_t number)
            : program(by), bytes(size), index(number) {}
        ~Block();
        Block(const Block&) = delete;
        Block& operator=(const Block&) = delete;

        AllocationProgram& program;
        std::int64_t bytes;
        std::size_t index;
    };
    std::shared_ptr<const Block> block_;
};

// The moment at which a rank holds the most.
struct ProgramPeak {
    BytesByCategory held{};
    int layer = -1;  // that is at work then; -1: none
    SpanPass pass = SpanPass::None;
};

// Must outlive what it holds.
class AllocationProgram {
public:
    // For the category and at the place that are in force.
    Held hold(std::int64_t bytes);

    MemoryCategory& category() { return category_; }
    void at(int layer, SpanPass pass) {
        layer_ = layer;
        pass_ = pass;
    }
    int layer() const { return layer_; }
    SpanPass pass() const { return pass_; }

    // What is held before the first of these is no part of what is told.
    void beginStep();
    void beginBackward();

    // Categories are those of a recording (trace/memory_names.h).
    RankTrace trace() &&;
    // As memoryPeak() finds it in trace(), without sorting what is told. Asked when all is freed.
    ProgramPeak peak() const;

private:
    friend struct Held::Block;

    std::vector<Allocation> allocations_;
    std::vector<std::int64_t> backward_;
    std::int64_t stepBegin_ = 0;
    std::int64_t now_ = 0;
    std::int64_t held_ = 0;
    std::int64_t most_ = 0;    // that was held since the step began
    std::int64_t mostAt_ = 0;  // from when on
    int layer_ = -1;
    SpanPass pass_ = SpanPass::None;
    MemoryCategory category_ = MemoryCategory::Unsaid;
};

// What is held while it lives is for `category`.
class CategoryScope {
public:
    CategoryScope(AllocationProgram& program, MemoryCategory category)
        : program_(program), before_(program.category()) {
        program_.category() = category;
    }
    ~CategoryScope() { program_.category() = before_; }
    CategoryScope(const CategoryScope&) = delete;
    CategoryScope& operator=(const CategoryScope&) = delete;

private:
    AllocationProgram& program_;
    MemoryCategory before_;
};

}  // namespace ringscope
