#include "kernels/comm/gloo_group.h"

#include "kernels/comm/callers_group.h"
#include "kernels/comm/completion_watch.h"
#include "kernels/comm/rendezvous_state.h"
#include "kernels/device/number_format.h"
#include "profiler/span_recorder.h"

#include <ATen/ops/add.h>
#include <ATen/ops/empty_like.h>
#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <torch/csrc/distributed/c10d/GroupRegistry.hpp>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <utility>

namespace ringscope {
namespace {

using c10d::ProcessGroupGloo;

const char* channelName(Channel channel) { return channel == Channel::KeyValue ? "KV" : "dKV"; }

std::string withPeer(const char* verb, Channel channel, const char* preposition, int peer) {
    return std::string(verb) + " " + channelName(channel) + " " + preposition + " rank " +
           std::to_string(peer);
}

// Runs `call`; what it throws becomes a GroupError that names the operation.
template <typename Call>
auto named(const std::string& operation, Call&& call) {
    try {
        return call();
    } catch (const std::exception& error) {
        throw GroupError(failureSentence(operation, error));
    }
}

// Gloo's thread says that an operation is over before it lets go of the tensors. Returns when only
// the caller has them, so that what it frees is free, however late that thread is; at the latest
// after a second.
void awaitRelease(const c10::intrusive_ptr<c10d::Work>& work) {
    const auto latest = std::chrono::steady_clock::now() + std::chrono::seconds(1);
    while (work.use_count() > 1 && std::chrono::steady_clock::now() < latest)
        std::this_thread::yield();
}

class GlooPending : public Pending {
public:
    GlooPending(std::string operation, c10::intrusive_ptr<c10d::Work> work)
        : operation_(std::move(operation)), work_(std::move(work)) {}

    void wait() override {
        if (!work_) return;
        const c10::intrusive_ptr<c10d::Work> work = std::exchange(work_, nullptr);
        named(operation_, [&] { work->wait(); });
        awaitRelease(work);
    }

private:
    std::string operation_;
    c10::intrusive_ptr<c10d::Work> work_;
};

// Gloo's own reduce-scatter is an all-reduce underneath and sends twice what is needed. Instead the
// slices are exchanged and each rank adds up its own, in rank order and never below fp32.
class SumOfSlices : public Pending {
public:
    SumOfSlices(std::unique_ptr<Pending> exchange, at::Tensor slices, at::Tensor out)
        : exchange_(std::move(exchange)), slices_(std::move(slices)), out_(std::move(out)) {}

    void wait() override {
        if (!exchange_) return;
        std::exchange(exchange_, nullptr)->wait();
        const at::ScalarType type = sumType(out_);
        const bool inPlace = type == out_.scalar_type();
        at::Tensor sum = inPlace ? out_ : at::empty_like(out_, out_.options().dtype(type));
        sum.copy_(slices_[0]);
        for (std::int64_t rank = 1; rank < slices_.size(0); ++rank) sum.add_(slices_[rank]);
        if (!inPlace) out_.copy_(sum);
        slices_.reset();
    }

private:
    std::unique_ptr<Pending> exchange_;
    at::Tensor slices_;
    at::Tensor out_;
};

class GlooGroup : public Group {
public:
    // Returns when all ranks of `options` are here; `store` is theirs alone.
    GlooGroup(GroupOptions options, c10::intrusive_ptr<c10d::Store> store)
        : Group(options.rank, options.size),
          options_(std::move(options)),
          store_(std::move(store)),
          gloo_(connect(options_, store_)) {}

    // Over connections that `made` has. Groups within it get connections of their own.
    GlooGroup(const c10d::ProcessGroup& made, c10::intrusive_ptr<c10d::Backend> gloo)
        : Group(made.getRank(), made.getSize()),
          options_{.rank = made.getRank(), .size = made.getSize(), .address = ""},
          store_(c10::make_intrusive<c10d::PrefixStore>("ringscope", made.getStore())),
          gloo_(std::move(gloo)) {}

private:
    static c10::intrusive_ptr<ProcessGroupGloo> connect(
        const GroupOptions& options, const c10::intrusive_ptr<c10d::Store>& store) {
        auto gloo = ProcessGroupGloo::Options::create(options.timeout);
        gloo->devices.push_back(options.address.empty()
                                    ? ProcessGroupGloo::createDefaultDevice()
                                    : ProcessGroupGloo::createDeviceForHostname(options.address));
        return c10::make_intrusive<ProcessGroupGloo>(store, options.rank, options.size,
                                                     std::move(gloo));
    }

