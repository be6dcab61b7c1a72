#include "backend/model/model_folder.h"

#include "backend/core/files.h"
#include "backend/core/plain_text.h"
#include "backend/core/text.h"
#include "backend/model/adapter_folder.h"
#include "backend/model/pattern_keys.h"

#include <fmt/format.h>
#include <algorithm>

namespace ringscope {
namespace {

constexpr std::size_t largestConfig = std::size_t{1} << 20;  // bytes

Error refusedConfig(const std::string& file, std::string_view sentence) {
    return {ErrorCode::InvalidConfig, fmt::format("'{}': {}", file, sentence)};
}

// What no family computes otherwise.
void requireDecoder(ConfigKeys& keys) {
    keys.requireFlag("is_encoder_decoder", false);
    keys.requireFlag("add_cross_attention", false);
    keys.requireFlag("use_bidirectional_attention", false);
}

Result<const Family*> familyOf(ConfigKeys& keys, const std::string& file) {
    const std::string type = keys.word("model_type", "");
    std::vector<std::string> types;
    for (const Family& family : familyTable()) types.emplace_back(family.type);
    if (const Family* family = findFamily(type)) return family;
    if (type.empty())
        return refusedConfig(file,
                             "model_type is missing, which says what the other keys mean; "
                             "known are " +
                                 join(types, ", "));
    const std::optional<std::string> near = nearestWord(type, types);
    return refusedConfig(
        file, fmt::format("models of the type {} are not known{}; known are {}", shown(type),
                          near ? ", did you mean '" + *near + "'?" : "", join(types, ", ")));
}

}  // namespace

Result<ModelReading> readModelConfig(std::string text, const std::string& file) {
    if (text.size() > largestConfig)
        return refusedConfig(file, fmt::format("has {} bytes, and {} are allowed; is it the "
                                               "config.json of a model?",
                                               text.size(), largestConfig));
    ModelReading reading{.text = std::move(text)};
    Result<JsonValue> root = readJsonValue(reading.text);
    if (!root.ok()) return std::move(root).error().in("'" + file + "'");
    if (root->kind != JsonKind::Object)
        return refusedConfig(file, "must be one object with the keys of a model");
    ConfigSource source{.file = file, .text = reading.text};
    ConfigKeys keys(*root, "", source);
    RINGSCOPE_TRY(reading.family, familyOf(keys, file));
    requireDecoder(keys);
    reading.family->read(keys, reading.description);
    reading.description.attention.pattern = readPattern(keys);
    keys.finish(reading.family->type, harmlessKeys());
    if (source.problem) return *source.problem;
    reading.ignored = std::move(source.ignored);
    return reading;
}

Result<ModelReading> readModelFile(const std::filesystem::path& folder) {
    RINGSCOPE_TRY(const std::filesystem::path model, modelFolderOf(folder));
    const std::filesystem::path path = model / modelConfigName;
    RINGSCOPE_TRY(std::string text, readTextFile(path));
    return readModelConfig(std::move(text), path.string());
}

Result<ModelDescription> readModelFolder(const std::filesystem::path& folder) {
    RINGSCOPE_TRY(ModelReading reading, readModelFile(folder));
    return std::move(reading.description);
}

}  // namespace ringscope
