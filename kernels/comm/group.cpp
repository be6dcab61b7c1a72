#include "kernels/comm/group.h"

#include "kernels/comm/tensor_bytes.h"
#include "profiler/correlation.h"
#include "profiler/current_place.h"
#include "profiler/span_recorder.h"
#include "profiler/trace_place.h"

#include <ATen/ops/empty.h>
#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

namespace ringscope {
namespace {

void expectContiguous(const at::Tensor& tensor) {
    if (!tensor.is_contiguous())
        throw std::logic_error("a tensor of shape " + c10::str(tensor.sizes()) +
                               " that is sent or received must be contiguous");
}

// `whole` holds one `slice` for each rank.
void expectSlices(const at::Tensor& whole, const at::Tensor& slice, int size) {
    expectContiguous(whole);
    expectContiguous(slice);
    if (whole.numel() != slice.numel() * size || whole.scalar_type() != slice.scalar_type())
        throw std::logic_error("a tensor of " + std::to_string(whole.numel()) +
                               " elements does not hold " + std::to_string(size) + " slices of " +
                               std::to_string(slice.numel()));
}

// A trace tells collectives apart by the first rank of their group and a number. Groups with the
// same first rank differ in how many they are or in how far they are apart.
std::uint32_t firstNumber(const std::vector<int>& ranks) {
    constexpr std::uint32_t kinds = 251;
    constexpr std::uint32_t each = mostMessages / (kinds + 1);
    const int apart = ranks.size() > 1 ? ranks[1] - ranks[0] : 1;
    const auto kind =
        static_cast<std::uint32_t>(ranks.size() * 31) + static_cast<std::uint32_t>(apart);
    return kind % kinds * each;
}

// Shows that the rank waits, and records the waiting as a span of its own.
class TimedWait : public Pending {
public:
    TimedWait(std::unique_ptr<Pending> pending, const SpanTag& transfer)
        : pending_(std::move(pending)), tag_(transfer) {
        tag_.kind = SpanKind::Wait;
    }
    void wait() override {
        const WaitShown shown(tag_);
        const ScopedSpan span(tag_);
        pending_->wait();
    }

private:
    std::unique_ptr<Pending> pending_;
    SpanTag tag_;
};

std::unique_ptr<Pending> timed(std::unique_ptr<Pending> pending, const SpanTag& transfer) {
    return std::make_unique<TimedWait>(std::move(pending), transfer);
}

}  // namespace

void Group::describeMessage(Operation operation, int peer, Channel channel, std::int64_t bytes) {
    const std::uint32_t number = whole().messages_[{operation, channel, called(peer)}]++;
    tag_ = tagHere(SpanKind::Transfer, operation);
    tag_.peer = called(peer);
    tag_.bytes = bytes;
    tag_.message = number << 2U | static_cast<std::uint32_t>(channel);
    showPlace(tag_);
}

void Group::describeCollective(Operation operation, std::int64_t bytes) {
    tag_ = tagHere(SpanKind::Transfer, operation);
    if (whole_ != nullptr) tag_.peer = ranks_.front();
    tag_.bytes = bytes;
    tag_.message = collectives_++;
    showPlace(tag_);
}

Group& Group::within(const std::vector<int>& ranks) {
    if (static_cast<int>(ranks.size()) == size_) return *this;
    std::unique_ptr<Group>& group = within_[ranks];
    if (!group) {
        if (!std::ranges::binary_search(ranks, rank_))
            throw std::logic_error("rank " + std::to_string(rank_) + " is not in the group");
        group = makeWithin(ranks);
        group->whole_ = &whole();
        for (const int each : ranks) group->ranks_.push_back(called(each));
        group->collectives_ = firstNumber(ranks);
    }
    return *group;
}

void Group::beginBatch() {
    batching_ = true;
    doBeginBatch();
}

void Group::endBatch() {
    batching_ = false;
    const TransferCorrelation correlation(batch_);
    batch_.clear();
    doEndBatch();
}

// A GPU starts the messages of a batch together, when it ends.
template <typename Post>
std::unique_ptr<Pending> Group::message(Post&& post) {
    if (!batching_) return posted(std::forward<Post>(post));
    if (CorrelationSink::current() != nullptr) batch_.push_back(tag_);
    return timed(post(), tag_);
}

template <typename Post>
std::unique_ptr<Pending> Group::posted(Post&& post) {
    const TransferCorrelation correlation({&tag_, 1});
    return timed(post(), tag_);
}

std::unique_ptr<Pending> Group::send(const at::Tensor& tensor, int peer, Channel channel) {
    expectContiguous(tensor);
    count(bytesOf(tensor));
    describeMessage(Operation::Send, peer, channel, bytesOf(tensor));
    return message([&] { return doSend(tensor, peer, channel); });
}

std::unique_ptr<Pending> Group::receive(at::Tensor& tensor, int peer, Channel channel) {
    expectContiguous(tensor);
    describeMessage(Operation::Receive, peer, channel, bytesOf(tensor));
    return message([&] { return doReceive(tensor, peer, channel); });
}

std::unique_ptr<Pending> Group::allToAll(at::Tensor& out, const at::Tensor& in) {
    expectSlices(out, in, 1);
    if (in.numel() % size_ != 0)
        throw std::logic_error(std::to_string(in.numel()) + " elements do not divide over " +
                               std::to_string(size_) + " ranks");
    const std::int64_t bytes = bytesOf(in) / size_ * (size_ - 1);
    count(bytes);
    describeCollective(Operation::AllToAll, bytes);
    return posted([&] { return doAllToAll(out, in); });
}

std::unique_ptr<Pending> Group::exchangeRows(at::Tensor& out, const at::Tensor& in,
                                             const std::vector<std::int64_t>& received,
                                             const std::vector<std::int64_t>& sent,
                                             Operation operation) {
    expectContiguous(in);
    expectContiguous(out);
    const auto all = [](const std::vector<std::int64_t>& rows) {
        return std::accumulate(rows.begin(), rows.end(), std::int64_t{0});
    };
    if (in.dim() != 2 || out.dim() != 2 || in.size(1) != out.size(1) ||
        in.scalar_type() != out.scalar_type() || in.size(0) != all(sent) ||
        out.size(0) != all(received) || std::ssize(sent) != size_ || std::ssize(received) != size_)
        throw std::logic_error("rows of " + c10::str(in.sizes()) + " and " + c10::str(out.sizes()) +
                               " are not those that are exchanged");
    const std::int64_t away = in.size(0) - sent[static_cast<std::size_t>(rank_)];
    const std::int64_t bytes = away * in.size(1) * static_cast<std::int64_t>(in.element_size());
    count(bytes);
    describeCollective(operation, bytes);
    return posted([&] { return doExchangeRows(out, in, received, sent); });
}

std::unique_ptr<Pending> Group::doExchangeRows(at::Tensor& /*out*/, const at::Tensor& /*in*/,
                                               const std::vector<std::int64_t>& /*received*/,
                                               const std::vector<std::int64_t>& /*sent*/) {
    throw std::logic_error("this group exchanges no rows");
}

std::unique_ptr<Pending> Group::allGather(at::Tensor& out, const at::Tensor& in) {
    expectSlices(out, in, size_);
    const std::int64_t bytes = bytesOf(in) * (size_ - 1);
    count(bytes);
    describeCollective(Operation::AllGather, bytes);
    return posted([&] { return doAllGather(out, in); });
}

std::unique_ptr<Pending> Group::reduceScatterSum(at::Tensor& out, const at::Tensor& in) {
    expectSlices(in, out, size_);
    const std::int64_t bytes = bytesOf(out) * (size_ - 1);
    count(bytes);
    describeCollective(Operation::ReduceScatter, bytes);
    return posted([&] { return doReduceScatterSum(out, in); });
}

void Group::allReduceSum(at::Tensor& tensor) {
    at::Tensor all = at::empty({size_, tensor.numel()}, tensor.options());
    allGather(all, tensor)->wait();
    at::Tensor sum = tensor.view({-1});
    sum.copy_(all[0]);
    for (int rank = 1; rank < size_; ++rank) sum.add_(all[rank]);
}

void Group::barrier() {
    const WaitShown shown(tagHere(SpanKind::Wait, Operation::Barrier));
    doBarrier();
}

}  // namespace ringscope
