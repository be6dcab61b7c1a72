#include "backend/model/adapter_folder.h"

#include "backend/core/files.h"
#include "backend/core/output_file.h"
#include "backend/core/plain_text.h"
#include "backend/model/config_keys.h"
#include "backend/model/json_value.h"
#include "backend/model/model_files.h"
#include "backend/model/model_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <utility>

namespace ringscope {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view modulePrefix = "base_model.model.";
constexpr std::string_view endingOfA = ".lora_A.weight";
constexpr std::string_view endingOfB = ".lora_B.weight";

// What says nothing about what the adapter computes: where it came from, which layers it chose
// (the tensors tell), how its matrices began.
constexpr auto harmlessAdapterKeys = std::to_array<std::string_view>(
    {"auto_mapping", "exclude_modules", "fan_in_fan_out", "inference_mode", "layers_pattern",
     "layers_to_transform", "megatron_core", "peft_version", "qalora_group_size", "revision",
     "target_modules", "task_type"});

bool adapterFileThere(const fs::path& path) {
    std::error_code ignored;
    return fs::exists(path, ignored);
}

Error refusedAdapter(const fs::path& file, std::string_view sentence) {
    return {ErrorCode::Corrupt, fmt::format("'{}': {}", file.string(), sentence)};
}

// And what is switched off.
std::vector<std::string_view> keysThatSayNothing(const JsonValue& root) {
    std::vector<std::string_view> keys(harmlessAdapterKeys.begin(), harmlessAdapterKeys.end());
    for (std::size_t i = 0; i < root.keys.size(); ++i)
        if (root.items[i].kind == JsonKind::Bool && !root.items[i].truth)
            keys.push_back(root.keys[i]);
    return keys;
}

// A word, where others have a flag; true and false are words that need no saying.
void requireUsualStart(const JsonValue& root, ConfigKeys& keys) {
    const JsonValue* start = root.find("init_lora_weights");
    constexpr std::array<std::string_view, 1> known = {"gaussian"};
    if (start != nullptr && start->kind == JsonKind::Bool)
        keys.flag("init_lora_weights", true);
    else
        keys.requireWord("init_lora_weights", known);  // others change the model's own weights
}

Result<AdapterSettings> settingsOf(const fs::path& path) {
    RINGSCOPE_TRY(const std::string text, readTextFile(path));
    Result<JsonValue> root = readJsonValue(text);
    if (!root.ok()) return std::move(root).error().in("'" + path.string() + "'");
    if (root->kind != JsonKind::Object)
        return refusedAdapter(path, "must be one object with the keys of an adapter");
    ConfigSource source{.file = path.string(), .text = text};
    ConfigKeys keys(*root, "", source);
    constexpr std::array<std::string_view, 1> kinds = {"LORA"};
    constexpr std::array<std::string_view, 1> biases = {"none"};
    keys.requireWord("peft_type", kinds);
    keys.requireWord("bias", biases);
    keys.requireFlag("use_dora", false);
    keys.requireFlag("lora_bias", false);
    keys.requireFlag("use_qalora", false);
    requireUsualStart(*root, keys);
    AdapterSettings settings{.rank = keys.size("r"),
                             .alpha = keys.number("lora_alpha"),
                             .dropout = keys.numberOrZero("lora_dropout"),
                             .base = keys.word("base_model_name_or_path", ""),
                             .rootScaled = keys.flag("use_rslora", false)};
    keys.finish("adapters", keysThatSayNothing(*root));
    if (source.problem) return *source.problem;
    return settings;
}

std::string adapterConfigText(const AdapterSettings& settings) {
    std::string targets;
    for (const std::string& target : settings.targets)
        targets += (targets.empty() ? "" : ", ") + jsonText(target);
    return fmt::format(
        R"({{
  "base_model_name_or_path": {},
  "bias": "none",
  "fan_in_fan_out": {},
  "inference_mode": true,
  "init_lora_weights": true,
  "lora_alpha": {},
  "lora_dropout": {},
  "modules_to_save": null,
  "peft_type": "LORA",
  "r": {},
  "target_modules": [{}],
  "task_type": "CAUSAL_LM",
  "use_dora": false,
  "use_rslora": {}
}}
)",
        settings.base.empty() ? "null" : jsonText(settings.base), settings.transposed,
        settings.alpha, settings.dropout, settings.rank, targets, settings.rootScaled);
}

Result<void> checkAdapterTarget(const fs::path& folder) {
    for (const std::string_view name :
         {adapterTensorName, adapterConfigName, modelConfigName, tensorFileName, tensorIndexName})
        if (adapterFileThere(folder / name))
            return Error{
                ErrorCode::InvalidConfig,
                fmt::format("'{}' holds {} already; name another folder", folder.string(), name)};
    return {};
}

}  // namespace

double AdapterSettings::scale() const {
    const auto wide = static_cast<double>(rank);
    return rootScaled ? alpha / std::sqrt(wide) : alpha / wide;
}

bool isAdapterFolder(const fs::path& folder) {
    return adapterFileThere(folder / adapterConfigName) &&
           !adapterFileThere(folder / modelConfigName);
}

