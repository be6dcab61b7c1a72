// How the ranks find each other: rank 0 hosts a rendezvous on a free port, the others join it, and
// each makes its Group there.
//
//     rank 0   hostRendezvous("10.0.0.5", secret)        -> tells the others rendezvous->port()
//     others   joinRendezvous("10.0.0.5", port, secret)
//     all      makeGroup(*rendezvous, {.rank = r, .size = 4, .address = ..., .device = "cpu"})
#pragma once

#include "backend/core/result.h"
#include "kernels/comm/group.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace ringscope {

// A key-value store that all ranks reach. Rank 0 must keep it until every rank has its
// group and the groups within it.
class RendezvousStore {
public:
    struct State;  // c10d's store; kernels/comm/rendezvous_state.h

    explicit RendezvousStore(std::unique_ptr<State> state);
    ~RendezvousStore();
    RendezvousStore(const RendezvousStore&) = delete;
    RendezvousStore& operator=(const RendezvousStore&) = delete;

    int port() const;

    // Something one rank tells another, outside of any group; told() takes it, once. They block
    // only for the way to rank 0's host, may be called by any thread, and throw where it is gone.
    void tell(const std::string& key, const std::string& text) const;
    std::optional<std::string> told(const std::string& key) const;

    const State& state() const { return *state_; }

private:
    std::unique_ptr<State> state_;
};

inline constexpr std::chrono::minutes defaultTimeout{5};

// `address`: this host, as the other ranks reach it; nobody else can. `secret`: the run's, the same
// in all ranks; without it nothing of the store can be read, and nothing written that they take.
Result<std::unique_ptr<RendezvousStore>> hostRendezvous(
    const std::string& address, const std::string& secret,
    std::chrono::milliseconds timeout = defaultTimeout);

// Tries until the host answers or the timeout is over.
Result<std::unique_ptr<RendezvousStore>> joinRendezvous(
    const std::string& host, int port, const std::string& secret,
    std::chrono::milliseconds timeout = defaultTimeout);

struct GroupOptions {
    int rank = 0;
    int size = 1;
    std::string address = "127.0.0.1";                   // where the other ranks reach this one
    std::string device = "cpu";                          // "cpu", or "cuda:0"
    std::chrono::milliseconds timeout = defaultTimeout;  // of each operation
};

// Returns when all `size` ranks called it. Gloo on "cpu"; NCCL on "cuda:N", which loads the CUDA
// module.
Result<std::unique_ptr<Group>> makeGroup(const RendezvousStore& rendezvous,
                                         const GroupOptions& options);

}  // namespace ringscope
