#include "backend/model/linear_layers.h"

#include "backend/core/plain_text.h"
#include "backend/core/text.h"
#include "backend/model/model_config_text.h"
#include "backend/model/model_folder.h"
#include "backend/model/parameter_share.h"

#include <fmt/format.h>
#include <algorithm>
#include <utility>

namespace ringscope {
namespace {

constexpr std::string_view weightEnding = ".weight";

bool isLinear(const ParameterSpec& spec) {
    if (!spec.name.starts_with("layers.")) return false;
    if (!isMatrix(spec)) return false;
    if (isOfExperts(spec)) return true;
    return spec.shape.size() == 2 && spec.name.ends_with(weightEnding) &&
           !spec.name.ends_with("ffn.router.weight") && !spec.name.ends_with("shared.gate.weight");
}

Result<ModelReading> readingOf(const ModelConfig& model, const AttentionConfig& attention) {
    if (model.from) return readModelFile(*model.from);
    RINGSCOPE_TRY(std::string text, modelConfigText({model, attention}, {}));
    return readModelConfig(std::move(text), std::string(modelConfigName));
}

// The parameter's rows are those of one tensor behind those of another.
void addLayers(const ParameterSpec& spec, const std::vector<WeightPiece>& pieces,
               std::vector<LinearLayer>& layers) {
    for (const WeightPiece& piece : pieces) {
        // The experts of one tensor are no layers with names.
        if (piece.matrices > 1 || !piece.tensor.ends_with(weightEnding)) continue;
        const std::string module =
            piece.tensor.substr(0, piece.tensor.size() - weightEnding.size());
        if (layers.empty() || layers.back().module != module) {
            layers.push_back({.module = module,
                              .parameter = spec.name,
                              .firstRow = piece.firstRow,
                              .columns = spec.shape.back(),
                              .transposed = piece.transposed});
            if (isOfExperts(spec)) {
                layers.back().experts = spec.shape[0];
                layers.back().rowsApart = spec.shape[1];
            }
        }
        layers.back().rows += piece.rows;
        layers.back().pieces.push_back(piece);
    }
}

std::string withExpert(const std::string& pattern, std::int64_t expert) {
    const std::size_t star = pattern.find('*');
    return pattern.substr(0, star) + std::to_string(expert) + pattern.substr(star + 1);
}

bool isNamed(const LinearLayer& layer, std::string_view target) {
    return layer.module == target || layer.module.ends_with("." + std::string(target));
}

}  // namespace

std::string_view LinearLayer::kind() const {
    return std::string_view(module).substr(module.rfind('.') + 1);
}

Result<std::vector<LinearLayer>> linearLayers(const ModelConfig& model,
                                              const AttentionConfig& attention) {
    RINGSCOPE_TRY(const ModelReading reading, readingOf(model, attention));
    RINGSCOPE_TRY(const WeightPlaces places,
                  weightPlaces(*reading.family, {model, attention}, reading.family->body, isLinear,
                               ExpertPlaces::One));
    std::vector<LinearLayer> layers;
    for (std::size_t i = 0; i < places.parameters.size(); ++i)
        addLayers(places.parameters[i], places.pieces[i], layers);
    return layers;
}

Result<std::vector<LinearLayer>> chosenLayers(std::vector<LinearLayer> layers,
                                              const std::vector<std::string>& targets) {
    if (targets.empty()) return layers;
    for (const std::string& target : targets)
        if (std::ranges::none_of(layers, [&](const auto& layer) { return isNamed(layer, target); }))
            return Error{
                ErrorCode::InvalidConfig,
                fmt::format("adapter.targets: this model has no linear layer {}; it has {}",
                            shown(target), join(kindsOf(layers), ", "))};
    std::erase_if(layers, [&](const LinearLayer& layer) {
        return std::ranges::none_of(
            targets, [&](const std::string& target) { return isNamed(layer, target); });
    });
    return layers;
}

std::vector<LinearLayer> eachOf(const LinearLayer& layer) {
    if (!layer.isOfExperts()) return {layer};
    std::vector<LinearLayer> each;
    for (std::int64_t expert = 0; expert < layer.experts; ++expert) {
        LinearLayer& one = each.emplace_back(layer);
        const std::int64_t skipped = expert * layer.rowsApart;
        one.module = withExpert(layer.module, expert);
        one.firstRow += skipped;
        one.experts = 0;
        for (WeightPiece& piece : one.pieces) {
            piece.tensor = withExpert(piece.tensor, expert);
            piece.firstRow += skipped;
        }
    }
    return each;
}

std::vector<std::string> kindsOf(const std::vector<LinearLayer>& layers) {
    std::vector<std::string> kinds;
    for (const LinearLayer& layer : layers)
        if (std::ranges::find(kinds, layer.kind()) == kinds.end()) kinds.emplace_back(layer.kind());
    return kinds;
}

}  // namespace ringscope
