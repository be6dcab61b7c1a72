#include "backend/model/tensor_folder.h"

#include "backend/core/plain_text.h"
#include "backend/model/json_cursor.h"

#include <fmt/format.h>
#include <algorithm>
#include <map>
#include <set>
#include <system_error>

namespace ringscope {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t largestIndex = 100'000'000;  // bytes

// Which shard each tensor is in.
using WeightMap = std::map<std::string, std::string>;

bool isThere(const fs::path& path) {
    std::error_code ignored;
    return fs::exists(path, ignored);
}

Error noTensors(const fs::path& folder) {
    std::error_code ignored;
    if (!fs::is_directory(folder, ignored))
        return {ErrorCode::NotFound,
                fmt::format("'{}' is no folder; name one that holds a model", folder.string())};
    const bool pickled =
        isThere(folder / "pytorch_model.bin") || isThere(folder / "pytorch_model.bin.index.json");
    return {ErrorCode::NotFound,
            fmt::format("'{}' holds neither {} nor {}; {}", folder.string(), tensorFileName,
                        tensorIndexName,
                        pickled ? "pytorch_model.bin is a pickle, which is not read: save the "
                                  "model again as safetensors"
                                : "name the folder of a model")};
}

Error refusedIndex(const fs::path& index, std::string_view sentence) {
    return {ErrorCode::Corrupt, fmt::format("'{}': {}", index.string(), sentence)};
}

Result<std::string> readShardName(JsonCursor& json, const std::string& tensor) {
    RINGSCOPE_TRY(std::string shard, json.text());
    if (shard.ends_with(".safetensors") && shard.find('/') == shard.npos && shard[0] != '.' &&
        isPrintable(shard))
        return shard;
    return json.wrong(
        fmt::format("tensor {} is in {}, which is no name of a .safetensors file "
                    "in this folder",
                    shown(tensor), shown(shard)));
}

Result<WeightMap> parseIndex(std::string_view text) {
    JsonCursor json(text, JsonPlaces::Lines);
    WeightMap map;
    bool found = false;
    RINGSCOPE_CHECK(json.object([&](const std::string& key) -> Result<void> {
        if (key != "weight_map") return json.skip();
        found = true;
        return json.object([&](const std::string& tensor) -> Result<void> {
            RINGSCOPE_TRY(map[tensor], readShardName(json, tensor));
            return {};
        });
    }));
    RINGSCOPE_CHECK(json.end());
    if (!found || map.empty())
        return json.wrong("weight_map, which names the shard of each tensor, is missing or empty");
    return map;
}

Result<WeightMap> readIndex(const fs::path& path) {
    RINGSCOPE_TRY(const MappedFile file, MappedFile::open(path));
    if (file.bytes().size() > largestIndex)
        return refusedIndex(path, fmt::format("an index of {} bytes is larger than any; {} are "
                                              "allowed",
                                              file.bytes().size(), largestIndex));
    Result<WeightMap> map = parseIndex(file.bytes());
    if (!map.ok()) return std::move(map).error().in("'" + path.string() + "'");
    return map;
}

// Which of the shards each tensor lies in.
using FoundShards = std::map<std::string_view, std::string>;

// Whether the index and the shards name the same tensors, in the same shards.
Result<void> checkIndex(const fs::path& index, const WeightMap& map, const FoundShards& found) {
    for (const auto& [tensor, shard] : map) {
        const auto there = found.find(tensor);
        if (there == found.end())
            return refusedIndex(index, fmt::format("tensor {} is said to be in {} and is in no "
                                                   "shard; copy the shards again",
                                                   shown(tensor), shown(shard)));
        if (there->second != shard)
            return refusedIndex(index,
                                fmt::format("tensor {} is said to be in {} and is in {}; "
                                            "index and shards are of different models",
                                            shown(tensor), shown(shard), shown(there->second)));
    }
    for (const auto& [tensor, shard] : found)
        if (!map.contains(std::string(tensor)))
            return refusedIndex(index,
                                fmt::format("{} holds tensor {}, which the index does not name",
                                            shown(shard), shown(tensor)));
    return {};
}

}  // namespace

Result<TensorFolder::File> TensorFolder::openFile(const fs::path& path) {
    RINGSCOPE_TRY(MappedFile mapping, MappedFile::open(path));
    Result<TensorTable> table = readTensorTable(mapping.bytes());
    if (!table.ok()) return std::move(table).error().in("'" + path.string() + "'");
    return File{path, std::move(mapping), *std::move(table)};
}

Result<void> TensorFolder::openShards(const fs::path& folder) {
    const fs::path index = folder / tensorIndexName;
    RINGSCOPE_TRY(const WeightMap map, readIndex(index));
    std::set<std::string> shards;
    for (const auto& [tensor, shard] : map) {
        if (!shards.insert(shard).second) continue;
        if (!isThere(folder / shard))
            return Error{ErrorCode::NotFound,
                         fmt::format("'{}' names {} for tensor {}, and there is no such file; copy "
                                     "the missing shard into the folder",
                                     index.string(), shown(shard), shown(tensor))};
        RINGSCOPE_TRY(File file, openFile(folder / shard));
        files_.push_back(std::move(file));
    }
    FoundShards found;
    for (const File& file : files_)
        for (const TensorEntry& entry : file.table.tensors)
            if (const auto [there, added] = found.emplace(entry.name, file.path.filename()); !added)
                return refusedIndex(
                    index, fmt::format("tensor {} is in two shards, {} and {}", shown(entry.name),
                                       shown(there->second), shown(file.path.filename().string())));
    return checkIndex(index, map, found);
}

void TensorFolder::addTensors(const File& file) {
    for (const TensorEntry& entry : file.table.tensors) {
        const std::string_view bytes =
            file.mapping.bytes().substr(entry.begin, entry.end - entry.begin);
        tensors_.push_back({.name = entry.name,
                            .type = entry.type,
                            .shape = entry.shape,
                            .bytes = std::as_bytes(std::span(bytes)),
                            .file = &file.path});
    }
}

Result<TensorFolder> TensorFolder::open(const fs::path& folder) {
    TensorFolder opened;
    opened.folder_ = folder;
    if (isThere(folder / tensorFileName)) {
        RINGSCOPE_TRY(File file, openFile(folder / tensorFileName));
        opened.files_.push_back(std::move(file));
    } else if (isThere(folder / tensorIndexName)) {
        RINGSCOPE_CHECK(opened.openShards(folder));
    } else {
        return noTensors(folder);
    }
    for (const File& file : opened.files_) opened.addTensors(file);
    std::ranges::sort(opened.tensors_, {}, &StoredTensor::name);
    return opened;
}

const StoredTensor* TensorFolder::find(std::string_view name) const {
    const auto found = std::ranges::lower_bound(tensors_, name, {}, &StoredTensor::name);
    return found != tensors_.end() && found->name == name ? &*found : nullptr;
}

std::uint64_t TensorFolder::fileBytes() const {
    std::uint64_t bytes = 0;
    for (const File& file : files_) bytes += file.mapping.bytes().size();
    return bytes;
}

std::uint64_t TensorFolder::headerBytes() const {
    std::uint64_t bytes = fileBytes();
    for (const StoredTensor& tensor : tensors_) bytes -= tensor.bytes.size();
    return bytes;
}

}  // namespace ringscope
