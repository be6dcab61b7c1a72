#include "backend/verify/attention_case.h"

#include "backend/config/field_table.h"
#include "backend/core/text.h"
#include "backend/plan/patterns/pattern.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

namespace ringscope {
namespace {

constexpr std::string_view shapeExample = "B=1,S=3824,Hq=5,Hk=5,D=128";
constexpr std::string_view patternFields = "attention.pattern.";
constexpr std::int64_t largestDimension = std::int64_t{1} << 32;
constexpr std::int64_t largestHeadDim = 1024;
constexpr std::int64_t largestLatent = 8192;

struct Dimension {
    std::string_view name;
    std::int64_t AttentionCase::*member;
    std::int64_t largest;
};

constexpr std::array dimensions = {
    Dimension{"B", &AttentionCase::batch, largestDimension},
    Dimension{"S", &AttentionCase::tokens, largestDimension},
    Dimension{"Hq", &AttentionCase::heads, largestDimension},
    Dimension{"Hk", &AttentionCase::kvHeads, largestDimension},
    Dimension{"D", &AttentionCase::headDim, largestHeadDim},
};

// Beyond these, the rounding of any kernel is larger than what it computes, and is judged for it.
constexpr double mostDropout = 0.99;
constexpr double largestScale = 1'000;
constexpr double leastSoftcap = 0.001;
constexpr double mostSoftcap = 1e6;

Error wrong(std::string message) { return {ErrorCode::InvalidConfig, std::move(message)}; }

std::optional<std::int64_t> wholeNumber(std::string_view text) {
    text = trim(text);
    std::int64_t number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

const Dimension* findDimension(std::string_view name) {
    const auto found = std::ranges::find_if(
        dimensions, [&](const Dimension& each) { return toLower(each.name) == toLower(name); });
    return found == dimensions.end() ? nullptr : &*found;
}

// Returns which one it is.
Result<const Dimension*> readDimension(std::string_view part, AttentionCase& problem) {
    const std::size_t equals = part.find('=');
    const Dimension* dimension = findDimension(trim(part.substr(0, equals)));
    if (equals == std::string_view::npos || dimension == nullptr)
        return wrong(fmt::format("--shape: '{}' is none of B=, S=, Hq=, Hk=, D=; write {}", part,
                                 shapeExample));
    const std::optional<std::int64_t> size = wholeNumber(part.substr(equals + 1));
    if (!size || *size < 1 || *size > dimension->largest)
        return wrong(fmt::format("--shape: {} is a whole number from 1 to {}; got '{}'",
                                 dimension->name, dimension->largest,
                                 trim(part.substr(equals + 1))));
    problem.*dimension->member = *size;
    return dimension;
}

// "2 or 4": the divisors of `heads` next to `wanted`.
std::string nearestDivisors(std::int64_t heads, std::int64_t wanted) {
    std::int64_t below = std::min(wanted, heads);
    while (below > 1 && heads % below != 0) --below;
    std::int64_t above = wanted + 1;
    while (above < heads && heads % above != 0) ++above;
    if (above > heads) return std::to_string(below);
    return fmt::format("{} or {}", below, above);
}

template <typename Value>
nlohmann::json orNull(const std::optional<Value>& value) {
    return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
}

// Every field as a user writes it; null where there is no pattern.
nlohmann::json patternJson(const PatternConfig& pattern) {
    if (pattern.kind == PatternKind::None) return nullptr;
    RunConfig config;
    config.attention.pattern = pattern;
    nlohmann::json object = nlohmann::json::object();
    for (const Field& field : fieldTable())
        if (field.path.starts_with(patternFields))
            object[std::string(field.path.substr(patternFields.size()))] = field.get(config);
    return object;
}

bool readPatternJson(const nlohmann::json& object, AttentionCase& problem) {
    if (object.is_null()) return true;
    RunConfig config;
    for (const auto& [key, value] : object.items()) {
        const Field* field = findField(std::string(patternFields) + key);
        if (field == nullptr || !field->set(config, value.get<std::string>()).ok()) return false;
    }
    problem.pattern = config.attention.pattern;
    return true;
}

std::optional<double> realOrAbsent(const nlohmann::json& member) {
    if (member.is_null()) return std::nullopt;
    return member.get<double>();
}

}  // namespace

double AttentionCase::scoreScale() const {
    return scale.value_or(1 / std::sqrt(static_cast<double>(headDim)));
}

Result<void> readShape(std::string_view text, AttentionCase& problem) {
    std::vector<const Dimension*> given;
    for (const std::string& part : split(text, ',')) {
        RINGSCOPE_TRY(const Dimension* dimension, readDimension(part, problem));
        if (std::ranges::find(given, dimension) != given.end())
            return wrong(fmt::format("--shape: {} is written twice", dimension->name));
        given.push_back(dimension);
    }
    return {};
}

Result<void> readLatent(std::string_view text, AttentionCase& problem) {
    std::vector<std::int64_t> columns;
    for (const std::string& part : split(text, ','))
        if (const std::optional<std::int64_t> number = wholeNumber(part); number && *number > 0)
            columns.push_back(*number);
    if (columns.size() != 2 || std::ranges::count(text, ',') != 1)
        return wrong(fmt::format(
            "--mla: write the columns of a latent and those of the rotary key, as in 512,64; "
            "got '{}'",
            text));
    problem.latent = LatentCase{.columns = columns[0], .rotary = columns[1]};
    problem.kvHeads = problem.heads;
    return {};
}

Result<void> readWindow(std::string_view text, AttentionCase& problem) {
    std::vector<std::int64_t> sides;
    for (const std::string& part : split(text, ',')) {
        const std::optional<std::int64_t> side = wholeNumber(part);
        if (side && *side >= unlimited) sides.push_back(*side);
    }
    if (sides.size() != 2 || std::ranges::count(text, ',') != 1)
        return wrong(fmt::format(
            "--window: write LEFT,RIGHT, how many keys a query sees on each side (-1: all); "
            "got '{}'",
            text));
    problem.window = AttentionWindow{.left = sides[0], .right = sides[1]};
    return {};
}

Result<void> readDocuments(std::string_view text, AttentionCase& problem) {
    problem.documents.clear();
    for (const std::string& part : split(text, ',')) {
        const std::optional<std::int64_t> boundary = wholeNumber(part);
        if (!boundary)
            return wrong(fmt::format(
                "--docs: write the boundaries, 0 first and the number of tokens last, as in "
                "0,120,1248,3824; '{}' is no number",
                trim(part)));
        problem.documents.push_back(*boundary);
    }
    return {};
}

Result<void> readPattern(std::string_view text, AttentionCase& problem) {
    const std::optional<PatternKind> kind = findChoice<PatternKind>(text);
    if (!kind)
        return wrong(fmt::format("--pattern: '{}' is not known; use one of {}", text,
                                 join(choiceNames<PatternKind>(), ", ")));
    problem.pattern.kind = *kind;
    return {};
}

Result<void> readPatternSetting(std::string_view text, AttentionCase& problem) {
    std::vector<std::string_view> known;
    for (const Field& field : fieldTable())
        if (field.path.starts_with(patternFields)) known.push_back(field.path);
    RunConfig config;
    config.attention.pattern = problem.pattern;
    RINGSCOPE_CHECK(readSetting(text, known, config));
    problem.pattern = config.attention.pattern;
    return {};
}

Result<void> readType(std::string_view text, AttentionCase& problem) {
    const std::optional<NumberFormat> type = findChoice<NumberFormat>(text);
    if (!type)
        return wrong(fmt::format("--dtype: '{}' is not known; use one of {}", text,
                                 join(choiceNames<NumberFormat>(), ", ")));
    problem.type = *type;
    return {};
}

Result<void> readSetting(std::string_view text, std::span<const std::string_view> known,
                         RunConfig& config) {
    const std::size_t equals = text.find('=');
    const std::string_view path = trim(text.substr(0, equals));
    if (equals == std::string_view::npos || std::ranges::find(known, path) == known.end())
        return wrong(fmt::format("--set: write FIELD=VALUE with one of {}; got '{}'",
                                 join({known.begin(), known.end()}, ", "), text));
    const Result<void> set = findField(path)->set(config, trim(text.substr(equals + 1)));
    if (!set.ok()) return wrong(fmt::format("--set: {}: {}", path, set.error().message));
    return {};
}

Result<std::shared_ptr<const AttentionPattern>> patternOf(const AttentionCase& problem) {
    return makePattern(problem.pattern, {.tokens = problem.tokens,
                                         .heads = problem.heads,
                                         .kvHeads = problem.kvHeads,
                                         .causal = problem.causal,
                                         .window = problem.window.has_value(),
                                         .latent = problem.latent.has_value()});
}

Result<void> checkCase(const AttentionCase& problem) {
    if (problem.heads % problem.kvHeads != 0)
        return wrong(fmt::format("--shape: Hk divides Hq; {} does not divide {}, use {}",
                                 problem.kvHeads, problem.heads,
                                 nearestDivisors(problem.heads, problem.kvHeads)));
    if (problem.latent && (problem.latent->columns > largestLatent || problem.latent->rotary < 1 ||
                           problem.latent->rotary >= problem.headDim))
        return wrong(fmt::format(
            "--mla: a latent has up to {} columns and the rotary key fewer than D, {}; got {},{}",
            largestLatent, problem.headDim, problem.latent->columns, problem.latent->rotary));
    if (problem.latent && problem.kvHeads != problem.heads)
        return wrong(
            fmt::format("--mla: each query head has a key head; write Hk={}", problem.heads));
    const std::vector<std::int64_t>& documents = problem.documents;
    if (!documents.empty()) {
        if (documents.front() != 0)
            return wrong(fmt::format("--docs: the first boundary is 0; got {}", documents.front()));
        const auto falling = std::ranges::adjacent_find(documents, std::greater_equal<>());
        if (falling != documents.end())
            return wrong(fmt::format("--docs: boundaries ascend; {} is followed by {}", *falling,
                                     *(falling + 1)));
        if (documents.back() != problem.tokens)
            return wrong(
                fmt::format("--docs: the last boundary is the number of tokens, {}; got {}",
                            problem.tokens, documents.back()));
    }
    if (!(problem.dropout >= 0 && problem.dropout <= mostDropout))
        return wrong(fmt::format("--dropout: write a share from 0 to {}; got {}", mostDropout,
                                 problem.dropout));
    if (problem.scale && !(std::abs(*problem.scale) <= largestScale))
        return wrong(fmt::format("--scale: write a number from -{0} to {0}; got {1}", largestScale,
                                 *problem.scale));
    if (problem.softcap && !(*problem.softcap >= leastSoftcap && *problem.softcap <= mostSoftcap))
        return wrong(fmt::format("--softcap: write a number from {} to {}; got {}", leastSoftcap,
                                 mostSoftcap, *problem.softcap));
    if (problem.pattern.kind == PatternKind::None && problem.pattern != PatternConfig{})
        return wrong(
            "--set: attention.pattern.kind is none; write --pattern dilated or block_sparse");
    if (const Result<Pattern> pattern = patternOf(problem); !pattern.ok()) return pattern.error();
    if (problem.seed < 0)
        return wrong(fmt::format("--seed: write a number from 0; got {}", problem.seed));
    return {};
}

std::vector<std::int64_t> documentOfToken(const AttentionCase& problem) {
    std::vector<std::int64_t> documents(static_cast<std::size_t>(problem.tokens), 0);
    for (std::size_t document = 0; document + 1 < problem.documents.size(); ++document)
        std::fill(documents.begin() + problem.documents[document],
                  documents.begin() + problem.documents[document + 1],
                  static_cast<std::int64_t>(document));
    return documents;
}

nlohmann::json toJson(const AttentionCase& problem) {
    nlohmann::json object = {
        {"causal", problem.causal},
        {"mla", nullptr},
        {"window", nullptr},
        {"documents", problem.documents},
        {"scale", orNull(problem.scale)},
        {"softcap", orNull(problem.softcap)},
        {"alibi", problem.alibi},
        {"dropout", problem.dropout},
        {"pattern", patternJson(problem.pattern)},
        {"dtype", nameOf(problem.type)},
        {"seed", problem.seed},
    };
    if (problem.latent) object["mla"] = {problem.latent->columns, problem.latent->rotary};
    if (problem.window) object["window"] = {problem.window->left, problem.window->right};
    for (const Dimension& dimension : dimensions)
        object[std::string(dimension.name)] = problem.*dimension.member;
    return object;
}

std::optional<AttentionCase> caseFromJson(const nlohmann::json& object) {
    try {
        AttentionCase problem;
        for (const Dimension& dimension : dimensions) {
            const auto size = object.at(std::string(dimension.name)).get<std::int64_t>();
            if (size < 1 || size > dimension.largest) return std::nullopt;
            problem.*dimension.member = size;
        }
        problem.causal = object.at("causal").get<bool>();
        problem.documents = object.at("documents").get<std::vector<std::int64_t>>();
        problem.scale = realOrAbsent(object.at("scale"));
        problem.softcap = realOrAbsent(object.at("softcap"));
        problem.alibi = object.at("alibi").get<bool>();
        problem.dropout = object.at("dropout").get<double>();
        problem.seed = object.at("seed").get<std::int64_t>();
        // Cases of earlier versions have no "mla".
        if (const nlohmann::json latent = object.value("mla", nlohmann::json()); !latent.is_null())
            problem.latent =
                LatentCase{latent.at(0).get<std::int64_t>(), latent.at(1).get<std::int64_t>()};
        // Nor "pattern".
        if (!readPatternJson(object.value("pattern", nlohmann::json()), problem))
            return std::nullopt;
        const auto type = findChoice<NumberFormat>(object.at("dtype").get<std::string>());
        if (const nlohmann::json& window = object.at("window"); !window.is_null())
            problem.window =
                AttentionWindow{window.at(0).get<std::int64_t>(), window.at(1).get<std::int64_t>()};
        if (!type) return std::nullopt;
        problem.type = *type;
        if (!checkCase(problem).ok()) return std::nullopt;
        return problem;
    } catch (const nlohmann::json::exception&) {
        return std::nullopt;
    }
}

}  // namespace ringscope
