#include "kernels/model/adapter_values.h"

#include "backend/core/mix.h"
#include "backend/model/stored_numbers.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace ringscope {
namespace {

// In [-1, 1), of 53 bits.
double evenly(std::uint64_t word) {
    constexpr double unit = 1.0 / (1ULL << 52U);
    return static_cast<double>(word >> 11U) * unit - 1;
}

bool isFirstMatrix(const ParameterSpec& spec) { return spec.name.ends_with(".a"); }

at::Tensor storedMatrix(const StoredTensor& stored) {
    const std::vector<double> numbers = storedNumbers(stored, 0, stored.shape[0] * stored.shape[1]);
    at::Tensor matrix = at::empty({stored.shape[0], stored.shape[1]}, at::kDouble);
    std::ranges::copy(numbers, matrix.mutable_data_ptr<double>());
    return matrix;
}

// Scaled B and A of one layer, and where its rows begin among all scalars.
struct AddedProduct {
    std::int64_t begin = 0;
    AdapterMatrices matrices;
};

// Adds what of B A lies in scalars [begin, begin + values.size()).
void addProductTo(at::Tensor& values, std::int64_t begin, const AddedProduct& product) {
    const std::int64_t columns = product.matrices.a.size(1);
    const std::int64_t end =
        std::min(begin + values.numel(), product.begin + product.matrices.b.size(0) * columns);
    const std::int64_t first = std::max(begin, product.begin);
    if (first >= end) return;
    const std::int64_t firstRow = (first - product.begin) / columns;
    const std::int64_t rows = (end - product.begin + columns - 1) / columns - firstRow;
    const at::Tensor added =
        at::mm(product.matrices.b.narrow(0, firstRow, rows), product.matrices.a).flatten();
    const std::int64_t skipped = first - product.begin - firstRow * columns;
    values.narrow(0, first - begin, end - first).add_(added.narrow(0, skipped, end - first));
}

// Of each row in the tensor, its place among the layer's rows in the parameter.
at::Tensor placesOfTensorRows(const LinearLayer& layer) {
    at::Tensor places = at::empty({layer.rows}, at::kLong);
    auto* place = places.mutable_data_ptr<std::int64_t>();
    for (const WeightPiece& piece : layer.pieces)
        for (std::int64_t row = 0; row < piece.rows; ++row)
            place[piece.tensorFirstRow + row] = piece.firstRow + row - layer.firstRow;
    return places;
}

}  // namespace

InitialValues seededAdapters(std::vector<ParameterSpec> list, std::int64_t seed) {
    return [list = std::move(list), seed](std::int64_t begin, std::int64_t count,
                                          const at::TensorOptions& options) {
        at::Tensor values = at::zeros({count}, at::kDouble);
        auto* numbers = values.mutable_data_ptr<double>();
        for (const ParameterSpec& spec : list) {
            const std::int64_t first = std::max(begin, spec.offset);
            const std::int64_t end = std::min(begin + count, spec.offset + spec.elements());
            if (first >= end || !isFirstMatrix(spec)) continue;
            const std::uint64_t key =
                mixBits(hashOfName(spec.name) + mixBits(static_cast<std::uint64_t>(seed)));
            const double bound = 1 / std::sqrt(static_cast<double>(spec.shape.back()));
            at::parallel_for(first, end, 1 << 15, [&](std::int64_t from, std::int64_t to) {
                for (std::int64_t i = from; i < to; ++i)
                    numbers[i - begin] =
                        bound * evenly(mixBits(key + static_cast<std::uint64_t>(i - spec.offset)));
            });
        }
        return values.to(options);
    };
}

at::Tensor inTensorOrder(const at::Tensor& rows, const LinearLayer& layer) {
    return rows.index_select(0, placesOfTensorRows(layer));
}

at::Tensor inParameterOrder(const at::Tensor& rows, const LinearLayer& layer) {
    return at::empty_like(rows).index_copy_(0, placesOfTensorRows(layer), rows);
}

AdapterMatrices storedMatrices(const AdapterFolder& adapter, const LinearLayer& layer) {
    return {.a = storedMatrix(adapter.a(layer.module)),
            .b = inParameterOrder(storedMatrix(adapter.b(layer.module)), layer)};
}

InitialValues mergedValues(InitialValues model, const std::vector<ParameterSpec>& list,
                           const std::vector<LinearLayer>& layers, const AdapterFolder& adapter) {
    std::vector<AddedProduct> products;
    for (const LinearLayer& layer : layers) {
        const auto spec = std::ranges::find(list, layer.parameter, &ParameterSpec::name);
        AdapterMatrices matrices = storedMatrices(adapter, layer);
        matrices.b.mul_(adapter.settings().scale());
        products.push_back({spec->offset + layer.firstRow * layer.columns, std::move(matrices)});
    }
    return [model = std::move(model), products = std::move(products)](
               std::int64_t begin, std::int64_t count, const at::TensorOptions& options) {
        const bool changes = std::ranges::any_of(products, [&](const AddedProduct& product) {
            return product.begin < begin + count &&
                   begin < product.begin + product.matrices.b.size(0) * product.matrices.a.size(1);
        });
        if (!changes) return model(begin, count, options);
        at::Tensor values = model(begin, count, at::TensorOptions().dtype(at::kDouble));
        for (const AddedProduct& product : products) addProductTo(values, begin, product);
        return values.to(options);
    };
}

}  // namespace ringscope
