#include "kernels/model/elementwise.h"

#include "kernels/data/token_batch.h"
#include "kernels/model/elementwise_any.h"
#include "kernels/model/row_kernels.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>

#include <algorithm>
#include <vector>

namespace ringscope {
namespace {

constexpr std::int64_t rowsPerThread = 16;  // fewer are not worth another thread

// Calls body(T{}) with the tensor's scalar type.
template <typename Body>
void forScalar(const at::Tensor& tensor, const Body& body) {
    if (tensor.scalar_type() == at::kDouble)
        body(double{});
    else
        body(float{});
}

// Calls body(begin, end) for ranges of rows, over threads.
template <typename Body>
void overRows(std::int64_t rows, const Body& body) {
    at::parallel_for(0, rows, rowsPerThread, body);
}

// Like overRows for a sum: body(begin, end, part) with part numbered from 0, as many as answered.
std::int64_t partsOf(std::int64_t rows) {
    const std::int64_t useful = (rows + rowsPerThread - 1) / rowsPerThread;
    return std::max<std::int64_t>(1, std::min<std::int64_t>(at::get_num_threads(), useful));
}
template <typename Body>
void overParts(std::int64_t rows, std::int64_t parts, const Body& body) {
    at::parallel_for(0, parts, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t part = begin; part < end; ++part)
            body(rows * part / parts, rows * (part + 1) / parts, part);
    });
}

}  // namespace

void rmsNorm(const at::Tensor& x, const at::Tensor& gain, double eps, at::Tensor& normed,
             at::Tensor& inverse) {
    if (!x.is_cpu()) return any::rmsNorm(x, gain, eps, normed, inverse);
    const std::int64_t width = x.size(1);
    forScalar(x, [&]<typename T>(T) {
        const T* in = x.const_data_ptr<T>();
        const T* gains = gain.const_data_ptr<T>();
        T* out = normed.mutable_data_ptr<T>();
        T* factors = inverse.mutable_data_ptr<T>();
        overRows(x.size(0), [&](std::int64_t begin, std::int64_t end) {
            rows::norm(in + begin * width, gains, static_cast<T>(eps), out + begin * width,
                       factors + begin, end - begin, width);
        });
    });
}

void rmsNormAgain(const at::Tensor& x, const at::Tensor& gain, const at::Tensor& inverse,
                  at::Tensor& normed) {
    if (!x.is_cpu()) return any::rmsNormAgain(x, gain, inverse, normed);
    const std::int64_t width = x.size(1);
    forScalar(x, [&]<typename T>(T) {
        const T* in = x.const_data_ptr<T>();
        const T* gains = gain.const_data_ptr<T>();
        const T* factors = inverse.const_data_ptr<T>();
        T* out = normed.mutable_data_ptr<T>();
        overRows(x.size(0), [&](std::int64_t begin, std::int64_t end) {
            rows::normAgain(in + begin * width, gains, factors + begin, out + begin * width,
                            end - begin, width);
        });
    });
}

void rmsNormBackward(const at::Tensor& x, const at::Tensor& gain, const at::Tensor& inverse,
                     const at::Tensor& dNormed, at::Tensor& dx, at::Tensor& dGain) {
    if (!x.is_cpu()) return any::rmsNormBackward(x, gain, inverse, dNormed, dx, dGain);
    const std::int64_t width = x.size(1);
    const std::int64_t parts = partsOf(x.size(0));
    // Each part adds to its own row and the rows are added in order: no race decides the result.
    at::Tensor partial = at::zeros({parts, width}, x.options());
    forScalar(x, [&]<typename T>(T) {
        const T* in = x.const_data_ptr<T>();
        const T* gains = gain.const_data_ptr<T>();
        const T* factors = inverse.const_data_ptr<T>();
        const T* d = dNormed.const_data_ptr<T>();
        T* out = dx.mutable_data_ptr<T>();
        T* sums = partial.mutable_data_ptr<T>();
        overParts(x.size(0), parts, [&](std::int64_t begin, std::int64_t end, std::int64_t part) {
            rows::normBackward(in + begin * width, gains, factors + begin, d + begin * width,
                               out + begin * width, sums + part * width, end - begin, width);
        });
    });
    for (std::int64_t part = 0; part < parts; ++part) dGain.add_(partial[part]);
}

void gated(const at::Tensor& gateUp, at::Tensor& hidden) {
    if (!gateUp.is_cpu()) return any::gated(gateUp, hidden);
    const std::int64_t width = hidden.size(1);
    forScalar(gateUp, [&]<typename T>(T) {
        const T* in = gateUp.const_data_ptr<T>();
        T* out = hidden.mutable_data_ptr<T>();
        overRows(hidden.size(0), [&](std::int64_t begin, std::int64_t end) {
            rows::gated(in + begin * 2 * width, out + begin * width, end - begin, width);
        });
    });
}

void gatedBackward(const at::Tensor& gateUp, const at::Tensor& dHidden, at::Tensor& dGateUp) {
    if (!gateUp.is_cpu()) return any::gatedBackward(gateUp, dHidden, dGateUp);
    const std::int64_t width = dHidden.size(1);
    forScalar(gateUp, [&]<typename T>(T) {
        const T* in = gateUp.const_data_ptr<T>();
        const T* d = dHidden.const_data_ptr<T>();
        T* out = dGateUp.mutable_data_ptr<T>();
        overRows(dHidden.size(0), [&](std::int64_t begin, std::int64_t end) {
            rows::gatedBackward(in + begin * 2 * width, d + begin * width, out + begin * 2 * width,
                                end - begin, width);
        });
    });
}

