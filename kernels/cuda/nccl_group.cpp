// A Group over c10d's NCCL: GPU tensors. The only file that sees ProcessGroupNCCL.hpp.
#include "kernels/comm/rendezvous_state.h"
#include "kernels/cuda/cuda_entry.h"

#include <c10/cuda/CUDAFunctions.h>
#include <algorithm>
#include <string>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#include <utility>

namespace ringscope {
namespace {

using c10d::ProcessGroupNCCL;
using WorkPointer = c10::intrusive_ptr<c10d::Work>;

template <typename Call>
auto named(const std::string& operation, Call&& call) {
    try {
        return call();
    } catch (const std::exception& error) {
        throw GroupError(failureSentence(operation, error));
    }
}

// Operations of one batch end together. The work is there once the batch was started.
struct Batch {
    WorkPointer work;
};

class NcclPending : public Pending {
public:
    NcclPending(std::string operation, std::shared_ptr<Batch> batch)
        : operation_(std::move(operation)), batch_(std::move(batch)) {}

    void wait() override {
        if (!batch_) return;
        const std::shared_ptr<Batch> batch = std::exchange(batch_, nullptr);
        if (!batch->work)
            throw std::logic_error(operation_ + " was waited for before its batch ended");
        named(operation_, [&] { batch->work->wait(); });
    }

private:
    std::string operation_;
    std::shared_ptr<Batch> batch_;
};

struct Message {
    bool sent;
    at::Tensor tensor;
    int peer;
    Channel channel;
};

class NcclGroup : public Group {
public:
    // Returns when all ranks of `options` are here; `store` is theirs alone.
    NcclGroup(GroupOptions options, c10::DeviceIndex device, c10::intrusive_ptr<c10d::Store> store)
        : Group(options.rank, options.size),
          options_(std::move(options)),
          store_(std::move(store)),
          device_(device),
          nccl_(connect(options_, device, store_)) {}

private:
    void doBeginBatch() override { batch_ = std::make_shared<Batch>(); }

    void doEndBatch() override {
        const std::shared_ptr<Batch> batch = std::exchange(batch_, nullptr);
        std::vector<Message> messages = std::exchange(messages_, {});
        if (messages.empty()) return;
        // NCCL knows no tags: between two ranks the first sent is the first received. Both sides
        // list their channels in one order, whatever the order they were posted in.
        std::ranges::stable_sort(messages, {}, &Message::channel);
        named(operation("a batch of sends and receives"), [&] {
            nccl_->startCoalescing();
            for (const Message& message : messages) start(message);
            batch->work = nccl_->endCoalescing();
        });
    }

    // Connects now, so that ranks which cannot reach each other say so before training.
    static c10::intrusive_ptr<ProcessGroupNCCL> connect(
        const GroupOptions& options, c10::DeviceIndex device,
        const c10::intrusive_ptr<c10d::Store>& store) {
        auto nccl = ProcessGroupNCCL::Options::create();
        nccl->timeout = options.timeout;
        auto group = c10::make_intrusive<ProcessGroupNCCL>(store, options.rank, options.size,
                                                           std::move(nccl));
        group->eagerConnectSingleDevice(at::Device(at::kCUDA, device));
        return group;
    }

    std::unique_ptr<Group> makeWithin(const std::vector<int>& ranks) override {
        const std::string name = c10::str("ranks ", ranks);
        GroupOptions options = options_;
        options.rank = static_cast<int>(std::ranges::find(ranks, rank()) - ranks.begin());
        options.size = static_cast<int>(ranks.size());
        return named(operation("making the group of " + name), [&] {
            return std::make_unique<NcclGroup>(
                std::move(options), device_, c10::make_intrusive<c10d::PrefixStore>(name, store_));
        });
    }

