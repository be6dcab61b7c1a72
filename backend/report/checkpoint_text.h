// Checkpoints of trainings: what `ringscope checkpoints` prints.
#pragma once

#include "backend/core/result.h"
#include "backend/run/training_checkpoint.h"

#include <filesystem>
#include <string>
#include <vector>

namespace ringscope {

struct ShownCheckpoint {
    std::filesystem::path folder;
    CheckpointManifest manifest{};  // where it can be read
    std::string problem{};          // why it cannot be used; empty: nothing is known against it
    std::string mode{};             // of the run that wrote it
    int ranks = 0;
    bool verified = false;  // its files were held against their hashes
};

// Those in a folder: a checkpoint, a run's checkpoints, or those of many runs. By run, newest
// first. `verify`: reads all files.
std::vector<ShownCheckpoint> shownCheckpoints(const std::filesystem::path& folder, bool verify);

// A line each: step, run, mode, ranks, size, folder, and what is wrong. Ends with a newline.
std::string checkpointsText(const std::vector<ShownCheckpoint>& checkpoints);

// One in full: where it is, what it is of, its files, its configuration.
std::string checkpointText(const ShownCheckpoint& checkpoint);

// schema_version and checkpoints[] (folder, run, step, mode, ranks, bytes, data, seed,
// optimizer_steps, loss_scale, verified, problem, files[]). Ends with a newline.
std::string checkpointsJson(const std::vector<ShownCheckpoint>& checkpoints);

}  // namespace ringscope
