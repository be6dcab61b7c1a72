// A trained model of another maker: its description, and where its weights lie.
//
//     RINGSCOPE_TRY(const Checkpoint checkpoint, Checkpoint::open(folder));
//     for (const WeightPiece& piece : checkpoint.pieces("layers.0.attention.qkv.weight")) {
//         RINGSCOPE_TRY(const StoredTensor tensor, checkpoint.tensor(piece.tensor));
//         …copy piece.rows rows of tensor.bytes…
//     }
//
// Opening reads config.json and the headers of the tensors' files, and checks that the tensors are
// those that the configuration asks for. The files are mapped: they must not become shorter.
#pragma once

#include "backend/core/result.h"
#include "backend/model/model_folder.h"
#include "backend/model/tensor_folder.h"
#include "backend/model/weight_places.h"

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

class Checkpoint {
public:
    // Of an adapter's folder, its model (adapter_folder.h). Fails with one sentence that names the
    // key or the tensor.
    static Result<Checkpoint> open(const std::filesystem::path& folder);

    const Family& family() const { return *reading_.family; }
    const ModelDescription& description() const { return reading_.description; }
    // Keys of config.json that change nothing.
    const std::vector<std::string>& ignoredKeys() const { return reading_.ignored; }
    const std::string& configText() const { return reading_.text; }

    // All tensors of the files, also those that no parameter is made of.
    const TensorFolder& files() const { return files_; }
    // Fails where there is none, and where its type cannot be read as weights.
    Result<StoredTensor> tensor(std::string_view name) const;
    // Tensors that follow from the configuration, or that no parameter stands for.
    const std::vector<std::string>& ignoredTensors() const { return ignoredTensors_; }

    const WeightPlaces& places() const { return places_; }
    // Of the parameter, which must be one of the model's.
    std::span<const WeightPiece> pieces(std::string_view parameter) const;

private:
    Checkpoint(ModelReading reading, TensorFolder files, WeightPlaces places)
        : reading_(std::move(reading)), files_(std::move(files)), places_(std::move(places)) {}
    Result<void> checkTensors(std::string_view body);

    ModelReading reading_;
    TensorFolder files_;
    WeightPlaces places_;
    std::vector<std::string> ignoredTensors_;
};

struct CheckpointForm {
    TensorMetadata metadata{{"format", "pt"}};
    // Files get no larger, unless one tensor is.
    std::uint64_t shardBytes = std::uint64_t{5} << 30;
};

// Makes the folder, and in it config.json and the tensors: one file, or shards with their index.
// Each file appears whole or not at all, the one that makes the others a model last. Fails where
// the folder holds a model's tensors already.
Result<void> writeCheckpoint(const std::filesystem::path& folder, std::string_view configText,
                             std::vector<OutgoingTensor> tensors, const CheckpointForm& form = {});

// Checks the model in `from` as Checkpoint::open() does, and copies config.json and the tensors'
// files byte for byte; an adapter as such. Fails where `to` holds a model's tensors already.
Result<void> copyCheckpoint(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace ringscope
