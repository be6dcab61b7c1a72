// A rank's part of a checkpoint as bytes in memory of its own, and as a file.
#pragma once

#include "backend/core/result.h"
#include "backend/model/mapped_file.h"
#include "backend/run/training_checkpoint.h"
#include "kernels/train/training_state.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

namespace ringscope {

// Not a tensor's memory: what a step holds is counted without it.
class CheckpointCopy {
public:
    explicit CheckpointCopy(const TrainingState& state);  // from any device

    std::int64_t bytes() const { return bytes_; }

    // Writes "rank-00001.safetensors" into the folder, and says what is in it.
    Result<CheckpointFile> write(const std::filesystem::path& folder, int rank) const;

private:
    std::vector<StateSlice> slices_;  // views of memory_
    std::vector<std::unique_ptr<std::byte[]>> memory_;
    std::int64_t bytes_ = 0;
};

// A checkpoint that is read: its tensors are views of its files.
class CheckpointReading {
public:
    // Reads the manifest and the files' headers.
    static Result<CheckpointReading> open(const std::filesystem::path& checkpoint);

    const CheckpointManifest& manifest() const { return manifest_; }
    const TrainingState& state() const { return state_; }

    // Reads every world-th file from this rank's on, and holds it against its hash. Fails with one
    // sentence that names the file.
    Result<void> verify(int rank, int world) const;

private:
    std::filesystem::path folder_;
    CheckpointManifest manifest_;
    TrainingState state_;
    std::vector<MappedFile> files_;
};

}  // namespace ringscope
