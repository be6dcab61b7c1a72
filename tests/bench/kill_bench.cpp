// Kills something of 200 runs at random moments, in 50 of them with a store that another program
// has locked, and says what was left. Ends with 1 where anything was.
//
//     kill_bench [ROUNDS] [LOCKED] [SEED]
#include "tests/support/kill_rounds.h"

#include <cstdlib>
#include <iostream>
#include <random>

int main(int argc, char** argv) {
    using namespace ringscope::testing;
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
