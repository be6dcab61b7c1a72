// One row of merge.h.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace ringscope {

// Shares of what was there and of the part in the merged row.
template <typename T>
struct MergeWeights {
    T before;
    T part;
    T lse;
};

template <typename T>
MergeWeights<T> mergeWeights(T before, T part) {
    const T most = std::max(before, part);
    if (most == -std::numeric_limits<T>::infinity()) return {T(1), T(0), most};  // no key at all
    const T lse = most + std::log1p(std::exp(std::min(before, part) - most));
    return {std::exp(before - lse), std::exp(part - lse), lse};
}

template <typename T, typename Part>
void mergeRow(T* out, const Part* part, std::int64_t size, const MergeWeights<T>& weights) {
    if (weights.part == T(0)) return;  // its values may be anything
    if (weights.before == T(0)) {
        for (std::int64_t i = 0; i < size; ++i) out[i] = weights.part * static_cast<T>(part[i]);
        return;
    }
    for (std::int64_t i = 0; i < size; ++i)
        out[i] = weights.before * out[i] + weights.part * static_cast<T>(part[i]);
}

}  // namespace ringscope
