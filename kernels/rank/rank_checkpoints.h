// The checkpoints of one rank's training: it goes on from one, and writes its part of others.
//
//     RankCheckpoints checkpoints(plan, training, head, *ranks.rendezvous, rank, tell);
//     first = checkpoints.restore(trainer, group);       // the step it begins with
//     for (index ...) {
//         ... the step ...
//         if (checkpoints.afterStep(index + 1, trainer, group, best)) break;   // asked to leave
//     }
//     checkpoints.finish();
//
// A step is held up while the rank's part is copied, into memory, or into a file where the state is
// not in memory either; a thread writes the copy. It is also held up where the part before is not
// written yet. Every rank tells rank 0's thread what it wrote, through
// the rendezvous; rank 0 commits the folder and removes what is too old. A checkpoint that a rank
// cannot write is lost: rank 0 says why, and the training goes on.
#pragma once

#include "backend/core/result.h"
#include "backend/core/units.h"
#include "backend/plan/run_plan.h"
#include "backend/run/protocol.h"
#include "backend/run/training_checkpoint.h"
#include "kernels/comm/group.h"
#include "kernels/comm/rendezvous.h"
#include "kernels/rank/checkpoint_copy.h"
#include "kernels/train/trainer.h"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <thread>

namespace ringscope {

// From now on SIGTERM asks this process to leave after the step; before, it ends it.
void leaveOnSignal();

class RankCheckpoints {
public:
    // `data`: the hash of the tokens. `tell`: says a sentence in the run's log, on any thread. The
    // rendezvous must outlive the checkpoints.
    RankCheckpoints(const RunPlan& plan, const Training& training, std::string run,
                    std::string data, const RendezvousStore& others, int rank,
                    std::function<void(const std::string&)> tell);
    ~RankCheckpoints();
    RankCheckpoints(const RankCheckpoints&) = delete;
    RankCheckpoints& operator=(const RankCheckpoints&) = delete;

    // Verifies and reads the checkpoint that the training goes on from. Returns the step that is
    // next: 0 where there is none. All ranks must call it.
    Result<std::int64_t> restore(Trainer& trainer, Group& group);
    // Of the checkpoint that it was read from.
    const std::optional<BestValidation>& bestValidation() const { return bestValidation_; }

    // `done`: steps so far. True: the ranks were asked to leave, and do so together. All ranks must
    // call it.
    bool afterStep(std::int64_t done, Trainer& trainer, Group& group,
                   const std::optional<BestValidation>& best);

    // Waits until the last checkpoint is written.
    void finish();

private:
    Result<void> checkFits(const CheckpointManifest& stored) const;
    void begin(std::int64_t done, Trainer& trainer, const std::optional<BestValidation>& best);
    Result<CheckpointCopy> copyOf(Trainer& trainer, std::int64_t step) const;
    void write(const CheckpointManifest& head, Result<CheckpointCopy>& copy, Nanos heldUp) const;
    Result<void> gather(CheckpointManifest manifest, Result<CheckpointFile> own) const;
    Result<CheckpointFile> waitFor(int rank, std::int64_t step) const;

    std::int64_t every_;
    std::int64_t keep_;
    bool inFile_;  // where a part is copied to
    int ranks_;
    CheckpointManifest head_;  // without what each checkpoint has of its own
    std::filesystem::path folder_;
    std::filesystem::path resume_;
    const RendezvousStore& others_;
    int rank_;
    std::function<void(const std::string&)> tell_;
    std::optional<BestValidation> bestValidation_{};
    std::int64_t lastStep_ = 0;           // that a checkpoint was begun for
    std::atomic<bool> abandoned_{false};  // the training ends, and not after its last step
    std::thread writer_;
};

}  // namespace ringscope
