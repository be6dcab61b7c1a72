#include "backend/model/checkpoint.h"

#include "backend/core/plain_text.h"
#include "backend/core/text.h"
#include "backend/model/adapter_folder.h"

#include <fmt/format.h>
#include <algorithm>
#include <cassert>

namespace ringscope {
namespace {

// Files of a model without its head leave the body's prefix out.
std::string_view bodyOf(const Family& family, const TensorFolder& files) {
    const bool bare = std::ranges::none_of(files.tensors(), [&](const StoredTensor& tensor) {
        return tensor.name.starts_with(family.body);
    });
    return bare ? "" : family.body;
}

// Whether the name is that of a layer behind the model's last one.
bool isExtraLayer(std::string_view name, std::string_view body, const Family& family,
                  std::int64_t layers) {
    const std::string before = std::string(body) + std::string(family.layers);
    if (!family.extraLayers || !name.starts_with(before)) return false;
    name.remove_prefix(before.size());
    const std::optional<std::int64_t> number = parseInteger(name.substr(0, name.find('.')));
    return number && *number >= layers;
}

bool isDerived(std::string_view name, const Family& family) {
    return std::ranges::any_of(family.derived, [&](std::string_view ending) {
        // "rotary_emb.inv_freq" may also stand alone.
        return name.ends_with(ending) || name == ending.substr(1);
    });
}

// The name of the head's tensor, which files of tied models may hold as well.
std::string headName(const Family& family) {
    for (const std::span<const TensorNames> names : {family.names, usualNames()})
        for (const TensorNames& row : names)
            if (row.ours == "head") return std::string(row.theirs.substr(1)) + ".weight";
    return "";
}

// What to do where a tensor is missing or of another shape.
std::string adviceFor(const ModelReading& reading, std::string_view usual) {
    const bool quantized =
        std::ranges::find(reading.ignored, "quantization_config") != reading.ignored.end();
    return quantized ? "; the weights were quantized (quantization_config), which are not read: "
                       "take the model as its maker trained it"
                     : std::string(usual);
}

Error missingTensor(const ModelReading& reading, const TensorFolder& files, const std::string& name,
                    const std::vector<std::int64_t>& wanted) {
    // As gpt-oss is published: numbers of 4 bits, and a scale of each 32.
    const bool packed = files.find(name + "_blocks") != nullptr;
    return {ErrorCode::Corrupt,
            fmt::format("'{}' has no tensor {}, of shape {}, which config.json asks for{}",
                        files.folder().string(), shown(name), shownShape(wanted),
                        packed ? "; it is there in MXFP4, which is not read: load the model in "
                                 "transformers with Mxfp4Config(dequantize=True), save it in bf16 "
                                 "and name that folder"
                               : adviceFor(reading, "; is the folder complete?"))};
}

Error wrongShape(const ModelReading& reading, const StoredTensor& tensor,
                 const std::vector<std::int64_t>& wanted) {
    const std::vector<std::int64_t> shape(tensor.shape.begin(), tensor.shape.end());
    const bool rowsOnly =
        shape.size() == wanted.size() && !shape.empty() &&
        std::ranges::equal(std::span(shape).subspan(1), std::span(wanted).subspan(1));
    const bool table = rowsOnly && tensor.name.find("emb") != tensor.name.npos;
    return {ErrorCode::Corrupt,
            fmt::format(
                "'{}': tensor {} has the shape {}, and config.json asks for {}{}",
                tensor.file->string(), shown(tensor.name), shownShape(shape), shownShape(wanted),
                adviceFor(reading, table ? "; vocab_size must be the number of its rows" : ""))};
}

}  // namespace

Result<Checkpoint> Checkpoint::open(const std::filesystem::path& folder) {
    RINGSCOPE_TRY(ModelReading reading, readModelFile(folder));
    RINGSCOPE_TRY(const std::filesystem::path model, modelFolderOf(folder));
    RINGSCOPE_TRY(TensorFolder files, TensorFolder::open(model));
    const std::string_view body = bodyOf(*reading.family, files);
    RINGSCOPE_TRY(WeightPlaces places, weightPlaces(*reading.family, reading.description, body));
    Checkpoint checkpoint(std::move(reading), std::move(files), std::move(places));
    Result<void> checked = checkpoint.checkTensors(body);
    if (!checked.ok()) return std::move(checked).error();
    return checkpoint;
}

Result<void> Checkpoint::checkTensors(std::string_view body) {
    for (const auto& [name, shape] : places_.tensors) {
        const StoredTensor* stored = files_.find(name);
        if (stored == nullptr) return missingTensor(reading_, files_, name, shape);
        if (!std::ranges::equal(stored->shape, shape)) return wrongShape(reading_, *stored, shape);
    }
    const bool tied = description().model.tiedHead;
    for (const StoredTensor& tensor : files_.tensors()) {
        if (places_.tensors.contains(tensor.name)) continue;
        if (isDerived(tensor.name, family()) || (tied && tensor.name == headName(family())) ||
            isExtraLayer(tensor.name, body, family(), description().model.layers))
            ignoredTensors_.emplace_back(tensor.name);
        else
            return Error{ErrorCode::Corrupt,
                         fmt::format("'{}': tensor {} is none that a {} of this configuration has; "
                                     "do config.json and the tensors belong together?",
                                     tensor.file->string(), shown(tensor.name), family().type)};
    }
    return {};
}

Result<StoredTensor> Checkpoint::tensor(std::string_view name) const {
    const StoredTensor* stored = files_.find(name);
    if (stored == nullptr)
        return Error{ErrorCode::NotFound,
                     fmt::format("'{}' has no tensor {}", files_.folder().string(), shown(name))};
    if (!rowOf(stored->type).weights)
        return Error{ErrorCode::InvalidConfig,
                     fmt::format("'{}': tensor {} is stored as {}, which is not read as weights; "
                                 "save the model as BF16, F16, F32 or F64",
                                 stored->file->string(), shown(name), nameOf(stored->type))};
    return *stored;
}

std::span<const WeightPiece> Checkpoint::pieces(std::string_view parameter) const {
    const auto found = std::ranges::find(places_.parameters, parameter, &ParameterSpec::name);
    assert(found != places_.parameters.end());
    return places_.pieces[static_cast<std::size_t>(found - places_.parameters.begin())];
}

}  // namespace ringscope
