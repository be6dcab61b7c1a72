#include "tests/kernels/comm/rank_threads.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <cstdlib>
#include <thread>
#include <vector>

namespace ringscope::test {
namespace {

// A thread of this process that gets a message waits for its turn, and does not take the core of
// the one that sent it. Otherwise Gloo's threads take it from ranks that hold a connection's lock,
// and until the rank's next turn they do nothing but ask for that lock.
void runInTurns() {
    const sched_param usual{};
    sched_setscheduler(0, SCHED_BATCH, &usual);  // threads inherit it; without it all is slower
}

void runRank(const RendezvousStore& rendezvous, int rank, int size,
             const std::function<void(Group&)>& body) {
    at::set_num_threads(1);  // ranks share the cores
    try {
        Result<std::unique_ptr<Group>> group = makeGroup(
            rendezvous, {.rank = rank, .size = size, .timeout = std::chrono::seconds(20)});
        if (!group.ok()) {
            ADD_FAILURE() << group.error().message;
            return;
        }
        body(**group);
        (*group)->barrier();  // nobody leaves while another still talks to it
    } catch (const std::exception& error) {
        ADD_FAILURE() << "rank " << rank << " of " << size << ": " << error.what();
    }
}

}  // namespace

void runRanks(int size, const std::function<void(Group&)>& rank) {
    runInTurns();
    // c10d's flight recorder is one per process and not made for several ranks in it.
    setenv("TORCH_FR_BUFFER_SIZE", "0", 1);
    // c10d's store asks DNS for the name of every peer's address; a dead server must not cost 10 s.
    setenv("RES_OPTIONS", "timeout:1 attempts:1", 1);
    const Result<std::unique_ptr<RendezvousStore>> rendezvous =
        hostRendezvous("127.0.0.1", "secret");
    ASSERT_TRUE(rendezvous.ok()) << rendezvous.error().message;
    std::vector<std::thread> threads;
    for (int index = 1; index < size; ++index) {
        threads.emplace_back([&, index] {
            const auto joined = joinRendezvous("127.0.0.1", (*rendezvous)->port(), "secret");
            if (!joined.ok())
                ADD_FAILURE() << joined.error().message;
            else
                runRank(**joined, index, size, rank);
        });
    }
    runRank(**rendezvous, 0, size, rank);
    for (std::thread& thread : threads) thread.join();
}

}  // namespace ringscope::test
