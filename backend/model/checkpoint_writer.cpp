#include "backend/core/files.h"
#include "backend/core/output_file.h"
#include "backend/model/adapter_folder.h"
#include "backend/model/checkpoint.h"
#include "backend/model/json_value.h"
#include "backend/model/model_files.h"

#include <fmt/format.h>
#include <algorithm>
#include <map>
#include <set>

namespace ringscope {
namespace fs = std::filesystem;
namespace {

using Shard = std::vector<OutgoingTensor>;

std::uint64_t bytesOf(const OutgoingTensor& tensor) {
    return tensorBytes(tensor.type, tensor.shape).value_or(0);
}

std::vector<Shard> shardsOf(std::vector<OutgoingTensor> tensors, std::uint64_t most) {
    std::vector<Shard> shards(1);
    std::uint64_t bytes = 0;
    for (OutgoingTensor& tensor : tensors) {
        if (!shards.back().empty() && bytes + bytesOf(tensor) > most) {
            shards.emplace_back();
            bytes = 0;
        }
        bytes += bytesOf(tensor);
        shards.back().push_back(std::move(tensor));
    }
    return shards;
}

std::string shardName(std::size_t shard, std::size_t count) {
    return fmt::format("model-{:05}-of-{:05}.safetensors", shard + 1, count);
}

std::string indexOf(const std::vector<Shard>& shards) {
    std::uint64_t bytes = 0;
    std::map<std::string, std::string> map;
    for (std::size_t i = 0; i < shards.size(); ++i)
        for (const OutgoingTensor& tensor : shards[i]) {
            bytes += bytesOf(tensor);
            map[jsonText(tensor.name)] = jsonText(shardName(i, shards.size()));
        }
    std::string index = fmt::format(
        "{{\n  \"metadata\": {{\n    \"total_size\": {}\n  }},\n  \"weight_map\": {{", bytes);
    std::string_view separator = "\n";
    for (const auto& [tensor, shard] : map) {
        index += fmt::format("{}    {}: {}", separator, tensor, shard);
        separator = ",\n";
    }
    return index + "\n  }\n}\n";
}

Result<void> checkTarget(const fs::path& folder) {
    std::error_code ignored;
    for (const std::string_view name : {tensorFileName, tensorIndexName})
        if (fs::exists(folder / name, ignored))
            return Error{ErrorCode::InvalidConfig,
                         fmt::format("'{}' holds the tensors of a model already; name another "
                                     "folder",
                                     folder.string())};
    return {};
}

}  // namespace

Result<void> writeCheckpoint(const fs::path& folder, std::string_view configText,
                             std::vector<OutgoingTensor> tensors, const CheckpointForm& form) {
    RINGSCOPE_CHECK(checkTarget(folder));
    RINGSCOPE_CHECK(makePrivateFolder(folder));
    RINGSCOPE_CHECK(writeOutput(folder / modelConfigName, configText));
    std::vector<Shard> shards = shardsOf(std::move(tensors), form.shardBytes);
    if (shards.size() == 1)
        return writeTensorFile(folder / tensorFileName, std::move(shards.front()), form.metadata);
    const std::string index = indexOf(shards);
    for (std::size_t i = 0; i < shards.size(); ++i)
        RINGSCOPE_CHECK(writeTensorFile(folder / shardName(i, shards.size()), std::move(shards[i]),
                                        form.metadata));
    return writeOutput(folder / tensorIndexName, index);
}

Result<void> copyCheckpoint(const fs::path& from, const fs::path& to) {
    if (isAdapterFolder(from)) return copyAdapter(from, to);
    RINGSCOPE_TRY(const Checkpoint checkpoint, Checkpoint::open(from));
    RINGSCOPE_CHECK(checkTarget(to));
    RINGSCOPE_CHECK(makePrivateFolder(to));
    RINGSCOPE_CHECK(writeOutput(to / modelConfigName, checkpoint.configText()));
    std::set<fs::path> files;
    for (const StoredTensor& tensor : checkpoint.files().tensors()) files.insert(*tensor.file);
    // The file that makes the others a model comes last.
    std::vector<fs::path> inOrder(files.begin(), files.end());
    if (!files.contains(from / tensorFileName)) inOrder.push_back(from / tensorIndexName);
    for (const fs::path& file : inOrder) RINGSCOPE_CHECK(copyFile(file, to / file.filename()));
    return copyTokenizer(from, to);
}

}  // namespace ringscope
