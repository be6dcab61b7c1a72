// What the differentiable pieces share: rows in chunks, and weights kept beside the graph.
#pragma once

#include "kernels/device/number_format.h"
#include "kernels/model/parameters.h"

#include <ATen/ops/empty.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cstdint>
#include <string>

namespace ringscope {

inline at::Tensor rowsOf(const at::Tensor& x) { return x.reshape({-1, x.size(-1)}); }

inline at::Tensor emptyRows(const at::Tensor& like, std::int64_t rows, std::int64_t width) {
    return at::empty({rows, width}, like.options());
}

// One for each row, in what sums are kept in.
inline at::Tensor rowFactors(const at::Tensor& rows) {
    return at::empty({rows.size(0)}, rows.options().dtype(sumType(rows)));
}

inline std::int64_t chunkRows(const at::Tensor& rows) {
    constexpr std::int64_t ofFourBytes = 512;  // or more
    constexpr std::int64_t ofTwoBytes = 1024;
    return rows.element_size() == 2 ? ofTwoBytes : ofFourBytes;
}

// Calls body(first, count) for `tile` of `total` rows at a time.
template <typename Body>
void overTiles(std::int64_t total, std::int64_t tile, const Body& body) {
    for (std::int64_t first = 0; first < total; first += tile)
        body(first, std::min(tile, total - first));
}

// The same for chunks that a processor's caches hold; a GPU takes all rows at once.
template <typename Body>
void overChunks(const at::Tensor& rows, const Body& body) {
    overTiles(rows.size(0), rows.is_cpu() ? chunkRows(rows) : rows.size(0), body);
}

// Weights are kept beside the graph's variables: their buffers change in place between steps.
// One that is not there stays so.
inline void keep(torch::autograd::AutogradContext* context, const std::string& name,
                 const Weight& weight) {
    if (!weight.defined()) return;
    context->saved_data[name] = weight.value.detach();
    context->saved_data[name + ".gradient"] = weight.gradient;
}
inline Weight kept(torch::autograd::AutogradContext* context, const std::string& name) {
    const auto value = context->saved_data.find(name);
    if (value == context->saved_data.end()) return {};
    return {value->second.toTensor(), context->saved_data[name + ".gradient"].toTensor()};
}

}  // namespace ringscope
