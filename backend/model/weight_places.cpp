#include "backend/model/weight_places.h"

#include "backend/core/text.h"
#include "backend/model/layer_kinds.h"

#include <fmt/format.h>
#include <algorithm>
#include <optional>

namespace ringscope {
namespace {

// "layers.3.attention.qkv.weight" in its parts.
struct ParameterWords {
    std::string layer;  // "3"; empty: outside of the layers
    std::string stem;   // "attention.qkv"
    std::string holds;  // "weight", "gain", "bias", or nothing
};

ParameterWords wordsOf(std::string_view name) {
    ParameterWords words;
    constexpr std::string_view layers = "layers.";
    if (name.starts_with(layers)) {
        name.remove_prefix(layers.size());
        words.layer = name.substr(0, name.find('.'));
        name.remove_prefix(words.layer.size() + 1);
    }
    const std::size_t dot = name.rfind('.');
    const std::string_view last = dot == name.npos ? "" : name.substr(dot + 1);
    const bool known = last == "weight" || last == "gain" || last == "bias";
    words.holds = known ? last : "";
    words.stem = known ? name.substr(0, dot) : name;
    return words;
}

const TensorNames* findNames(const Family& family, std::string_view ours) {
    for (const std::span<const TensorNames> names : {family.names, usualNames()})
        for (const TensorNames& row : names)
            if (row.ours == ours) return &row;
    return nullptr;
}

// "mlp.{gate_proj|up_proj}" -> {"mlp.gate_proj", "mlp.up_proj"}
std::vector<std::string> alternatives(std::string_view pattern) {
    const std::size_t open = pattern.find('{');
    if (open == pattern.npos) return {std::string(pattern)};
    const std::size_t close = pattern.find('}');
    std::vector<std::string> all;
    for (const std::string& word : split(pattern.substr(open + 1, close - open - 1), '|'))
        all.push_back(std::string(pattern.substr(0, open)) + word +
                      std::string(pattern.substr(close + 1)));
    return all;
}

std::string withNumber(std::string pattern, std::int64_t number) {
    const std::size_t star = pattern.find('*');
    return star == pattern.npos ? pattern : pattern.replace(star, 1, std::to_string(number));
}

// Makes the pieces of one parameter after another.
class PlaceBuilder {
public:
    PlaceBuilder(const Family& family, const ModelConfig& model, std::string_view body,
                 ExpertPlaces experts)
        : family_(family), model_(model), body_(body), experts_(experts) {}

    Result<void> add(const ParameterSpec& spec) {
        const ParameterWords words = wordsOf(spec.name);
        const TensorNames* names = nullptr;
        std::string ending;
        if (!words.holds.empty()) names = findNames(family_, words.stem + "." + words.holds);
        if (names == nullptr) {
            names = findNames(family_, words.stem);
            ending = endingOf(spec, words, names);
        }
        if (names == nullptr)
            return Error{
                ErrorCode::InvalidConfig,
                fmt::format("checkpoints of {} have no tensor for {}", family_.type, spec.name)};
        const std::vector<std::string> theirs = tensorNames(words, *names, ending);
        places_.parameters.push_back(spec);
        places_.pieces.emplace_back();
        if (names->cut == Cut::Heads)
            addHeads(spec, theirs.front());
        else if (names->cut == Cut::Stacked || names->cut == Cut::Turns)
            addStack(spec, theirs.front(), names->cut == Cut::Turns ? 2 : 1);
        else
            addRows(spec, theirs, names->cut == Cut::Transposed && spec.shape.size() > 1);
        return {};
    }

    WeightPlaces ended() && { return std::move(places_); }

private:
    static std::string endingOf(const ParameterSpec& spec, const ParameterWords& words,
                                const TensorNames* names) {
        if (words.holds == "bias") return ".bias";
        const bool stacked = names != nullptr && names->cut != Cut::Rows;
        const bool whole = words.holds.empty() && (stacked || spec.shape.size() == 1);
        return whole ? "" : ".weight";
    }

