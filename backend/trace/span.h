// What a rank did and when: the one kind of event a trace is made of.
//
// Times are integer nanoseconds of the rank's CLOCK_MONOTONIC; a merged trace has them on rank 0's
// clock. A span is 32 bytes in memory and in the file, written by one side and read by the other
// through the accessors here and nowhere else.
//
//   word 0   begin                                            64 bits
//   word 1   duration 44 | peer + 1 12 | kind 4 | pass 4      a span lasts up to 4.8 h
//   word 2   bytes 44    | ring step + 1 12 | operation 8     a message carries up to 16 TiB
//   word 3   training step 24 | layer + 1 12 | message 28
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string_view>

namespace ringscope {

// The lane a span belongs to.
enum class SpanKind : std::uint8_t {
    Attention,  // blocks of queries and keys
    Compute,    // everything else the model computes
    Transfer,   // a message or collective, from posting it until it is complete
    Wait,       // the rank does nothing until a transfer is complete
    Copy,       // packing, unpacking, device copies
    Host,       // data, bookkeeping
    Step,       // one training step, around all of the above
};
inline constexpr int spanKindCount = static_cast<int>(SpanKind::Step) + 1;
std::string_view spanKindName(SpanKind kind);

enum class Operation : std::uint8_t {
    None,
    Block,
    Merge,
    Pack,
    Send,
    Receive,
    AllToAll,
    AllGather,
    ReduceScatter,
    AllReduce,
    Barrier,
    Project,
    FeedForward,
    Norm,
    Loss,
    Optimizer,
    Data,
    Forward,
    Backward,
    Kernel,
    MemoryCopy,
    MemorySet,
    Dispatch,  // tokens to the ranks of their experts; in a backward pass, gradients
    Combine,   // what the experts made of them, back
    Offload,   // activations out of memory, and back; what the rank waited for it
    Reload,
};
inline constexpr int operationCount = static_cast<int>(Operation::Reload) + 1;
std::string_view operationName(Operation operation);

enum class SpanPass : std::uint8_t {
    None,
    Forward,
    Backward,
    Update,
    Recompute,  // a forward pass once more, for the backward pass (memory.recompute)
};
inline constexpr int spanPassCount = static_cast<int>(SpanPass::Recompute) + 1;
std::string_view spanPassName(SpanPass pass);

// Numbers in traces are below these; a span has no room for larger ones.
inline constexpr int mostRanks = 1 << 12;
inline constexpr int mostSteps = 1 << 24;
inline constexpr std::uint32_t mostMessages = 1U << 28;  // between two ranks

// Where in the training a span belongs. -1 where there is no such thing.
struct SpanTag {
    SpanKind kind = SpanKind::Host;
    Operation operation = Operation::None;
    SpanPass pass = SpanPass::None;
    std::int32_t step = 0;
    std::int32_t layer = -1;
    std::int32_t ringStep = -1;
    std::int32_t peer = -1;  // of a collective among some of the ranks: the first of them
    std::int64_t bytes = 0;
    // Pairs the two ends of a message: the n-th of this kind between the two ranks.
    std::uint32_t message = 0;

    bool operator==(const SpanTag&) const = default;
};

class Span {
public:
    Span() = default;
    Span(std::int64_t begin, std::int64_t end, const SpanTag& tag)
        : words_{
              static_cast<std::uint64_t>(begin),
              field(end - begin, 44, 0) | field(tag.peer + 1, 12, 44) |
                  field(static_cast<int>(tag.kind), 4, 56) |
                  field(static_cast<int>(tag.pass), 4, 60),
              field(tag.bytes, 44, 0) | field(tag.ringStep + 1, 12, 44) |
                  field(static_cast<int>(tag.operation), 8, 56),
              field(tag.step, 24, 0) | field(tag.layer + 1, 12, 24) | field(tag.message, 28, 36)} {}

    std::int64_t begin() const { return static_cast<std::int64_t>(words_[0]); }
    std::int64_t duration() const { return value(1, 44, 0); }
    std::int64_t end() const { return begin() + duration(); }

    SpanKind kind() const { return static_cast<SpanKind>(value(1, 4, 56)); }
    Operation operation() const { return static_cast<Operation>(value(2, 8, 56)); }
    SpanPass pass() const { return static_cast<SpanPass>(value(1, 4, 60)); }
    int step() const { return static_cast<int>(value(3, 24, 0)); }
    int layer() const { return static_cast<int>(value(3, 12, 24)) - 1; }
    int ringStep() const { return static_cast<int>(value(2, 12, 44)) - 1; }
    int peer() const { return static_cast<int>(value(1, 12, 44)) - 1; }
    std::int64_t bytes() const { return value(2, 44, 0); }
    std::uint32_t message() const { return static_cast<std::uint32_t>(value(3, 28, 36)); }
    SpanTag tag() const;

    // Kind, pass and operation are ones this version knows, and the times do not overflow: what a
    // reader asks of every span of a file it did not write.
    bool wellFormed() const;

    // The same at other times.
    Span at(std::int64_t begin, std::int64_t end) const {
        Span moved = *this;
        moved.words_[0] = static_cast<std::uint64_t>(begin);
        moved.words_[1] &= ~field(std::numeric_limits<std::int64_t>::max(), 44, 0);
        moved.words_[1] |= field(end - begin, 44, 0);
        return moved;
    }
    // The same span on another clock.
    Span shifted(std::int64_t nanoseconds) const {
        Span copy = *this;
        copy.words_[0] += static_cast<std::uint64_t>(nanoseconds);
        return copy;
    }

    bool operator==(const Span&) const = default;

private:
    // A value that does not fit is cut to the largest that does, never wrapped into its neighbours.
    static constexpr std::uint64_t field(std::int64_t value, int bits, int shift) {
        const std::uint64_t most = (std::uint64_t{1} << bits) - 1;
        const std::uint64_t held = value < 0 ? 0 : static_cast<std::uint64_t>(value);
        return (held > most ? most : held) << shift;
    }
    std::int64_t value(std::size_t word, int bits, int shift) const {
        return static_cast<std::int64_t>((words_[word] >> shift) &
                                         ((std::uint64_t{1} << bits) - 1));
    }

    std::array<std::uint64_t, 4> words_{};
};
static_assert(sizeof(Span) == 32);

}  // namespace ringscope
