#include "kernels/rank/checkpoint_copy.h"

#include "backend/core/files.h"
#include "backend/core/sha256.h"
#include "backend/model/safetensors.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace ringscope {
namespace {

constexpr std::array kindNames = {"values", "mean", "square"};
constexpr std::string_view scalesMark = ".scales";

// "mean/layers.0.attention.qkv.weight/4096"; of the scales of 8 bits
// "mean.scales/layers.0.attention.qkv.weight/4096/3840".
std::string kindName(const StateSlice& slice) {
    return kindNames[static_cast<std::size_t>(slice.kind)];
}
std::string tensorName(const StateSlice& slice) {
    return kindName(slice) + "/" + slice.parameter + "/" + std::to_string(slice.first);
}
std::string scalesName(const StateSlice& slice) {
    return kindName(slice) + std::string(scalesMark) + "/" + slice.parameter + "/" +
           std::to_string(slice.first) + "/" + std::to_string(slice.blocksAt);
}

std::string fileName(int rank) {
    const std::string number = std::to_string(rank);
    return "rank-" + std::string(5 - std::min<std::size_t>(5, number.size()), '0') + number +
           ".safetensors";
}

// In a copy's file, tensors begin at multiples of it.
constexpr std::int64_t tensorAlignment = 64;
std::int64_t paddingAfter(std::int64_t bytes) {
    return (tensorAlignment - bytes % tensorAlignment) % tensorAlignment;
}

TensorType savedType(const at::Tensor& tensor) {
    switch (tensor.scalar_type()) {
        case at::kByte:
            return TensorType::U8;
        case at::kDouble:
            return TensorType::F64;
        default:
            return TensorType::F32;
    }
}

OutgoingTensor outgoingSlice(std::string name, const at::Tensor& tensor) {
    return {.name = std::move(name),
            .type = savedType(tensor),
            .shape = {tensor.numel()},
            .write = [tensor](TensorSink& sink) {
                sink.write({static_cast<const std::byte*>(tensor.const_data_ptr()),
                            static_cast<std::size_t>(tensor.nbytes())});
            }};
}

// What a tensor's name says; nothing where it is none of tensorName() and scalesName().
struct SliceName {
    StateKind kind = StateKind::Values;
    bool scales = false;
    std::string parameter;
    std::int64_t first = 0;
    std::int64_t blocksAt = 0;
};

std::optional<std::int64_t> numberIn(std::string_view word) {
    std::int64_t number = 0;
    const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (problem != std::errc() || end != word.data() + word.size()) return std::nullopt;
    return number;
}

std::optional<SliceName> parseName(std::string_view name) {
    std::vector<std::string_view> words;
    for (std::size_t at = 0; at <= name.size();) {
        const std::size_t end = std::min(name.find('/', at), name.size());
        words.push_back(name.substr(at, end - at));
        at = end + 1;
    }
    SliceName slice;
    std::string_view kind = words.front();
    slice.scales = kind.ends_with(scalesMark);
    if (slice.scales) kind.remove_suffix(scalesMark.size());
    const auto row = std::ranges::find(kindNames, kind);
    if (row == kindNames.end() || words.size() != (slice.scales ? 4U : 3U)) return std::nullopt;
    slice.kind = static_cast<StateKind>(row - kindNames.begin());
    slice.parameter = words[1];
    const std::optional<std::int64_t> first = numberIn(words[2]);
    const std::optional<std::int64_t> blocksAt = slice.scales ? numberIn(words[3]) : 0;
    if (!first || !blocksAt) return std::nullopt;
    slice.first = *first;
    slice.blocksAt = *blocksAt;
    return slice;
}

at::Tensor viewOf(const MappedFile& file, const TensorEntry& entry) {
    const at::ScalarType type = entry.type == TensorType::U8    ? at::kByte
                                : entry.type == TensorType::F64 ? at::kDouble
                                                                : at::kFloat;
    return at::from_blob(const_cast<char*>(file.bytes().data()) + entry.begin,
                         {entry.shape.front()}, at::TensorOptions().dtype(type));
}

bool canBeRead(const TensorEntry& entry) {
    return entry.shape.size() == 1 &&
           (entry.type == TensorType::U8 || entry.type == TensorType::F32 ||
            entry.type == TensorType::F64);
}

// Slices first, then the scales of those that have some.
Result<void> addSlices(const MappedFile& file, std::vector<StateSlice>& slices) {
    RINGSCOPE_TRY(const TensorTable table, readTensorTable(file.bytes()));
    const auto begin = static_cast<std::ptrdiff_t>(slices.size());
    for (const bool scales : {false, true})
        for (const TensorEntry& entry : table.tensors) {
            const std::optional<SliceName> name = parseName(entry.name);
            if (!name || !canBeRead(entry))
                return Error{ErrorCode::Corrupt,
                             "tensor '" + entry.name + "' is none of a training's checkpoint"};
            if (name->scales != scales) continue;
            if (!scales) {
                slices.push_back({.kind = name->kind,
                                  .parameter = name->parameter,
                                  .first = name->first,
                                  .numbers = viewOf(file, entry)});
                continue;
            }
            const auto of =
                std::find_if(slices.begin() + begin, slices.end(), [&](const StateSlice& slice) {
                    return slice.kind == name->kind && slice.first == name->first &&
                           slice.parameter == name->parameter;
                });
            if (of == slices.end()) continue;
            of->scales = viewOf(file, entry);
            of->blocksAt = name->blocksAt;
        }
    return {};
}

}  // namespace

