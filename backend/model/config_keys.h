// Reading the keys of another maker's config.json: each by its name and kind.
//
//     ConfigSource source(path, text);
//     ConfigKeys keys(root, "", source);
//     model.layers = keys.size("num_hidden_layers");
//     model.rope.theta = keys.number("rope_theta", 10000);
//     keys.finish("llama", {});
//     if (source.problem) return *source.problem;
//
// Nothing is returned where a key is wrong: the first problem is kept, and what is read meanwhile
// is a fallback that nobody will see. A key that is null counts as one that is not there.
#pragma once

#include "backend/core/result.h"
#include "backend/model/json_value.h"

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

// The file, the first thing that is wrong in it, and the keys that change nothing.
struct ConfigSource {
    std::string file;       // what sentences call it
    std::string_view text;  // what the positions of values count in
    std::optional<Error> problem{};
    std::vector<std::string> ignored{};
};

struct WholeRange {
    std::int64_t least = 1;
    std::int64_t most = std::int64_t{1} << 31;
};

class ConfigKeys {
public:
    // `prefix` stands before keys in sentences: "rope_scaling.". The arguments must outlive this.
    ConfigKeys(const JsonValue& object, std::string prefix, ConfigSource& source);

    bool has(std::string_view key) const;

    // Without a fallback the key must be there.
    std::int64_t size(std::string_view key, std::optional<std::int64_t> fallback = {},
                      WholeRange range = {});
    std::optional<std::int64_t> sizeIfAny(std::string_view key, WholeRange range = {});
    double number(std::string_view key, std::optional<double> fallback = {});  // above 0
    std::optional<double> numberIfAny(std::string_view key);
    double numberOrZero(std::string_view key);  // 0 where there is none
    bool flag(std::string_view key, bool fallback);
    std::string word(std::string_view key, std::string_view fallback);
    std::vector<double> numbers(std::string_view key);
    std::vector<std::int64_t> wholes(std::string_view key);
    std::vector<std::string> words(std::string_view key);
    // Nothing where there is no such object. Its keys are read by the ConfigKeys that is returned.
    std::optional<ConfigKeys> nested(std::string_view key);

    // The key is refused with "<key> <sentence>", unless something was wrong before.
    void refuse(std::string_view key, std::string_view sentence);
    // A flag that must be as it usually is: the other value is nothing that can be computed.
    void requireFlag(std::string_view key, bool usual);
    // The same for words and numbers, where there are any.
    void requireWord(std::string_view key, std::span<const std::string_view> known);

    // The keys that nobody read: those of `harmless`, and empty ones, are ignored; others may
    // change what the model computes and are refused.
    void finish(std::string_view family, std::span<const std::string_view> harmless);

    bool failed() const { return source_->problem.has_value(); }

private:
    const JsonValue* take(std::string_view key);
    const JsonValue* list(std::string_view key);
    void wrong(std::string_view key, const JsonValue& value, std::string_view wanted);
    void refuseAt(std::size_t at, std::string_view sentence);

    const JsonValue* object_;
    std::string prefix_;
    ConfigSource* source_;
    std::set<std::string, std::less<>> read_;
};

// Keys that say nothing about what a model computes: ids of tokens, how text is generated, where
// the file came from, how one trains.
std::span<const std::string_view> harmlessKeys();

}  // namespace ringscope