    std::unique_ptr<Group> makeWithin(const std::vector<int>& ranks) override {
        const std::string name = c10::str("ranks ", ranks);
        const auto place = std::ranges::find(ranks, rank()) - ranks.begin();
        GroupOptions options = options_;
        options.rank = static_cast<int>(place);
        options.size = static_cast<int>(ranks.size());
        return named("rank " + std::to_string(rank()) + ": making the group of " + name, [&] {
            return std::make_unique<GlooGroup>(
                std::move(options), c10::make_intrusive<c10d::PrefixStore>(name, store_));
        });
    }
    std::unique_ptr<Pending> doSend(const at::Tensor& tensor, int peer, Channel channel) override {
        const bool keys = channel == Channel::KeyValue;
        return start(withPeer("sending", channel, "to", called(peer)),
                     keys ? Lane::SendKeyValue : Lane::SendKeyValueGrad, [&] {
                         std::vector<at::Tensor> tensors{tensor};
                         return gloo_->send(tensors, peer, static_cast<int>(channel));
                     });
    }
    std::unique_ptr<Pending> doReceive(at::Tensor& tensor, int peer, Channel channel) override {
        const bool keys = channel == Channel::KeyValue;
        return start(withPeer("receiving", channel, "from", called(peer)),
                     keys ? Lane::ReceiveKeyValue : Lane::ReceiveKeyValueGrad, [&] {
                         std::vector<at::Tensor> tensors{tensor};
                         return gloo_->recv(tensors, peer, static_cast<int>(channel));
                     });
    }
    std::unique_ptr<Pending> doAllToAll(at::Tensor& out, const at::Tensor& in) override {
        return start("all-to-all", Lane::Collective, [&] { return exchangeSlices(out, in); });
    }
    std::unique_ptr<Pending> doExchangeRows(at::Tensor& out, const at::Tensor& in,
                                            const std::vector<std::int64_t>& received,
                                            const std::vector<std::int64_t>& sent) override {
        return start("all-to-all of tokens", Lane::Collective, [&] {
            at::Tensor to = out;
            at::Tensor from = in;
            std::vector<std::int64_t> rowsTo = received;
            std::vector<std::int64_t> rowsFrom = sent;
            return gloo_->alltoall_base(to, from, rowsTo, rowsFrom);
        });
    }
    std::unique_ptr<Pending> doAllGather(at::Tensor& out, const at::Tensor& in) override {
        return start("all-gather", Lane::Collective, [&] {
            at::Tensor gathered = out.view({-1});
            at::Tensor input = in.view({-1});
            return gloo_->_allgather_base(gathered, input);
        });
    }
    std::unique_ptr<Pending> doReduceScatterSum(at::Tensor& out, const at::Tensor& in) override {
        at::Tensor slices = at::empty_like(in).view({size(), -1});
        std::unique_ptr<Pending> exchange =
            start("reduce-scatter", Lane::Collective, [&] { return exchangeSlices(slices, in); });
        return std::make_unique<SumOfSlices>(std::move(exchange), std::move(slices), out.view(-1));
    }
    void doBarrier() override {
        const std::string operation = "rank " + std::to_string(rank()) + ": barrier";
        GlooPending(operation, named(operation, [&] { return gloo_->barrier(); })).wait();
    }

    c10::intrusive_ptr<c10d::Work> exchangeSlices(const at::Tensor& out, const at::Tensor& in) {
        at::Tensor received = out.view({size(), -1});
        at::Tensor given = in.view({size(), -1});
        std::vector<std::int64_t> evenly;
        return gloo_->alltoall_base(received, given, evenly, evenly);
    }

    template <typename Post>
    std::unique_ptr<Pending> start(std::string operation, Lane lane, Post&& post) {
        operation = "rank " + std::to_string(called(rank())) + ": " + operation;
        const std::int64_t begin = monotonicNow();
        c10::intrusive_ptr<c10d::Work> work = named(operation, post);
        if (SpanRecorder::active() == nullptr)
            return std::make_unique<GlooPending>(std::move(operation), std::move(work));
        return watch_.watch(lane, transferTag(), begin,
                            [pending = std::make_shared<GlooPending>(
                                 std::move(operation), std::move(work))] { pending->wait(); });
    }

    GroupOptions options_;
    c10::intrusive_ptr<c10d::Store> store_;
    c10::intrusive_ptr<c10d::Backend> gloo_;
    CompletionWatch watch_;  // before the process group ends, its operations do
};

}  // namespace

std::unique_ptr<Group> groupOfCaller(const std::string& name) {
    const std::string group = "the process group '" + name + "'";
    const auto made = named("finding " + group, [&] { return c10d::resolve_process_group(name); });
    const auto backend = named("finding what sends CPU tensors in " + group,
                               [&] { return made->getBackend(c10::kCPU); });
    if (const std::string kind = backend->getBackendName(); kind != "gloo")
        throw GroupError(group + " sends CPU tensors over " + kind + "; make it with backend gloo");
    return std::make_unique<GlooGroup>(*made, backend);
}

std::unique_ptr<Group> makeGlooGroup(const RendezvousStore& rendezvous,
                                     const GroupOptions& options) {
    return std::make_unique<GlooGroup>(options, c10::make_intrusive<c10d::PrefixStore>(
                                                    "ringscope/gloo", rendezvous.state().store));
}

}  // namespace ringscope