Result<fs::path> modelFolderOf(const fs::path& folder) {
    if (!isAdapterFolder(folder)) return folder;
    const fs::path config = folder / adapterConfigName;
    RINGSCOPE_TRY(const AdapterSettings settings, settingsOf(config));
    // As it is written, else beside the adapter.
    for (const fs::path& base : {fs::path(settings.base), folder / settings.base})
        if (!settings.base.empty() && adapterFileThere(base / modelConfigName)) return base;
    return Error{ErrorCode::NotFound,
                 fmt::format("'{}': base_model_name_or_path is {}, and there is no folder of a "
                             "model; write the path of the model that the adapter stands beside",
                             config.string(), shown(settings.base))};
}

std::string tensorNameOfA(std::string_view module) {
    return fmt::format("{}{}{}", modulePrefix, module, endingOfA);
}
std::string tensorNameOfB(std::string_view module) {
    return fmt::format("{}{}{}", modulePrefix, module, endingOfB);
}

Result<AdapterFolder> AdapterFolder::open(const fs::path& folder) {
    RINGSCOPE_TRY(AdapterSettings settings, settingsOf(folder / adapterConfigName));
    const fs::path path = folder / adapterTensorName;
    RINGSCOPE_TRY(MappedFile file, MappedFile::open(path));
    Result<TensorTable> table = readTensorTable(file.bytes());
    if (!table.ok()) return std::move(table).error().in("'" + path.string() + "'");
    AdapterFolder opened(folder, std::move(settings), std::move(file), *std::move(table));
    RINGSCOPE_CHECK(opened.checkTensors());
    return opened;
}

Result<void> AdapterFolder::checkTensors() {
    std::ranges::sort(table_.tensors, {}, &TensorEntry::name);
    std::set<std::string> modules;
    for (const TensorEntry& entry : table_.tensors) {
        std::string_view name = entry.name;
        const bool known = name.starts_with(modulePrefix) &&
                           (name.ends_with(endingOfA) || name.ends_with(endingOfB));
        if (!known)
            return refusedAdapter(
                path_, fmt::format("tensor {} is none of a low-rank adapter's", shown(entry.name)));
        if (!rowOf(entry.type).weights)
            return refusedAdapter(path_, fmt::format("tensor {} is stored as {}, which is not read "
                                                     "as weights",
                                                     shown(entry.name), nameOf(entry.type)));
        name.remove_prefix(modulePrefix.size());
        modules.emplace(name.substr(0, name.size() - endingOfA.size()));
    }
    if (modules.empty()) return refusedAdapter(path_, "holds no tensor");
    for (const std::string& module : modules) {
        const TensorEntry* first = find(tensorNameOfA(module));
        const TensorEntry* second = find(tensorNameOfB(module));
        if (first == nullptr || second == nullptr)
            return refusedAdapter(path_, fmt::format("{} has one of its two matrices, lora_A and "
                                                     "lora_B",
                                                     shown(module)));
        const std::int64_t rank = settings_.rank;
        if (first->shape.size() != 2 || second->shape.size() != 2 || first->shape[0] != rank ||
            second->shape[1] != rank)
            return refusedAdapter(path_,
                                  fmt::format("the matrices of {} are {} and {}, and r is {} in {}",
                                              shown(module), shownShape(first->shape),
                                              shownShape(second->shape), rank, adapterConfigName));
    }
    modules_.assign(modules.begin(), modules.end());
    return {};
}

const TensorEntry* AdapterFolder::find(const std::string& name) const {
    const auto found = std::ranges::lower_bound(table_.tensors, name, {}, &TensorEntry::name);
    return found == table_.tensors.end() || found->name != name ? nullptr : &*found;
}

StoredTensor AdapterFolder::tensor(const std::string& name) const {
    const TensorEntry& entry = *find(name);
    const std::string_view bytes = file_.bytes().substr(entry.begin, entry.end - entry.begin);
    return {.name = entry.name,
            .type = entry.type,
            .shape = entry.shape,
            .bytes = std::as_bytes(std::span(bytes)),
            .file = &path_};
}

Result<void> writeAdapter(const fs::path& folder, const AdapterSettings& settings,
                          std::vector<OutgoingTensor> tensors) {
    RINGSCOPE_CHECK(checkAdapterTarget(folder));
    RINGSCOPE_CHECK(makePrivateFolder(folder));
    RINGSCOPE_CHECK(
        writeTensorFile(folder / adapterTensorName, std::move(tensors), {{"format", "pt"}}));
    return writeOutput(folder / adapterConfigName, adapterConfigText(settings));
}

Result<void> copyAdapter(const fs::path& from, const fs::path& to) {
    RINGSCOPE_TRY(const AdapterFolder adapter, AdapterFolder::open(from));
    RINGSCOPE_CHECK(checkAdapterTarget(to));
    RINGSCOPE_CHECK(makePrivateFolder(to));
    for (const std::string_view file : {adapterTensorName, adapterConfigName})
        RINGSCOPE_CHECK(copyFile(from / file, to / file));
    return copyTokenizer(from, to);
}

}  // namespace ringscope