    std::vector<std::string> tensorNames(const ParameterWords& words, const TensorNames& names,
                                         const std::string& ending) const {
        std::string before = words.layer.empty()
                                 ? std::string(body_)
                                 : fmt::format("{}{}{}.", body_, family_.layers, words.layer);
        std::string_view pattern = names.theirs;
        if (pattern.starts_with('/')) {
            pattern.remove_prefix(1);
            before.clear();
        }
        std::vector<std::string> all = alternatives(pattern);
        for (std::string& name : all) name = before + name + ending;
        return all;
    }

    // Rows of each of `parts` tensors that lie behind one another.
    std::vector<std::int64_t> rowsOfParts(std::int64_t rows, std::size_t parts) const {
        if (parts == 1) return {rows};
        if (parts == 2) return {rows / 2, rows / 2};
        const std::int64_t queries = model_.heads * model_.headDim();
        const std::int64_t keys = model_.kvHeads * model_.headDim();
        return {queries, keys, keys};
    }

    // Three sizes: a matrix of each expert.
    void addRows(const ParameterSpec& spec, const std::vector<std::string>& theirs,
                 bool transposed) {
        const bool each = spec.shape.size() == 3;
        const bool all = experts_ == ExpertPlaces::Each;
        const std::int64_t matrices = each && all ? spec.shape[0] : 1;
        const std::int64_t rows = each ? spec.shape[1] : spec.shape[0];
        const std::vector<std::int64_t> parts = rowsOfParts(rows, theirs.size());
        std::int64_t first = 0;
        for (std::int64_t matrix = 0; matrix < matrices; ++matrix)
            for (std::size_t part = 0; part < parts.size(); ++part) {
                const std::string name = all ? withNumber(theirs[part], matrix) : theirs[part];
                places_.pieces.back().push_back({name, first, parts[part], 0, transposed});
                addTensor(name, spec, parts[part], transposed);
                first += parts[part];
            }
    }

    void addHeads(const ParameterSpec& spec, const std::string& name) {
        const std::int64_t size = model_.headDim();
        for (std::int64_t part = 0; part < 3; ++part)
            for (std::int64_t head = 0; head < model_.heads; ++head)
                places_.pieces.back().push_back({name, (part * model_.heads + head) * size, size,
                                                 (3 * head + part) * size, false});
        addTensor(name, spec, spec.shape[0], false);
    }

    // One tensor of all experts, whose outputs are those of `parts` by turns.
    void addStack(const ParameterSpec& spec, const std::string& name, std::int64_t parts) {
        const std::int64_t experts = spec.shape[0];
        const std::int64_t rows = spec.shape[1] / parts;
        for (std::int64_t expert = 0; expert < experts; ++expert)
            for (std::int64_t part = 0; part < parts; ++part)
                places_.pieces.back().push_back({.tensor = name,
                                                 .firstRow = (expert * parts + part) * rows,
                                                 .rows = rows,
                                                 .tensorFirstRow = part,
                                                 .transposed = true,
                                                 .apart = parts,
                                                 .matrix = expert,
                                                 .matrices = experts});
        std::vector<std::int64_t> shape{experts, spec.shape[2], spec.shape[1]};
        if (!isMatrix(spec)) shape.erase(shape.begin() + 1);
        places_.tensors.emplace(name, std::move(shape));
    }

    void addTensor(const std::string& name, const ParameterSpec& spec, std::int64_t rows,
                   bool transposed) {
        std::vector<std::int64_t> shape{rows};
        if (spec.shape.size() > 1) shape.push_back(spec.shape.back());
        if (transposed) std::ranges::reverse(shape);
        places_.tensors.emplace(name, std::move(shape));
    }

    const Family& family_;
    const ModelConfig& model_;
    std::string_view body_;
    ExpertPlaces experts_;
    WeightPlaces places_;
};

}  // namespace

Result<WeightPlaces> weightPlaces(const Family& family, const ModelDescription& description,
                                  std::string_view body,
                                  const std::function<bool(const ParameterSpec&)>& wanted,
                                  ExpertPlaces experts) {
    RINGSCOPE_TRY(const std::vector<LayerKind> kinds,
                  layerKinds(description.model, description.attention));
    PlaceBuilder builder(family, description.model, body, experts);
    for (const ParameterSpec& spec : parameterList(description.model, kinds))
        if (!wanted || wanted(spec)) RINGSCOPE_CHECK(builder.add(spec));
    return std::move(builder).ended();
}

}  // namespace ringscope
