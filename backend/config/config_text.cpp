// A configuration as text: YAML to read back, and the identity of what it computes.
#include "backend/config/experiment.h"
#include "backend/config/field_table.h"
#include "backend/config/settings.h"
#include "backend/config/value_text.h"
#include "backend/config/yaml_tree.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace ringscope {
namespace {

std::string listYaml(const std::vector<std::string>& items) {
    std::vector<std::string> scalars;
    for (const std::string& item : items) scalars.push_back(yamlScalar(item));
    return formatTextList(scalars);
}

std::string yamlValue(const Field& field, const RunConfig& config) {
    const std::string value = field.get(config);
    if (field.type == FieldType::TextList)
        return listYaml(parseTextList(value).value_or(std::vector<std::string>{}));
    const bool unset = field.nullable && value == "null";
    return field.type == FieldType::Text && !unset ? yamlScalar(value) : value;
}

// A value as the first version wrote it, which chose whatever was shorter: "5e+05". Runs of before
// and after have the same identity only if it is written like that for ever.
std::string identityValue(const Field& field, const RunConfig& config) {
    const std::string value = yamlValue(field, config);
    if (field.type != FieldType::Real) return value;
    const std::optional<double> number = parseReal(value);
    if (!number) return value;  // null
    std::array<char, 32> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), *number).ptr;
    return {buffer.data(), end};
}

// Fields of the first version. Later ones are in the identity where they are not what was computed
// before they existed, so that runs of before and after compute the same.
bool isOfFirstVersion(const Field& field) {
    constexpr std::array<std::string_view, 28> first = {
        "model.layers",      "model.hidden_size", "model.heads",        "model.kv_heads",
        "model.ffn_size",    "model.vocab_size",  "model.rope_theta",   "model.norm_eps",
        "model.tied_head",   "data.source",       "data.tokenizer",     "data.packing",
        "train.steps",       "train.seq_len",     "train.batch",        "train.grad_accum",
        "train.precision",   "train.lr",          "train.weight_decay", "train.grad_clip",
        "train.seed",        "attention.causal",  "attention.window",   "attention.window_right",
        "attention.dropout", "attention.scale",   "attention.softcap",  "attention.alibi"};
    return std::ranges::find(first, field.path) != first.end();
}

bool decidesNumbers(const Field& field) {
    constexpr std::array<std::string_view, 4> sections = {"model", "data", "train", "attention"};
    constexpr std::array<std::string_view, 4> withoutEffect = {
        "model.preset", "train.warmup_steps", "train.validate_every", "train.validate_batches"};
    return std::ranges::find(sections, sectionOf(field.path)) != sections.end() &&
           std::ranges::find(withoutEffect, field.path) == withoutEffect.end();
}

// What later fields are like in a run of the first version.
RunConfig computedBefore(const RunConfig& config) {
    RunConfig before;
    before.train.decayed =
        config.train.weightDecay == 0 ? config.train.decayed : DecayedWeights::All;
    return before;
}

}  // namespace

std::string toYaml(const RunConfig& config) {
    std::string yaml;
    std::string_view section;
    for (const Field& field : fieldTable()) {
        if (sectionOf(field.path) != section) {
            section = sectionOf(field.path);
            yaml += std::string(section) + ":\n";
        }
        yaml += "  " + std::string(keyOf(field.path)) + ": " + yamlValue(field, config) + "\n";
    }
    return yaml;
}

std::string computationIdentity(const RunConfig& config) {
    RunConfig alone = config;  // with the batches of all replicas
    alone.train.gradAccum *= config.parallel.dp;
    std::string identity;
    const RunConfig before = computedBefore(config);
    for (const Field& field : fieldTable())
        if (decidesNumbers(field) &&
            (isOfFirstVersion(field) || field.get(alone) != field.get(before)))
            identity += std::string(field.path) + "=" + identityValue(field, alone) + "\n";
    return identity;
}

}  // namespace ringscope
