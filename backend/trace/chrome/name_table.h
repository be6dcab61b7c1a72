// Names as numbers: each is kept once.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ringscope {

struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
        return std::hash<std::string_view>{}(text);
    }
};

template <typename Value>
using TextMap = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

class NameTable {
public:
    // The number of a name; `asText` makes the name to keep of what is looked up by.
    template <typename AsText>
    std::uint32_t numberOf(std::string_view key, const AsText& asText) {
        if (const auto known = numbers_.find(key); known != numbers_.end()) return known->second;
        const auto number = static_cast<std::uint32_t>(names_.size());
        numbers_.emplace(key, number);
        names_.push_back(asText(key));
        return number;
    }
    const std::vector<std::string>& names() const { return names_; }
    std::vector<std::string> take() { return std::move(names_); }

private:
    TextMap<std::uint32_t> numbers_;
    std::vector<std::string> names_;
};

}  // namespace ringscope
