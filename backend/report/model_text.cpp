#include "backend/report/model_text.h"

#include "backend/core/text.h"
#include "backend/core/units.h"
#include "backend/model/family_table.h"
#include "backend/model/pattern_words.h"
#include "backend/report/json_rows.h"
#include "backend/report/run_json.h"
#include "backend/report/wording.h"

#include <fmt/format.h>
#include <algorithm>
#include <nlohmann/json.hpp>

namespace ringscope {
namespace {

using reporting::printableLine;

constexpr std::size_t labelWidth = 16;

// "label           words, words", broken at `width` behind a comma or a space.
std::string labelled(std::string_view label, std::string_view words, std::size_t width) {
    const std::size_t room = width == 0 ? std::string::npos : width;
    std::string text = fmt::format("{:<{}}", label, labelWidth);
    std::size_t used = reporting::characters(text);
    bool first = true;
    for (const std::string& word : split(words, ' ')) {
        const std::size_t size = reporting::characters(word);
        if (!first && used + 1 + size > room) {
            text += "\n" + std::string(labelWidth, ' ');
            used = labelWidth;
            first = true;
        }
        if (!first) text += " ";
        text += word;
        used += size + (first ? 0 : 1);
        first = false;
    }
    return text + "\n";
}

// "61; 58 have experts, 3 are dense"
std::string layerWords(const ModelFacts& facts) {
    const auto windows = std::ranges::count(facts.layers, true, &LayerKind::window);
    const auto experts = std::ranges::count(facts.layers, true, &LayerKind::experts);
    const auto all = std::ssize(facts.layers);
    std::string words = formatCount(all);
    if (windows > 0)
        words += fmt::format("; {} see {} tokens before their own",
                             windows == all ? "all" : formatCount(windows),
                             formatCount(facts.description.attention.window.value_or(0)));
    if (experts > 0)
        words += experts == all ? "; all have experts"
                                : fmt::format("; {} have experts, {} are dense",
                                              formatCount(experts), formatCount(all - experts));
    return words;
}

std::string headWords(const ModelConfig& model) {
    if (model.attention == AttentionKind::Mla)
        return fmt::format("{} of {} columns, {} of them rotary; a latent of {} and values of {}",
                           formatCount(model.heads), model.headDim(), model.latent.rotarySize,
                           model.latent.size, model.latent.valueSize);
    std::string words =
        fmt::format("{} of {} columns, {} for keys and values", formatCount(model.heads),
                    model.headDim(), formatCount(model.kvHeads));
    if (model.attention == AttentionKind::Nsa)
        words += fmt::format("; keys are compressed by {}, selected in blocks of {}, near in {}",
                             formatCount(model.nsa.block), formatCount(model.nsa.selectBlock),
                             formatCount(model.nsa.window));
    return words;
}

std::string expertWords(const ExpertConfig& experts) {
    return fmt::format("{} of width {}, {} a token{}", formatCount(experts.count),
                       formatCount(experts.size), experts.perToken,
                       experts.groups > 1 ? fmt::format(", from the best {} of {} groups",
                                                        experts.bestGroups, experts.groups)
                                          : "");
}

std::string sizesText(const ModelFacts& facts, std::size_t width) {
    const ModelConfig& model = facts.description.model;
    std::string text = labelled("layers", layerWords(facts), width);
    text +=
        labelled("width",
                 fmt::format("{}, feed-forward {}, vocabulary {}", formatCount(model.hiddenSize),
                             formatCount(model.ffnSize), formatCount(model.vocabSize)),
                 width);
    text += labelled("heads", headWords(model), width);
    if (model.experts.count > 0) text += labelled("experts", expertWords(model.experts), width);
    const PatternConfig& pattern = facts.description.attention.pattern;
    if (pattern.kind != PatternKind::None)
        text += labelled("pattern", printableLine(patternWords(pattern)), width);
    return text;
}

std::string parameterText(const ModelFacts& facts, std::size_t width) {
    std::string words = formatCount(facts.parameters);
    if (facts.activeParameters != facts.parameters)
        words += "; a token uses " + formatCount(facts.activeParameters);
    std::string text = labelled("parameters", words, width);
    for (const auto& [component, count] : facts.components)
        text +=
            fmt::format("  {:<14}{:>18}{:>7.1f} %\n", component, formatCount(count),
                        100.0 * static_cast<double>(count) / static_cast<double>(facts.parameters));
    return text;
}

std::string cacheText(const ModelFacts& facts, std::size_t width) {
    std::string words = formatBytes({facts.cacheBytes}) + " a token in bf16";
    if (facts.latentBytes > 0)
        words += "; " + formatBytes({facts.latentBytes}) + " as latents and rotary keys";
    return labelled("keys, values", words, width);
}

std::string flopsText(const ModelFacts& facts) {
    std::string text =
        fmt::format("\n{:<{}}{:>14}{:>14}\n", "FLOPs a token", labelWidth, "forward", "training");
    for (const FlopsAtLength& at : facts.flops)
        text += fmt::format("{:<{}}{:>14}{:>14}\n", formatCount(at.tokens) + " tokens", labelWidth,
                            formatFlops(at.forward), formatFlops(at.training));
    return text;
}

// "1–8, 16"
std::string legalRanks(const ModeSizes& sizes) {
    std::vector<std::string> parts;
    for (int first = 1; first <= mostShownRanks; ++first) {
        if (!sizes.legal(first)) continue;
        int last = first;
        while (last < mostShownRanks && sizes.legal(last + 1)) ++last;
        parts.push_back(first == last
                            ? std::to_string(first)
                            : fmt::format("{}{}{}", first, last > first + 1 ? "–" : ", ", last));
        first = last;
    }
    return parts.empty() ? "none" : join(parts, ", ");
}

std::string modeText(const ModelFacts& facts, std::size_t width) {
    std::string text = fmt::format("\n{:<{}}a sequence can be split over, of 1–{}\n", "ranks",
                                   labelWidth, mostShownRanks);
    for (const ModeSizes& sizes : facts.modes) {
        text += labelled(sizes.mode, legalRanks(sizes), width);
        const auto refused = std::ranges::find_if(
            sizes.refusals, [](const std::string& reason) { return !reason.empty(); });
        if (refused != sizes.refusals.end())
            text += labelled("",
                             fmt::format("not {}: {}", refused - sizes.refusals.begin() + 1,
                                         printableLine(*refused)),
                             width);
    }
    return text;
}

std::string ignoredText(const ModelFacts& facts, std::size_t width) {
    std::string text;
    if (!facts.ignoredKeys.empty())
        text += labelled("ignored keys", printableLine(join(facts.ignoredKeys, ", ")), width);
    if (!facts.ignoredTensors.empty())
        text += labelled("ignored tensors",
                         fmt::format("{}: {}{}", facts.ignoredTensors.size(),
                                     printableLine(facts.ignoredTensors.front()),
                                     facts.ignoredTensors.size() > 1 ? ", …" : ""),
                         width);
    return text.empty() ? "" : "\n" + text;
}

nlohmann::ordered_json sizesJson(const ModelFacts& facts) {
    const ModelConfig& model = facts.description.model;
    nlohmann::ordered_json json = {
        {"layers", model.layers},
        {"layers_with_window", std::ranges::count(facts.layers, true, &LayerKind::window)},
        {"layers_with_experts", std::ranges::count(facts.layers, true, &LayerKind::experts)},
        {"hidden_size", model.hiddenSize},
        {"ffn_size", model.ffnSize},
        {"vocab_size", model.vocabSize},
        {"attention", nameOf(model.attention)},
        {"heads", model.heads},
        {"kv_heads", model.keyHeads()},
        {"head_size", model.headDim()},
        {"value_size", model.valueDim()},
        {"experts", model.experts.count},
        {"experts_per_token", model.experts.count > 0 ? model.experts.perToken : 0}};
    json["window"] = nullptr;
    if (facts.description.attention.window) json["window"] = *facts.description.attention.window;
    json["pattern"] = patternWords(facts.description.attention.pattern);
    return json;
}

nlohmann::ordered_json modeJson(const ModeSizes& sizes) {
    nlohmann::ordered_json json = {{"mode", sizes.mode},
                                   {"ranks", nlohmann::ordered_json::array()},
                                   {"refusals", nlohmann::ordered_json::object()}};
    for (int ranks = 1; ranks <= mostShownRanks; ++ranks) {
        if (sizes.legal(ranks))
            json["ranks"].push_back(ranks);
        else
            json["refusals"][std::to_string(ranks)] =
                sizes.refusals[static_cast<std::size_t>(ranks - 1)];
    }
    return json;
}

// Calls visit(field, rows) for each table of components, in the order of the fields.
template <typename Visit>
void eachComponentTable(Visit visit) {
    visit("model.norm", normKinds);
    visit("model.norm_place", normPlaces);
    visit("model.qk_norm", qkNorms);
    visit("model.attention", attentionKinds);
    visit("model.ffn", feedForwardKinds);
    visit("model.position", positionKinds);
    visit("model.rope_scaling", ropeScalings);
    visit("model.expert_score", expertScores);
    visit("model.expert_group_score", groupScores);
}

}  // namespace

std::string modelText(const ModelFacts& facts, std::size_t width) {
    const Family* family = findFamily(facts.family);
    std::string title = printableLine(facts.name);
    if (family != nullptr) title += fmt::format(": {} ({})", family->title, family->type);
    std::string text = title + "\n\n" + sizesText(facts, width);
    if (!facts.adapter.empty()) text += labelled("adapter", facts.adapter, width);
    if (!facts.files.empty()) text += labelled("tensors", join(facts.files, ", "), width);
    text += cacheText(facts, width) + parameterText(facts, width) + flopsText(facts) +
            modeText(facts, width) + ignoredText(facts, width);
    return text;
}

std::string modelJson(const ModelFacts& facts) {
    nlohmann::ordered_json json = {{"schema_version", jsonSchemaVersion},
                                   {"name", facts.name},
                                   {"family", nullptr},
                                   {"model", sizesJson(facts)}};
    if (!facts.family.empty()) json["family"] = facts.family;
    json["parameters"] = {{"total", facts.parameters},
                          {"active_per_token", facts.activeParameters},
                          {"components", nlohmann::ordered_json::object()}};
    for (const auto& [component, count] : facts.components)
        json["parameters"]["components"][component] = count;
    json["cache"] = {{"bytes_per_token", facts.cacheBytes},
                     {"latent_bytes_per_token", facts.latentBytes}};
    json["flops_per_token"] = nlohmann::ordered_json::array();
    for (const FlopsAtLength& at : facts.flops)
        json["flops_per_token"].push_back(
            {{"tokens", at.tokens}, {"forward", at.forward}, {"training", at.training}});
    json["modes"] = nlohmann::ordered_json::array();
    for (const ModeSizes& sizes : facts.modes) json["modes"].push_back(modeJson(sizes));
    json["adapter"] = facts.adapter;
    json["files"] = facts.files;
    json["ignored_keys"] = facts.ignoredKeys;
    json["ignored_tensors"] = facts.ignoredTensors;
    return reporting::jsonDump(json);
}

std::string componentsText(std::size_t width) {
    std::string text;
    eachComponentTable([&](std::string_view field, const auto& rows) {
        text += std::string(text.empty() ? "" : "\n") + std::string(field) + "\n";
        for (const auto& row : rows)
            text += labelled("  " + std::string(row.name), row.help, width);
    });
    text += "\nfamilies whose folders are read (model.from)\n";
    for (const Family& family : familyTable())
        text += labelled("  " + std::string(family.type), family.title, width);
    return text;
}

std::string componentsJson() {
    nlohmann::ordered_json json = {{"schema_version", jsonSchemaVersion},
                                   {"components", nlohmann::ordered_json::array()},
                                   {"families", nlohmann::ordered_json::array()}};
    eachComponentTable([&](std::string_view field, const auto& rows) {
        nlohmann::ordered_json table = {{"field", field},
                                        {"choices", nlohmann::ordered_json::array()}};
        for (const auto& row : rows)
            table["choices"].push_back({{"name", row.name}, {"help", row.help}});
        json["components"].push_back(std::move(table));
    });
    for (const Family& family : familyTable())
        json["families"].push_back({{"model_type", family.type}, {"title", family.title}});
    return reporting::jsonDump(json);
}

}  // namespace ringscope
