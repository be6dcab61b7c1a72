// One object of a tokenizer.json, read key by key. What it holds beside the keys that were asked
// for is refused, so that nothing in a file is skipped in silence.
//
//     JsonPart part(json, "normalizer");
//     const bool lower = part.flag("lowercase", true);  // true where it is missing or null
//     RINGSCOPE_CHECK(part.done());                     // the first problem
#pragma once

#include "backend/core/result.h"

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

class JsonPart {
public:
    // `value` outlives this. `path` leads to it: "model", "decoder.decoders[2]".
    JsonPart(const nlohmann::json& value, std::string path);

    const std::string& path() const { return path_; }

    // Where no value is given for a missing key, a missing key is a problem. null is missing.
    bool flag(std::string_view key, std::optional<bool> missing = std::nullopt);
    std::string text(std::string_view key, std::optional<std::string> missing = std::nullopt);
    std::int64_t number(std::string_view key, std::int64_t least, std::int64_t most,
                        std::optional<std::int64_t> missing = std::nullopt);
    // One of `words`; the index of it.
    std::size_t choice(std::string_view key, const std::vector<std::string_view>& words,
                       std::optional<std::size_t> missing = std::nullopt);

    // Null where it is missing or null.
    const nlohmann::json* value(std::string_view key);
    const nlohmann::json& object(std::string_view key);
    const nlohmann::json& list(std::string_view key);
    std::string pathOf(std::string_view key) const;

    // A key whose value nothing depends on.
    void leave(std::string_view key) { asked_.insert(std::string(key)); }

    // Only the first problem is kept.
    void refuse(std::string_view key, const std::string& sentence);

    // Fails with the first problem, or with a key that nobody asked for.
    Result<void> done() const;

private:
    const nlohmann::json* find(std::string_view key, bool needed, std::string_view expected);

    const nlohmann::json& value_;
    std::string path_;
    std::set<std::string, std::less<>> asked_{};
    std::string problem_{};
};

// A value as a sentence shows it, shortened.
std::string shownJson(const nlohmann::json& value);

// Text that is JSON without duplicate keys and without more than 64 levels; the sentence says where
// it is none.
Result<nlohmann::json> parseJson(std::string_view text);

}  // namespace ringscope
