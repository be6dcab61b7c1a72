// Spans in the order they begin, together with the columns beside them.
#pragma once

#include "backend/trace/span.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

namespace ringscope {

// A column is as long as the spans, or empty. Spans that begin together keep their order.
template <typename... Values>
void sortByBegin(std::vector<Span>& spans, std::vector<Values>&... columns) {
    if (std::ranges::is_sorted(spans, {}, &Span::begin)) return;
    if ((columns.empty() && ...)) {
        std::ranges::stable_sort(spans, {}, &Span::begin);
        return;
    }
    std::vector<std::uint32_t> order(spans.size());
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::stable_sort(order, {}, [&](std::uint32_t i) { return spans[i].begin(); });
    const auto arrange = [&](auto& values) {
        if (values.empty()) return;
        auto sorted = values;
        for (std::size_t i = 0; i < order.size(); ++i) sorted[i] = values[order[i]];
        values = std::move(sorted);
    };
    arrange(spans);
    (arrange(columns), ...);
}

}  // namespace ringscope
