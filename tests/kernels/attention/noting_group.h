// A group of one rank that behaves as if every other rank held the same tensors. It notes what is
// posted and what is waited for; a collective moves its data when it is waited for.
#pragma once

#include "kernels/comm/group.h"

#include <ATen/core/Tensor.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

namespace ringscope::test {

struct Notes {
    // "send KV", "done send KV", "all-gather", ...; tests may add their own.
    std::vector<std::string> events{};
    std::set<const void*> receivedInto{};  // buffers of messages
    std::vector<int> peers{};              // of messages, as this group calls them
};

class NotingGroup : public Group {
public:
    NotingGroup(int rank, int size) : Group(rank, size) {}

    Notes notes{};

private:
    class Noted : public Pending {
    public:
        Noted(NotingGroup& owner, std::string what, at::Tensor buffer)
            : owner_(owner), what_(std::move(what)), buffer_(std::move(buffer)) {}
        void wait() override {
            owner_.notes.events.push_back("done " + what_);
            owner_.inFlight_.erase(owner_.inFlight_.find(buffer_.const_data_ptr()));
            move();
        }

    protected:
        virtual void move() {}

    private:
        NotingGroup& owner_;
        std::string what_;
        at::Tensor buffer_;
    };

    template <typename Move>
    class Collective : public Noted {
    public:
        Collective(NotingGroup& owner, std::string what, const at::Tensor& out, Move move)
            : Noted(owner, std::move(what), out), move_(std::move(move)) {}

    protected:
        void move() override { move_(); }

    private:
        Move move_;
    };

    static std::string named(const char* what, Channel channel) {
        return std::string(what) + (channel == Channel::KeyValue ? " KV" : " dKV");
    }
    void start(const std::string& what, const at::Tensor& buffer) {
        EXPECT_FALSE(inFlight_.contains(buffer.const_data_ptr())) << what << " of a used buffer";
        inFlight_.insert(buffer.const_data_ptr());
        notes.events.push_back(what);
    }
    template <typename Move>
    std::unique_ptr<Pending> collective(const char* what, const at::Tensor& out, Move move) {
        start(what, out);
        return std::make_unique<Collective<Move>>(*this, what, out, std::move(move));
    }
    // (ranks, scalars of a slice); a view.
    at::Tensor slices(const at::Tensor& tensor) const { return tensor.view({size(), -1}); }

    std::unique_ptr<Group> makeWithin(const std::vector<int>& ranks) override {
        return std::make_unique<NotingGroup>(0, static_cast<int>(ranks.size()));
    }
    std::unique_ptr<Pending> doSend(const at::Tensor& tensor, int peer, Channel channel) override {
        notes.peers.push_back(peer);
        start(named("send", channel), tensor);
        return std::make_unique<Noted>(*this, named("send", channel), tensor);
    }
    std::unique_ptr<Pending> doReceive(at::Tensor& tensor, int peer, Channel channel) override {
        notes.peers.push_back(peer);
        notes.receivedInto.insert(tensor.const_data_ptr());
        start(named("receive", channel), tensor);
        return std::make_unique<Noted>(*this, named("receive", channel), tensor);
    }
    std::unique_ptr<Pending> doAllToAll(at::Tensor& out, const at::Tensor& in) override {
        return collective("all-to-all", out, [this, out, in] {
            slices(out).copy_(slices(in)[rank()].expand_as(slices(out)));
        });
    }
    std::unique_ptr<Pending> doAllGather(at::Tensor& out, const at::Tensor& in) override {
        return collective("all-gather", out, [this, out, in] {
            slices(out).copy_(in.view({1, -1}).expand_as(slices(out)));
        });
    }
    std::unique_ptr<Pending> doReduceScatterSum(at::Tensor& out, const at::Tensor& in) override {
        return collective("reduce-scatter", out, [this, out, in] {
            out.copy_(slices(in)[rank()].mul(size()).view(out.sizes()));
        });
    }
    void doBarrier() override {}

    std::multiset<const void*> inFlight_{};
};

}  // namespace ringscope::test
