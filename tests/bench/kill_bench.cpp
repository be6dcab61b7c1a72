// Kills something of 200 runs at random moments, in 50 of them with a store that another program
// has locked, and says what was left. Ends with 1 where anything was.
//
//     kill_bench [ROUNDS] [LOCKED] [SEED]
//     kill_bench --checkpoints [ROUNDS] [SEED]   in each of five modes, runs that write
//                                                checkpoints, and go on from them
#include "tests/support/checkpoint_kills.h"
#include "tests/support/kill_rounds.h"

#include <cstdlib>
#include <iostream>
#include <random>
#include <string_view>

namespace {

int killWithCheckpoints(int rounds, unsigned seed) {
    using namespace ringscope::test;
    std::mt19937 random(seed);
    std::uniform_int_distribution<int> moment(300, 4'000);
    bool well = true;
    for (const char* const mode : {"ring", "zigzag", "ulysses", "llama3", "legacy"}) {
        CheckpointKills kills(mode);
        for (int i = 0; i < rounds; ++i)
            kills.kill(static_cast<Hit>(i % hits), std::chrono::milliseconds(moment(random)),
                       i % 2 == 0 ? StateIs::InMemory : StateIs::OnDisk);
        for (const std::string& problem : kills.problems()) std::cout << problem << '\n';
        std::cout << mode << ": " << rounds << " rounds, " << kills.halves()
                  << " left a half of a checkpoint, " << kills.resumed()
                  << " went on from a whole one: " << kills.problems().size() << " problems"
                  << std::endl;
        well = well && kills.problems().empty();
    }
    return well ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    using namespace ringscope::test;
    if (argc > 1 && std::string_view(argv[1]) == "--checkpoints")
        return killWithCheckpoints(argc > 2 ? std::atoi(argv[2]) : 20,
                                   argc > 3 ? static_cast<unsigned>(std::atoi(argv[3])) : 1);
    const int rounds = argc > 1 ? std::atoi(argv[1]) : 150;
    const int locked = argc > 2 ? std::atoi(argv[2]) : 50;
    std::mt19937 random(argc > 3 ? static_cast<unsigned>(std::atoi(argv[3])) : 1);
    std::uniform_int_distribution<int> moment(50, 5'000);
    KillRounds killing;
    for (int i = 0; i < rounds + locked; ++i) {
        killing.kill(static_cast<Victim>(i % victims), std::chrono::milliseconds(moment(random)),
                     i < rounds ? StoreIs::Free : StoreIs::Locked);
        if ((i + 1) % 10 == 0) std::cerr << i + 1 << " rounds\n";
    }
    const KillFigures& figures = killing.figures();
    for (const std::string& problem : figures.problems) std::cout << problem << '\n';
    std::cout << figures.rounds << " rounds, " << locked << " with a locked store, "
              << figures.leadersKilled << " leaders killed: " << figures.orphans << " orphans, "
              << figures.broken << " broken stores, " << figures.lostFinished
              << " finished runs lost, " << figures.filesLeft << " files left, "
              << figures.stillRunning << " runs shown as going on after their leader died\n";
    return figures.problems.empty() ? 0 : 1;
}
