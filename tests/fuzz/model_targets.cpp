// The readers of models of other makers.
#include "backend/model/model_config_text.h"
#include "backend/model/model_folder.h"
#include "backend/model/rotary.h"
#include "backend/model/safetensors.h"
#include "backend/model/weight_places.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/targets.h"

#include <cmath>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope::fuzz {
namespace {

std::vector<OutgoingTensor> tensorsOf(const TensorTable& table, std::string_view file) {
    std::vector<OutgoingTensor> tensors;
    for (const TensorEntry& entry : table.tensors)
        tensors.push_back({entry.name, entry.type, entry.shape, [&entry, file](TensorSink& sink) {
                               const std::string_view bytes =
                                   file.substr(entry.begin, entry.end - entry.begin);
                               sink.write(std::as_bytes(std::span(bytes)));
                           }});
    return tensors;
}

std::string writtenText(const TensorTable& table, std::string_view file) {
    std::ostringstream out;
    const Result<void> written = writeTensors(out, tensorsOf(table, file), table.metadata);
    // An empty name is read and not written.
    return written.ok() ? out.str() : "";
}

// What a model would be made of; only where that is few things.
void layOut(const ModelReading& reading) {
    const ModelConfig& model = reading.description.model;
    const Result<std::vector<LayerKind>> kinds = layerKinds(model, reading.description.attention);
    require(kinds.ok(), "a description that was read has kinds of layers");
    if (model.layers * (1 + model.experts.count) * model.heads > 10'000) return;
    const Result<WeightPlaces> places =
        weightPlaces(*reading.family, reading.description, reading.family->body);
    require(places.ok(), "a model that was read has a place for each parameter");
    for (std::size_t i = 0; i < places->parameters.size(); ++i) {
        std::int64_t rows = 0;
        for (const WeightPiece& piece : places->pieces[i]) rows += piece.rows;
        const ParameterSpec& spec = places->parameters[i];
        require(rows * (spec.shape.size() > 1 ? spec.shape.back() : 1) == spec.elements(),
                "pieces fill a parameter");
    }
    if (model.position != PositionKind::Rope || model.rotaryDim() > 4096) return;
    require(std::ssize(rotaryAngles(model, 8192).perPosition) == model.rotaryDim() / 2,
            "an angle for each pair of columns");
}

}  // namespace

void tensorFile(const std::uint8_t* data, std::size_t size) {
    const std::string_view file(reinterpret_cast<const char*>(data), size);
    const Result<TensorTable> table = readTensorTable(file);
    if (!table.ok()) {
        require(!table.error().message.empty(), "a sentence for what is refused");
        return;
    }
    const std::string written = writtenText(*table, file);
    if (written.empty()) return;
    const Result<TensorTable> again = readTensorTable(written);
    require(again.ok(), "tensors that were written read back");
    require(writtenText(*again, written) == written, "and are written alike");
}

void modelConfig(const std::uint8_t* data, std::size_t size) {
    const Result<ModelReading> reading =
        readModelConfig(std::string(reinterpret_cast<const char*>(data), size), "config.json");
    if (!reading.ok()) {
        require(!reading.error().message.empty(), "a sentence for what is refused");
        return;
    }
    layOut(*reading);
    const Result<std::string> text = modelConfigText(reading->description, {});
    if (!text.ok()) return;
    const Result<ModelReading> again = readModelConfig(*text, "config.json");
    require(again.ok(), "a configuration that was written reads back");
    require(plainDescription(again->description) == plainDescription(reading->description),
            "and is of the same model");
}

}  // namespace ringscope::fuzz
