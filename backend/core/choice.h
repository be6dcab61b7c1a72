// A choice: an enum, and a table that spells each of its values once.
//
//     enum class Order : std::uint8_t { Inner, Outer };
//     inline constexpr std::array orders = {Choice{Order::Inner, "inner"},
//                                           Choice{Order::Outer, "outer"}};
//     constexpr const auto& choicesOf(Order) { return orders; }
//     static_assert(inOrder(orders));
//
//     nameOf(Order::Outer)            "outer"
//     findChoice<Order>("outer")      Order::Outer
//
// A row may have more columns than these two; rowOf() returns all of them. In the field table,
// oneOf<Order>() reads and writes such a field.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

template <typename Enum>
struct Choice {
    Enum value{};
    std::string_view name;
};
template <typename Enum>
Choice(Enum, std::string_view) -> Choice<Enum>;

// Whether each row stands at the place of its value, so that rowOf() finds it there.
constexpr bool inOrder(const auto& rows) {
    for (std::size_t i = 0; i < rows.size(); ++i)
        if (static_cast<std::size_t>(rows[i].value) != i) return false;
    return true;
}

template <typename Enum>
constexpr const auto& rowOf(Enum value) {
    return choicesOf(value)[static_cast<std::size_t>(value)];
}

template <typename Enum>
constexpr std::string_view nameOf(Enum value) {
    return rowOf(value).name;
}

// Nothing where no value is spelled like this.
template <typename Enum>
constexpr std::optional<Enum> findChoice(std::string_view name) {
    for (const auto& row : choicesOf(Enum{}))
        if (row.name == name) return row.value;
    return std::nullopt;
}

// In the order of the table, which is the order in which users see them.
template <typename Enum>
std::vector<std::string> choiceNames() {
    std::vector<std::string> names;
    for (const auto& row : choicesOf(Enum{})) names.emplace_back(row.name);
    return names;
}

}  // namespace ringscope
