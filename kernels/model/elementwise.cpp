#include "kernels/model/elementwise.h"

#include "kernels/data/token_batch.h"
#include "kernels/device/number_format.h"
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

// Calls body(S{}) with the tensor's scalar type.
template <typename Body>
void forScalar(const at::Tensor& tensor, const Body& body) {
    switch (tensor.scalar_type()) {
        case at::kDouble:
            return body(double{});
        case at::kBFloat16:
            return body(Bfloat16{});
        case at::kHalf:
            return body(Float16{});
        default:
            return body(float{});
    }
}

// What libtorch calls S.
template <typename S>
struct TensorScalar {
    using Type = S;
};
template <>
struct TensorScalar<Bfloat16> {
    using Type = c10::BFloat16;
};
template <>
struct TensorScalar<Float16> {
    using Type = c10::Half;
};

// Throw where the tensor holds something else.
template <typename S>
const S* readOnly(const at::Tensor& tensor) {
    return reinterpret_cast<const S*>(tensor.const_data_ptr<typename TensorScalar<S>::Type>());
}
template <typename S>
S* writable(const at::Tensor& tensor) {
    return reinterpret_cast<S*>(tensor.mutable_data_ptr<typename TensorScalar<S>::Type>());
}

// Calls body(begin, end) for ranges of rows, over threads.
template <typename Body>
void overRows(std::int64_t rows, const Body& body) {
    at::parallel_for(0, rows, rowsPerThread, body);
}

// How many parts a sum over so many rows has, one for each thread that is worth it; then like
// overRows: body(begin, end, part) with parts numbered from 0.
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

// Calls kernel(gates and ups, hidden, rows, width) for parts of the rows.
template <typename Kernel>
void overGates(const at::Tensor& gateUp, at::Tensor& hidden, Kernel kernel) {
    const std::int64_t width = hidden.size(1);
    forScalar(gateUp, [&]<typename S>(S) {
        const S* in = readOnly<S>(gateUp);
        S* out = writable<S>(hidden);
        overRows(hidden.size(0), [&](std::int64_t begin, std::int64_t end) {
            kernel(in + begin * 2 * width, out + begin * width, end - begin, width);
        });
    });
}

// The same with the gradients of both.
template <typename Kernel>
void overGates(const at::Tensor& gateUp, const at::Tensor& dHidden, at::Tensor& dGateUp,
               Kernel kernel) {
    const std::int64_t width = dHidden.size(1);
    forScalar(gateUp, [&]<typename S>(S) {
        const S* in = readOnly<S>(gateUp);
        const S* d = readOnly<S>(dHidden);
        S* out = writable<S>(dGateUp);
        overRows(dHidden.size(0), [&](std::int64_t begin, std::int64_t end) {
            kernel(in + begin * 2 * width, d + begin * width, out + begin * 2 * width, end - begin,
                   width);
        });
    });
}

}  // namespace

void rmsNorm(const at::Tensor& x, const at::Tensor& gain, double eps, at::Tensor& normed,
             at::Tensor& inverse) {
    if (!x.is_cpu()) return any::rmsNorm(x, gain, eps, normed, inverse);
    const std::int64_t width = x.size(1);
    forScalar(x, [&]<typename S>(S) {
        const S* in = readOnly<S>(x);
        const S* gains = readOnly<S>(gain);
        S* out = writable<S>(normed);
        Wide<S>* factors = writable<Wide<S>>(inverse);
        overRows(x.size(0), [&](std::int64_t begin, std::int64_t end) {
            rows::norm(in + begin * width, gains, static_cast<Wide<S>>(eps), out + begin * width,
                       factors + begin, end - begin, width);
        });
    });
}