    std::unique_ptr<Pending> doSend(const at::Tensor& tensor, int peer, Channel channel) override {
        return add({true, tensor, peer, channel}, "sending to rank " + std::to_string(peer));
    }
    std::unique_ptr<Pending> doReceive(at::Tensor& tensor, int peer, Channel channel) override {
        return add({false, tensor, peer, channel}, "receiving from rank " + std::to_string(peer));
    }
    std::unique_ptr<Pending> doAllToAll(at::Tensor& out, const at::Tensor& in) override {
        return run("all-to-all", [&] {
            at::Tensor received = out.view({size(), -1});
            at::Tensor given = in.view({size(), -1});
            std::vector<std::int64_t> evenly;
            return nccl_->alltoall_base(received, given, evenly, evenly);
        });
    }
    std::unique_ptr<Pending> doExchangeRows(at::Tensor& out, const at::Tensor& in,
                                            const std::vector<std::int64_t>& received,
                                            const std::vector<std::int64_t>& sent) override {
        return run("all-to-all of tokens", [&] {
            at::Tensor to = out;
            at::Tensor from = in;
            std::vector<std::int64_t> rowsTo = received;
            std::vector<std::int64_t> rowsFrom = sent;
            return nccl_->alltoall_base(to, from, rowsTo, rowsFrom);
        });
    }
    std::unique_ptr<Pending> doAllGather(at::Tensor& out, const at::Tensor& in) override {
        return run("all-gather", [&] {
            at::Tensor gathered = out.view({-1});
            at::Tensor given = in.view({-1});
            return nccl_->_allgather_base(gathered, given);
        });
    }
    std::unique_ptr<Pending> doReduceScatterSum(at::Tensor& out, const at::Tensor& in) override {
        return run("reduce-scatter", [&] {
            at::Tensor sum = out.view({-1});
            at::Tensor given = in.view({-1});
            return nccl_->_reduce_scatter_base(sum, given);
        });
    }
    void doBarrier() override {
        c10d::BarrierOptions options;
        options.device_ids = {device_};
        run("barrier", [&] { return nccl_->barrier(options); })->wait();
    }

    std::string operation(const std::string& what) const {
        return "rank " + std::to_string(rank()) + ": " + what;
    }

    void start(const Message& message) {
        std::vector<at::Tensor> tensors{message.tensor};
        const int tag = static_cast<int>(message.channel);
        if (message.sent)
            nccl_->send(tensors, message.peer, tag);
        else
            nccl_->recv(tensors, message.peer, tag);
    }

    std::unique_ptr<Pending> add(Message message, const std::string& what) {
        const bool alone = batch_ == nullptr;
        if (alone) doBeginBatch();
        auto pending = std::make_unique<NcclPending>(operation(what), batch_);
        messages_.push_back(std::move(message));
        if (alone) doEndBatch();
        return pending;
    }

    template <typename Post>
    std::unique_ptr<Pending> run(const std::string& what, Post&& post) {
        auto batch = std::make_shared<Batch>();
        batch->work = named(operation(what), post);
        return std::make_unique<NcclPending>(operation(what), std::move(batch));
    }

    GroupOptions options_;
    c10::intrusive_ptr<c10d::Store> store_;
    c10::DeviceIndex device_;
    c10::intrusive_ptr<ProcessGroupNCCL> nccl_;
    std::shared_ptr<Batch> batch_{};
    std::vector<Message> messages_{};
};

Result<c10::DeviceIndex> findDevice(const std::string& device) {
    const int found = c10::cuda::device_count();
    const int index = c10::Device(device).has_index() ? c10::Device(device).index() : 0;
    if (found == 0)
        return Error{ErrorCode::Unavailable,
                     "device " + device + " is not there: CUDA finds no GPU; use device cpu"};
    if (index >= found)
        return Error{ErrorCode::Unavailable, "device " + device + " is not there: CUDA finds " +
                                                 std::to_string(found) +
                                                 " GPUs; start fewer ranks on this host"};
    return static_cast<c10::DeviceIndex>(index);
}

}  // namespace

Result<std::unique_ptr<Group>> makeNcclGroup(const RendezvousStore& rendezvous,
                                             const GroupOptions& options) {
    RINGSCOPE_TRY(const c10::DeviceIndex device, findDevice(options.device));
    c10::cuda::set_device(device);
    return std::unique_ptr<Group>(std::make_unique<NcclGroup>(
        options, device,
        c10::make_intrusive<c10d::PrefixStore>("ringscope/nccl", rendezvous.state().store)));
}

}  // namespace ringscope
