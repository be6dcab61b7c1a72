// A rank's part of a checkpoint as bytes in memory of its own, and as a file.
#pragma once

#include "backend/core/result.h"
#include "backend/model/mapped_file.h"
#include "backend/run/training_checkpoint.h"
#include "kernels/train/training_state.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <vector>

namespace ringscope {

// Its memory is not a tensor's: what a step holds is counted without it.
class CheckpointCopy {
public:
    CheckpointCopy() = default;
    // In a file, where the state is not in memory either.
    static Result<CheckpointCopy> inFile(const std::filesystem::path& file);

    Result<void> add(const StateSlice& slice);  // from any device
    std::int64_t bytes() const { return bytes_; }

    // Writes "rank-00001.safetensors" into the folder, removes the copy's own file, and says what
    // is in the new one.
    Result<CheckpointFile> write(const std::filesystem::path& folder, int rank);

private:
    Result<at::Tensor> copied(const at::Tensor& from);
    Result<void> mapFile();

    std::vector<StateSlice> slices_;  // views of memory_; in a file, nothing until it is mapped
    std::vector<std::unique_ptr<std::byte[]>> memory_;
    std::filesystem::path path_;  // of the file; empty: in memory
    std::ofstream file_;
    std::optional<MappedFile> mapped_;
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