void rmsNormAgain(const at::Tensor& x, const at::Tensor& gain, const at::Tensor& inverse,
                  at::Tensor& normed) {
    if (!x.is_cpu()) return any::rmsNormAgain(x, gain, inverse, normed);
    const std::int64_t width = x.size(1);
    forScalar(x, [&]<typename S>(S) {
        const S* in = readOnly<S>(x);
        const S* gains = readOnly<S>(gain);
        const Wide<S>* factors = readOnly<Wide<S>>(inverse);
        S* out = writable<S>(normed);
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
    at::Tensor partial = at::zeros({parts, width}, dGain.options());
    forScalar(x, [&]<typename S>(S) {
        const S* in = readOnly<S>(x);
        const S* gains = readOnly<S>(gain);
        const Wide<S>* factors = readOnly<Wide<S>>(inverse);
        const S* d = readOnly<S>(dNormed);
        S* out = writable<S>(dx);
        Wide<S>* sums = writable<Wide<S>>(partial);
        overParts(x.size(0), parts, [&](std::int64_t begin, std::int64_t end, std::int64_t part) {
            rows::normBackward(in + begin * width, gains, factors + begin, d + begin * width,
                               out + begin * width, sums + part * width, end - begin, width);
        });
    });
    for (std::int64_t part = 0; part < parts; ++part) dGain.add_(partial[part]);
}

void gated(const at::Tensor& gateUp, at::Tensor& hidden) {
    if (!gateUp.is_cpu()) return any::gated(gateUp, hidden);
    overGates(gateUp, hidden, [](auto... of) { rows::gated(of...); });
}

void gatedBackward(const at::Tensor& gateUp, const at::Tensor& dHidden, at::Tensor& dGateUp) {
    if (!gateUp.is_cpu()) return any::gatedBackward(gateUp, dHidden, dGateUp);
    overGates(gateUp, dHidden, dGateUp, [](auto... of) { rows::gatedBackward(of...); });
}

void clampedGated(const at::Tensor& gateUp, at::Tensor& hidden) {
    if (!gateUp.is_cpu()) return any::clampedGated(gateUp, hidden);
    overGates(gateUp, hidden, [](auto... of) { rows::clampedGated(of...); });
}

void clampedGatedBackward(const at::Tensor& gateUp, const at::Tensor& dHidden,
                          at::Tensor& dGateUp) {
    if (!gateUp.is_cpu()) return any::clampedGatedBackward(gateUp, dHidden, dGateUp);
    overGates(gateUp, dHidden, dGateUp, [](auto... of) { rows::clampedGatedBackward(of...); });
}

RotaryTable rotaryTable(const at::Tensor& positions, const std::vector<double>& angles,
                        double factor, const at::TensorOptions& options) {
    const auto pairs = static_cast<std::int64_t>(angles.size());
    at::Tensor perPosition = at::empty({pairs}, at::kDouble);
    std::ranges::copy(angles, perPosition.mutable_data_ptr<double>());
    const at::Tensor turned =
        positions.to(at::kCPU, at::kDouble).unsqueeze(1) * perPosition.unsqueeze(0);
    const at::TensorOptions kept =
        options.dtype(sumType(c10::typeMetaToScalarType(options.dtype())));
    return {.cosine = (turned.cos() * factor).to(kept),
            .sine = (turned.sin() * factor).to(kept),
            .headDim = 2 * pairs};
}

void splitHeads(const at::Tensor& qkv, const RotaryTable& table, std::int64_t firstRow,
                HeadRows& heads) {
    if (!qkv.is_cpu()) return any::splitHeads(qkv, table, firstRow, heads);
    const std::int64_t width = qkv.size(1);
    const std::int64_t queries = heads.q.size(1);
    const std::int64_t keys = heads.k.size(1);
    forScalar(qkv, [&]<typename S>(S) {
        const Wide<S>* cosine = readOnly<Wide<S>>(table.cosine);
        const Wide<S>* sine = readOnly<Wide<S>>(table.sine);
        S* q = writable<S>(heads.q) + firstRow * queries;
        S* k = writable<S>(heads.k) + firstRow * keys;
        S* v = writable<S>(heads.v) + firstRow * keys;
        const S* all = readOnly<S>(qkv);
        overRows(qkv.size(0), [&](std::int64_t begin, std::int64_t end) {
            const S* in = all + begin * width;
            rows::Rotation how{.heads = queries / table.headDim,
                               .width = table.headDim,
                               .turning = table.turning(),
                               .interleaved = table.interleaved,
                               .positions = table.positions(),
                               .firstRow = firstRow + begin,
                               .inStride = width,
                               .outStride = queries};
            rows::rotate(in, cosine, sine, q + begin * queries, end - begin, how);
            how.heads = keys / table.headDim;
            how.outStride = keys;
            rows::rotate(in + queries, cosine, sine, k + begin * keys, end - begin, how);
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
    forScalar(dQkv, [&]<typename S>(S) {
        const Wide<S>* cosine = readOnly<Wide<S>>(table.cosine);
        const Wide<S>* sine = readOnly<Wide<S>>(table.sine);
        const S* q = readOnly<S>(dHeads.q) + firstRow * queries;
        const S* k = readOnly<S>(dHeads.k) + firstRow * keys;
        const S* v = readOnly<S>(dHeads.v) + firstRow * keys;
        S* all = writable<S>(dQkv);
        overRows(dQkv.size(0), [&](std::int64_t begin, std::int64_t end) {
            S* out = all + begin * width;
            rows::Rotation how{.heads = queries / table.headDim,
                               .width = table.headDim,
                               .turning = table.turning(),
                               .interleaved = table.interleaved,
                               .positions = table.positions(),
                               .firstRow = firstRow + begin,
                               .inStride = queries,
                               .outStride = width,
                               .direction = -1};
            rows::rotate(q + begin * queries, cosine, sine, out, end - begin, how);
            how.heads = keys / table.headDim;
            how.inStride = keys;
            rows::rotate(k + begin * keys, cosine, sine, out + queries, end - begin, how);
            for (std::int64_t row = begin; row < end; ++row)
                std::copy_n(v + row * keys, keys, all + row * width + queries + keys);
        });
    });
}

double crossEntropy(at::Tensor& logits, const at::Tensor& labels, double scale,
                    const LossRule& rule) {
    if (!logits.is_cpu()) return any::crossEntropy(logits, labels, scale, rule);
    const std::int64_t width = logits.size(1);
    const std::int64_t parts = partsOf(logits.size(0));
    std::vector<double> losses(static_cast<std::size_t>(parts), 0.0);
    forScalar(logits, [&]<typename S>(S) {
        S* values = writable<S>(logits);
        const std::int64_t* wanted = labels.const_data_ptr<std::int64_t>();
        overParts(logits.size(0), parts,
                  [&](std::int64_t begin, std::int64_t end, std::int64_t part) {
                      losses[static_cast<std::size_t>(part)] =
                          rows::crossEntropy(values + begin * width, wanted + begin, ignoredLabel,
                                             scale, rule, end - begin, width);
                  });
    });
    double loss = 0;
    for (const double partial : losses) loss += partial;
    return loss;
}

}  // namespace ringscope
