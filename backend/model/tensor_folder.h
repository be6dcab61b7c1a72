// The tensors of a model's folder: model.safetensors, or the shards that
// model.safetensors.index.json names. Opening reads headers alone.
#pragma once

#include "backend/core/result.h"
#include "backend/model/mapped_file.h"
#include "backend/model/safetensors.h"

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

inline constexpr std::string_view tensorFileName = "model.safetensors";
inline constexpr std::string_view tensorIndexName = "model.safetensors.index.json";

// A tensor where it lies. Views into a TensorFolder.
struct StoredTensor {
    std::string_view name;
    TensorType type = TensorType::F32;
    std::span<const std::int64_t> shape;
    std::span<const std::byte> bytes;  // not aligned; nothing is read until they are looked at
    const std::filesystem::path* file = nullptr;
};

class TensorFolder {
public:
    // Fails where there are no tensors, a shard is missing, and where a tensor is in no shard, in
    // another one than the index says, or not in the index.
    static Result<TensorFolder> open(const std::filesystem::path& folder);

    // In the order of their names.
    const std::vector<StoredTensor>& tensors() const { return tensors_; }
    const StoredTensor* find(std::string_view name) const;
    const std::filesystem::path& folder() const { return folder_; }
    // Of the first file.
    const TensorMetadata& metadata() const { return files_.front().table.metadata; }
    // Bytes of all files, and of those that opening had to read.
    std::uint64_t fileBytes() const;
    std::uint64_t headerBytes() const;

private:
    struct File {
        std::filesystem::path path;
        MappedFile mapping;
        TensorTable table;
    };
    static Result<File> openFile(const std::filesystem::path& path);
    Result<void> openShards(const std::filesystem::path& folder);
    void addTensors(const File& file);

    std::filesystem::path folder_;
    std::vector<File> files_;
    std::vector<StoredTensor> tensors_;
};

}  // namespace ringscope