Result<CheckpointCopy> CheckpointCopy::inFile(const std::filesystem::path& file) {
    RINGSCOPE_CHECK(makePrivateFolder(file.parent_path()));
    CheckpointCopy copy;
    copy.path_ = file;
    copy.file_.open(file, std::ios::binary | std::ios::trunc);
    if (!copy.file_) return fileError(file, "write", errno);
    return copy;
}

// In a file, its bytes are written, and the tensor is without memory.
Result<at::Tensor> CheckpointCopy::copied(const at::Tensor& from) {
    const auto bytes = static_cast<std::size_t>(from.nbytes());
    bytes_ += from.nbytes();
    if (path_.empty()) {
        memory_.push_back(std::make_unique_for_overwrite<std::byte[]>(bytes));
        at::Tensor to = at::from_blob(memory_.back().get(), from.sizes(),
                                      at::TensorOptions().dtype(from.scalar_type()));
        to.copy_(from);
        return to;
    }
    const at::Tensor numbers = from.cpu().contiguous();
    file_.write(static_cast<const char*>(numbers.const_data_ptr()), from.nbytes());
    constexpr std::array<char, tensorAlignment> zeros{};
    file_.write(zeros.data(), paddingAfter(from.nbytes()));
    if (!file_) return fileError(path_, "write", errno);
    return at::empty(from.sizes(), numbers.options().device(at::kMeta));
}

Result<void> CheckpointCopy::add(const StateSlice& slice) {
    StateSlice& own = slices_.emplace_back(slice);
    RINGSCOPE_TRY(own.numbers, copied(slice.numbers));
    if (slice.eightBit()) {
        RINGSCOPE_TRY(own.scales, copied(slice.scales));
    }
    return {};
}

Result<void> CheckpointCopy::mapFile() {
    file_.close();
    if (!file_) return fileError(path_, "write", errno);
    RINGSCOPE_TRY(mapped_, MappedFile::open(path_));
    std::int64_t at = 0;
    const auto inFile = [&](const at::Tensor& shape) {
        char* const first = const_cast<char*>(mapped_->bytes().data()) + at;
        at += shape.nbytes() + paddingAfter(shape.nbytes());
        return at::from_blob(first, shape.sizes(), at::TensorOptions().dtype(shape.scalar_type()));
    };
    for (StateSlice& slice : slices_) {
        slice.numbers = inFile(slice.numbers);
        if (slice.eightBit()) slice.scales = inFile(slice.scales);
    }
    return {};
}

Result<CheckpointFile> CheckpointCopy::write(const std::filesystem::path& folder, int rank) {
    if (!path_.empty()) RINGSCOPE_CHECK(mapFile());
    CheckpointFile file{.name = fileName(rank)};
    std::vector<OutgoingTensor> tensors;
    for (const StateSlice& slice : slices_) {
        tensors.push_back(outgoingSlice(tensorName(slice), slice.numbers));
        if (slice.eightBit()) tensors.push_back(outgoingSlice(scalesName(slice), slice.scales));
        if (slice.kind == StateKind::Values)
            file.slices.push_back({slice.parameter, slice.first, slice.numbers.numel()});
    }
    const std::filesystem::path path = folder / file.name;
    RINGSCOPE_CHECK(makePrivateFolder(folder));
    RINGSCOPE_CHECK(writeTensorFile(path, std::move(tensors), {{"format", "ringscope"}}));
    std::error_code failed;
    file.bytes = static_cast<std::int64_t>(std::filesystem::file_size(path, failed));
    if (failed) return fileError(path, "read", failed.value());
    RINGSCOPE_TRY(file.sha256, sha256OfFile(path));
    if (!path_.empty()) std::filesystem::remove(path_, failed);
    return file;
}

Result<CheckpointReading> CheckpointReading::open(const std::filesystem::path& checkpoint) {
    CheckpointReading reading;
    reading.folder_ = checkpoint;
    RINGSCOPE_TRY(reading.manifest_, readManifest(checkpoint));
    for (const CheckpointFile& file : reading.manifest_.files) {
        RINGSCOPE_TRY(MappedFile mapped, MappedFile::open(checkpoint / file.name));
        Result<void> added = addSlices(mapped, reading.state_.slices);
        if (!added.ok())
            return std::move(added).error().in("'" + (checkpoint / file.name).string() + "'");
        reading.files_.push_back(std::move(mapped));
    }
    reading.state_.progress = {.optimizerSteps = reading.manifest_.optimizerSteps,
                               .lossScale = reading.manifest_.lossScale,
                               .goodSteps = reading.manifest_.goodSteps};
    return reading;
}

Result<void> CheckpointReading::verify(int rank, int world) const {
    for (std::size_t i = static_cast<std::size_t>(rank); i < manifest_.files.size();
         i += static_cast<std::size_t>(world))
        RINGSCOPE_CHECK(verifyFile(folder_, manifest_.files[i]));
    return {};
}

}  // namespace ringscope
