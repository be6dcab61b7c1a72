// One attention problem, whole: what `ringscope verify` asks every mode to compute.
//
//     --shape B=1,S=3824,Hq=5,Hk=5,D=128 --window 512,0 --docs 0,120,1248,3824 --dtype bf16
//
// It names no mode and no rank; the same case goes to the modes, to the reference and into a dump.
#pragma once

#include "backend/config/precision.h"
#include "backend/core/result.h"
#include "backend/model/pattern_config.h"

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace ringscope {

class AttentionPattern;
struct RunConfig;

inline constexpr std::int64_t unlimited = -1;

// Query i sees keys i - left .. i + right.
struct AttentionWindow {
    std::int64_t left = unlimited;
    std::int64_t right = unlimited;
    bool operator==(const AttentionWindow&) const = default;
};

// Keys and values are made of a latent that all heads share: of `columns` columns a head makes the
// columns of its key that do not turn, and as many of its value; the other columns of a key are
// `rotary` columns that all heads share. What a value lacks is 0.
struct LatentCase {
    std::int64_t columns = 0;
    std::int64_t rotary = 0;

    std::int64_t width() const { return columns + rotary; }  // of what travels for a token
    bool operator==(const LatentCase&) const = default;
};

struct AttentionCase {
    std::int64_t batch = 1;
    std::int64_t tokens = 1024;
    std::int64_t heads = 8;
    std::int64_t kvHeads = 4;  // query head h uses key head h / (heads / kvHeads)
    std::int64_t headDim = 64;

    bool causal = true;
    std::optional<LatentCase> latent{};
    std::optional<AttentionWindow> window{};
    std::vector<std::int64_t> documents{};  // boundaries, 0 .. tokens; empty: one document
    std::optional<double> scale{};          // of the scores; absent: 1 / sqrt(headDim)
    std::optional<double> softcap{};        // c tanh(score / c), after the scale
    bool alibi = false;                     // minus slope(head) |i - j|, after the soft-cap
    double dropout = 0;
    PatternConfig pattern{};  // which keys a query sees beside what the mask allows

    NumberFormat type = NumberFormat::Fp32;
    std::int64_t seed = 0;  // of the inputs, and of dropout

    double scoreScale() const;
    bool operator==(const AttentionCase&) const = default;
};

// Read what a user wrote into `problem`; an Error is one sentence with the word and what is legal.
Result<void> readShape(std::string_view text, AttentionCase& problem);
Result<void> readLatent(std::string_view text, AttentionCase& problem);
Result<void> readWindow(std::string_view text, AttentionCase& problem);
Result<void> readDocuments(std::string_view text, AttentionCase& problem);
Result<void> readPattern(std::string_view text, AttentionCase& problem);  // its kind
// "attention.pattern.rates=[1, 2]"
Result<void> readPatternSetting(std::string_view text, AttentionCase& problem);
Result<void> readType(std::string_view text, AttentionCase& problem);

// "FIELD=VALUE", as --set takes it, into `config`; `known`: the paths that FIELD may be.
Result<void> readSetting(std::string_view text, std::span<const std::string_view> known,
                         RunConfig& config);

// Null where there is none; an Error where it does not fit the case.
Result<std::shared_ptr<const AttentionPattern>> patternOf(const AttentionCase& problem);

// Whether the parts fit each other; call it when everything was read.
Result<void> checkCase(const AttentionCase& problem);

// Of each token its document, from 0.
std::vector<std::int64_t> documentOfToken(const AttentionCase& problem);

// Every field, as in DIR/case.json of a dump; and back, nothing where it is not one.
nlohmann::json toJson(const AttentionCase& problem);
std::optional<AttentionCase> caseFromJson(const nlohmann::json& object);

}  // namespace ringscope
