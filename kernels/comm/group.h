// The ranks that share one sequence, and how tensors travel between them.
//
//     const auto incoming = group.receive(theirs, previous, Channel::KeyValue);
//     const auto outgoing = group.send(ours, next, Channel::KeyValue);
//     ... compute ...
//     incoming->wait();
//     outgoing->wait();
//
// Every rank calls the collective operations in the same order. A Group belongs to one thread at a
// time. An operation that fails throws GroupError; the group is unusable afterwards.
#pragma once

#include "backend/trace/span.h"
#include "kernels/comm/group_error.h"
#include "kernels/comm/traffic.h"

#include <cstdint>
#include <map>
#include <memory>
#include <tuple>
#include <vector>

namespace at {
class Tensor;
}

namespace ringscope {

// What a message carries. Messages of two channels between the same ranks are never confused; those
// of one channel arrive in the order they were sent.
enum class Channel : std::uint8_t { KeyValue = 1, KeyValueGrad = 2 };

// One operation that was posted. It keeps its tensors alive; they must not be written to before
// wait() returned.
class Pending {
public:
    virtual ~Pending() = default;

    // On a CPU: returns when the operation is complete. On a GPU: what the current stream is given
    // from here on runs after the operation. Waiting twice is waiting once.
    virtual void wait() = 0;
};

// Tensors are contiguous and stay where they are; `in` and `out` never overlap.
class Group {
public:
    virtual ~Group() = default;
    Group(const Group&) = delete;
    Group& operator=(const Group&) = delete;

    int rank() const { return rank_; }
    int size() const { return size_; }

    // The group of some of the ranks, in ascending order, this one among them. The first call makes
    // it; all of these ranks must make that call. It lives as long as this group. Its ranks count
    // from 0. What it sends counts in the outermost group, and traces name ranks as that one does.
    // For all ranks it is this group itself.
    Group& within(const std::vector<int>& ranks);

    std::unique_ptr<Pending> send(const at::Tensor& tensor, int peer, Channel channel);
    std::unique_ptr<Pending> receive(at::Tensor& tensor, int peer, Channel channel);

    // Between the two calls, send and receive only collect; endBatch() starts them together. A GPU
    // needs this wherever two ranks send to each other; a CPU starts each at once. A batch is
    // waited for only after it ended.
    void beginBatch();
    void endBatch();

    // in: one slice for each rank, in rank order; out: the slice of each rank for this one.
    std::unique_ptr<Pending> allToAll(at::Tensor& out, const at::Tensor& in);

    // in: rows for each rank, in rank order, `sent` says how many; out: those of each rank for this
    // one, `received` says how many. All rows have the same width. A trace calls it `operation`.
    std::unique_ptr<Pending> exchangeRows(at::Tensor& out, const at::Tensor& in,
                                          const std::vector<std::int64_t>& received,
                                          const std::vector<std::int64_t>& sent,
                                          Operation operation);

    // out: every rank's `in`, in rank order.
    std::unique_ptr<Pending> allGather(at::Tensor& out, const at::Tensor& in);

    // in: one slice for each rank; out: the sum over ranks of this rank's slice. Sums are the same
    // in every run with the same inputs.
    std::unique_ptr<Pending> reduceScatterSum(at::Tensor& out, const at::Tensor& in);

    // For a handful of scalars: gathers them and adds them up in rank order, so that every rank
    // holds the same bits. Blocks.
    void allReduceSum(at::Tensor& tensor);

    void barrier();

    // Bytes handed to other ranks since the group was made or resetSent() was called, counted from
    // the tensors given to the library: send: all of it; all-to-all and reduce-scatter: the other
    // ranks' slices; all-gather: `in` once for each other rank.
    Traffic sent() const { return sent_; }
    void resetSent() { sent_ = {}; }

protected:
    Group(int rank, int size) : rank_(rank), size_(size) {}

    // A group of its own for the ranks of this one, with connections or streams of its own.
    virtual std::unique_ptr<Group> makeWithin(const std::vector<int>& ranks) = 0;

    virtual void doBeginBatch() {}
    virtual void doEndBatch() {}
    virtual std::unique_ptr<Pending> doSend(const at::Tensor& tensor, int peer,
                                            Channel channel) = 0;
    virtual std::unique_ptr<Pending> doReceive(at::Tensor& tensor, int peer, Channel channel) = 0;
    virtual std::unique_ptr<Pending> doAllToAll(at::Tensor& out, const at::Tensor& in) = 0;
    virtual std::unique_ptr<Pending> doExchangeRows(at::Tensor& out, const at::Tensor& in,
                                                    const std::vector<std::int64_t>& received,
                                                    const std::vector<std::int64_t>& sent);
    virtual std::unique_ptr<Pending> doAllGather(at::Tensor& out, const at::Tensor& in) = 0;
    virtual std::unique_ptr<Pending> doReduceScatterSum(at::Tensor& out, const at::Tensor& in) = 0;

    // The number that a rank of this group has in the outermost group.
    int called(int rank) const {
        return whole_ == nullptr ? rank : ranks_[static_cast<std::size_t>(rank)];
    }

    // What a trace says of the operation that is being started.
    const SpanTag& transferTag() const { return tag_; }
    virtual void doBarrier() = 0;

private:
    friend class PurposeScope;

    Group& whole() { return whole_ == nullptr ? *this : *whole_; }
    void count(std::int64_t bytes) { whole().sent_.add(whole().purpose_, bytes); }
    template <typename Post>
    std::unique_ptr<Pending> message(Post&& post);
    template <typename Post>
    std::unique_ptr<Pending> posted(Post&& post);
    void describeMessage(Operation operation, int peer, Channel channel, std::int64_t bytes);
    void describeCollective(Operation operation, std::int64_t bytes);

    int rank_;
    int size_;
    Purpose purpose_ = Purpose::Other;
    Traffic sent_{};
    SpanTag tag_{};
    // Both ends of a message count alike, so the count pairs them: by direction, channel and peer.
    std::map<std::tuple<Operation, Channel, int>, std::uint32_t> messages_{};
    std::uint32_t collectives_ = 0;  // the next one's number; groups with the same first rank
                                     // count from numbers of their own
    bool batching_ = false;
    std::vector<SpanTag> batch_{};  // while a GPU is recorded: what endBatch() starts

    Group* whole_ = nullptr;    // the outermost that this one is within
    std::vector<int> ranks_{};  // their numbers there
    std::map<std::vector<int>, std::unique_ptr<Group>> within_{};
};

// While it lives, what `group` sends counts for `purpose`.
class PurposeScope {
public:
    PurposeScope(Group& group, Purpose purpose) : group_(group.whole()), before_(group_.purpose_) {
        group_.purpose_ = purpose;
    }
    ~PurposeScope() { group_.purpose_ = before_; }
    PurposeScope(const PurposeScope&) = delete;
    PurposeScope& operator=(const PurposeScope&) = delete;

private:
    Group& group_;
    Purpose before_;
};

}  // namespace ringscope