RotaryTable rotaryTable(const at::Tensor& positions, std::int64_t headDim, double theta,
                        const at::TensorOptions& options) {
    const at::TensorOptions exact = at::TensorOptions().dtype(at::kDouble);
    const at::Tensor exponents = at::arange(0, headDim, 2, exact) / static_cast<double>(headDim);
    const at::Tensor frequencies = at::pow(theta, exponents.neg());
    const at::Tensor angles =
        positions.to(at::kCPU, at::kDouble).unsqueeze(1) * frequencies.unsqueeze(0);
    return {.cosine = angles.cos().to(options), .sine = angles.sin().to(options)};
}

void splitHeads(const at::Tensor& qkv, const RotaryTable& table, std::int64_t firstRow,
                HeadRows& heads) {
    if (!qkv.is_cpu()) return any::splitHeads(qkv, table, firstRow, heads);
    const std::int64_t width = qkv.size(1);
    const std::int64_t queries = heads.q.size(1);
    const std::int64_t keys = heads.k.size(1);
    forScalar(qkv, [&]<typename T>(T) {
        const T* cosine = table.cosine.const_data_ptr<T>();
        const T* sine = table.sine.const_data_ptr<T>();
        T* q = heads.q.mutable_data_ptr<T>() + firstRow * queries;
        T* k = heads.k.mutable_data_ptr<T>() + firstRow * keys;
        T* v = heads.v.mutable_data_ptr<T>() + firstRow * keys;
        const T* all = qkv.const_data_ptr<T>();
        overRows(qkv.size(0), [&](std::int64_t begin, std::int64_t end) {
            const T* in = all + begin * width;
            rows::Turn how{.heads = queries / table.headDim(),
                           .width = table.headDim(),
                           .positions = table.positions(),
                           .firstRow = firstRow + begin,
                           .inStride = width,
                           .outStride = queries};
            rows::turn(in, cosine, sine, q + begin * queries, end - begin, how);
            how.heads = keys / table.headDim();
            how.outStride = keys;
            rows::turn(in + queries, cosine, sine, k + begin * keys, end - begin, how);
            for (std::int64_t row = begin; row < end; ++row)
                std::copy_n(all + row * width + queries + keys, keys, v + row * keys);
        });
    });
}

void joinHeads(const HeadRows& dHeads, const RotaryTable& table, std::int64_t firstRow,
               at::Tensor& dQkv) {
    if (!dQkv.is_cpu()) return any::joinHeads(dHeads, table, firstRow, dQkv);
    const std::int64_t width = dQkv.size(1);
    const std::int64_t queries = dHeads.q.size(1);
    const std::int64_t keys = dHeads.k.size(1);
    forScalar(dQkv, [&]<typename T>(T) {
        const T* cosine = table.cosine.const_data_ptr<T>();
        const T* sine = table.sine.const_data_ptr<T>();
        const T* q = dHeads.q.const_data_ptr<T>() + firstRow * queries;
        const T* k = dHeads.k.const_data_ptr<T>() + firstRow * keys;
        const T* v = dHeads.v.const_data_ptr<T>() + firstRow * keys;
        T* all = dQkv.mutable_data_ptr<T>();
        overRows(dQkv.size(0), [&](std::int64_t begin, std::int64_t end) {
            T* out = all + begin * width;
            rows::Turn how{.heads = queries / table.headDim(),
                           .width = table.headDim(),
                           .positions = table.positions(),
                           .firstRow = firstRow + begin,
                           .inStride = queries,
                           .outStride = width,
                           .direction = -1};
            rows::turn(q + begin * queries, cosine, sine, out, end - begin, how);
            how.heads = keys / table.headDim();
            how.inStride = keys;
            rows::turn(k + begin * keys, cosine, sine, out + queries, end - begin, how);
            for (std::int64_t row = begin; row < end; ++row)
                std::copy_n(v + row * keys, keys, all + row * width + queries + keys);
        });
    });
}

double crossEntropy(at::Tensor& logits, const at::Tensor& labels, double scale) {
    if (!logits.is_cpu()) return any::crossEntropy(logits, labels, scale);
    const std::int64_t width = logits.size(1);
    const std::int64_t parts = partsOf(logits.size(0));
    std::vector<double> losses(static_cast<std::size_t>(parts), 0.0);
    forScalar(logits, [&]<typename T>(T) {
        T* values = logits.mutable_data_ptr<T>();
        const std::int64_t* wanted = labels.const_data_ptr<std::int64_t>();
        overParts(logits.size(0), parts,
                  [&](std::int64_t begin, std::int64_t end, std::int64_t part) {
                      losses[static_cast<std::size_t>(part)] =
                          rows::crossEntropy(values + begin * width, wanted + begin, ignoredLabel,
                                             scale, end - begin, width);
                  });
    });
    double loss = 0;
    for (const double partial : losses) loss += partial;
    return loss;
}

}  // namespace ringscope
