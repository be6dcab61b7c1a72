// Checkpoints of a training (checkpoint.every): folders with all that its next step depends on.
//
//   <checkpoint.folder>/<run id>/step-00000050/      50 steps are done
//       rank-00000.safetensors …                     what each rank wrote
//       manifest.json                                 what is in them, and their SHA-256
//   <checkpoint.folder>/<run id>/step-00000100.half/ is being written, or was when its run ended
//
// A folder without ".half" is whole: it got its name by one rename, after its files and itself were
// on the disk. Slices are of parameters, not of ranks; so any other layout reads them.
#pragma once

#include "backend/config/run_config.h"
#include "backend/core/result.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace ringscope {

// Elements [first, first + count) of a parameter, whose values and optimizer's state a file holds.
struct CheckpointSlice {
    std::string parameter{};
    std::int64_t first = 0;
    std::int64_t count = 0;
    bool operator==(const CheckpointSlice&) const = default;
};

struct CheckpointFile {
    std::string name{};
    std::int64_t bytes = 0;
    std::string sha256{};
    std::vector<CheckpointSlice> slices{};
    bool operator==(const CheckpointFile&) const = default;
};

// What train.stop_patience counts from.
struct BestValidation {
    double loss = 0;
    std::int64_t step = 0;   // after which it was found
    std::int64_t since = 0;  // validations since, none of them better
    bool operator==(const BestValidation&) const = default;
};

struct CheckpointManifest {
    std::string run{};      // id of the run that wrote it
    std::int64_t step = 0;  // steps done, which is the number of the next one, and of its batches
    std::string configYaml{};         // as toYaml() writes it
    std::string data{};               // hash of the tokens
    std::int64_t seed = 0;            // of initial values, of the order of data, of dropout
    std::int64_t optimizerSteps = 0;  // steps that changed parameters; fp16 skips some
    double lossScale = 0;             // 0: the loss was not scaled
    std::int64_t goodSteps = 0;       // since the loss scale last changed
    std::optional<BestValidation> bestValidation{};
    std::vector<CheckpointFile> files{};
    bool operator==(const CheckpointManifest&) const = default;
};

inline constexpr std::string_view manifestName = "manifest.json";

// What a rank has written, or why it could not, as text between ranks.
std::string toText(const Result<CheckpointFile>& written);
Result<CheckpointFile> parseWritten(std::string_view text);

std::string checkpointName(std::int64_t step);  // "step-00000050"

// Where the checkpoints of all runs with this configuration are, and those of one. Absolute.
std::filesystem::path checkpointRoot(const CheckpointConfig& config);
std::filesystem::path checkpointFolder(const CheckpointConfig& config, const std::string& run);

struct StoredCheckpoint {
    std::filesystem::path folder;
    std::int64_t step = 0;
};
// The whole ones of a run's folder, newest first.
std::vector<StoredCheckpoint> checkpointsIn(const std::filesystem::path& runFolder);

// `folder` where it is a checkpoint, else the newest one in it. Fails with NotFound.
Result<std::filesystem::path> newestCheckpoint(const std::filesystem::path& folder);

// Fails with Corrupt where the manifest cannot be read, or a file is missing or has another size.
Result<CheckpointManifest> readManifest(const std::filesystem::path& checkpoint);

// Reads the whole file. Fails with Corrupt and names it where it is not what was written.
Result<void> verifyFile(const std::filesystem::path& checkpoint, const CheckpointFile& file);

// --- writing. The half of a checkpoint is a folder that commitCheckpoint() renames.
std::filesystem::path halfFolder(const std::filesystem::path& runFolder, std::int64_t step);
Result<void> commitCheckpoint(const std::filesystem::path& runFolder,
                              const CheckpointManifest& manifest);

// Removes halves; they must not be those of a run that goes on.
void sweepHalves(const std::filesystem::path& runFolder);
// Removes a whole one: it is a half first, so that a reader never finds a part of it.
Result<void> removeCheckpoint(const std::filesystem::path& checkpoint);
// Removes all but the newest.
Result<void> keepNewest(const std::filesystem::path& runFolder, std::int64_t keep);

}  // namespace ringscope
