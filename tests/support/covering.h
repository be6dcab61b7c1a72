// Which combinations of settings a test runs. A whole product (mode x ranks x type x mask) costs
// minutes; a selection in which every two values meet costs a part of it. Tests run the whole
// product with RINGSCOPE_ALL_COMBINATIONS=1, which `./quickstart test --all` sets.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace ringscope::test {

inline bool wantsAllCombinations() {
    const char* wanted = std::getenv("RINGSCOPE_ALL_COMBINATIONS");
    return wanted != nullptr && std::string_view(wanted) == "1";
}

// A combination's value on each axis.
using AxisValues = std::vector<std::string>;

// Of `all`, in their order, as many that every value of an axis, and every pair of values of two
// axes that is in `all`, is in the selection. The same at each call. Of equally useful ones the
// first is taken, so cheap ones should come first.
template <typename Combination, typename ValuesOf>
std::vector<Combination> coveringPairs(const std::vector<Combination>& all,
                                       const ValuesOf& valuesOf) {
    if (wantsAllCombinations()) return all;
    std::map<std::tuple<std::size_t, std::size_t, std::string, std::string>, std::size_t> numbers;
    std::vector<std::vector<std::size_t>> pairsOf;
    for (const Combination& each : all) {
        const AxisValues values = valuesOf(each);
        std::vector<std::size_t>& pairs = pairsOf.emplace_back();
        for (std::size_t a = 0; a < values.size(); ++a)
            for (std::size_t b = a; b < values.size(); ++b)  // a == b: the value itself
                pairs.push_back(numbers.try_emplace({a, b, values[a], values[b]}, numbers.size())
                                    .first->second);
    }
    std::vector<char> missing(numbers.size(), 1);
    std::vector<char> taken(all.size(), 0);
    for (std::size_t left = numbers.size(); left > 0;) {
        std::size_t best = 0;
        std::size_t most = 0;
        for (std::size_t i = 0; i < all.size(); ++i) {
            std::size_t gained = 0;
            for (const std::size_t pair : pairsOf[i]) gained += missing[pair] ? 1 : 0;
            if (gained > most) best = i, most = gained;
        }
        taken[best] = 1;
        for (const std::size_t pair : pairsOf[best]) missing[pair] = 0;
        left -= most;
    }
    std::vector<Combination> chosen;
    for (std::size_t i = 0; i < all.size(); ++i)
        if (taken[i]) chosen.push_back(all[i]);
    return chosen;
}

// For a loop over one axis: the value of a second axis that goes with number `index`. `setting`
// names what the loop stands in; where its length is odd, the loop begins with another value.
template <typename Value>
std::vector<Value> inTurn(const std::vector<Value>& values, std::string_view setting,
                          std::size_t index) {
    if (wantsAllCombinations() || values.empty()) return values;
    return {values[(setting.size() + index) % values.size()]};
}

}  // namespace ringscope::test
