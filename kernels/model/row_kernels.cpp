#include "kernels/model/row_kernels.h"

#include "backend/model/model_choices.h"
#include "kernels/vector/vector_math.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

namespace ringscope::rows {
namespace {

template <typename S>
RINGSCOPE_INLINE void normAgainRows(const S* x, const S* gain, const Wide<S>* inverse, S* normed,
                                    std::int64_t rows, std::int64_t width) {
    for (std::int64_t r = 0; r < rows; ++r) {
        const S* in = x + r * width;
        S* out = normed + r * width;
        const Wide<S> factor = inverse[r];
        for (std::int64_t i = 0; i < width; ++i)
            out[i] = narrow<S>(wide(in[i]) * factor * wide(gain[i]));
    }
}

template <typename S>
RINGSCOPE_INLINE Wide<S> largest(const S* values, std::int64_t width) {
    Wide<S> most = wide(values[0]);
#pragma omp simd reduction(max : most)
    for (std::int64_t i = 0; i < width; ++i) most = wide(values[i]) > most ? wide(values[i]) : most;
    return most;
}

template <typename S>
RINGSCOPE_INLINE void rotateHalves(const S* from, const Wide<S>* c, const Wide<S>* s, S* to,
                                   std::int64_t half, Wide<S> direction) {
#pragma omp simd
    for (std::int64_t i = 0; i < half; ++i) {
        const Wide<S> low = wide(from[i]);
        const Wide<S> high = wide(from[i + half]);
        to[i] = narrow<S>(low * c[i] - high * s[i] * direction);
        to[i + half] = narrow<S>(high * c[i] + low * s[i] * direction);
    }
}

template <typename S>
RINGSCOPE_INLINE void rotateNeighbours(const S* from, const Wide<S>* c, const Wide<S>* s, S* to,
                                       std::int64_t half, Wide<S> direction) {
    for (std::int64_t i = 0; i < half; ++i) {
        const Wide<S> even = wide(from[2 * i]);
        const Wide<S> odd = wide(from[2 * i + 1]);
        to[2 * i] = narrow<S>(even * c[i] - odd * s[i] * direction);
        to[2 * i + 1] = narrow<S>(odd * c[i] + even * s[i] * direction);
    }
}

}  // namespace

template <typename S>
RINGSCOPE_VECTOR void normAgain(const S* x, const S* gain, const Wide<S>* inverse, S* normed,
                                std::int64_t rows, std::int64_t width) {
    normAgainRows(x, gain, inverse, normed, rows, width);
}

template <typename S>
RINGSCOPE_VECTOR void norm(const S* x, const S* gain, Wide<S> eps, S* normed, Wide<S>* inverse,
                           std::int64_t rows, std::int64_t width) {
    for (std::int64_t r = 0; r < rows; ++r) {
        const S* in = x + r * width;
        Wide<S> squares = 0;
#pragma omp simd reduction(+ : squares)
        for (std::int64_t i = 0; i < width; ++i) squares += wide(in[i]) * wide(in[i]);
        inverse[r] = Wide<S>(1) / std::sqrt(squares / static_cast<Wide<S>>(width) + eps);
    }
    normAgainRows(x, gain, inverse, normed, rows, width);
}

template <typename S>
RINGSCOPE_VECTOR void normBackward(const S* x, const S* gain, const Wide<S>* inverse,
                                   const S* dNormed, S* dx, Wide<S>* dGain, std::int64_t rows,
                                   std::int64_t width) {
    for (std::int64_t r = 0; r < rows; ++r) {
        const S* in = x + r * width;
        const S* d = dNormed + r * width;
        S* out = dx + r * width;
        const Wide<S> factor = inverse[r];
        Wide<S> projection = 0;
#pragma omp simd reduction(+ : projection)
        for (std::int64_t i = 0; i < width; ++i)
            projection += wide(d[i]) * wide(gain[i]) * wide(in[i]);
        projection *= factor * factor / static_cast<Wide<S>>(width);
#pragma omp simd
        for (std::int64_t i = 0; i < width; ++i) {
            const Wide<S> own = wide(in[i]);
            out[i] =
                narrow<S>(wide(out[i]) + factor * (wide(d[i]) * wide(gain[i]) - own * projection));
            dGain[i] += wide(d[i]) * own * factor;
        }
    }
}

template <typename S>
RINGSCOPE_VECTOR void gated(const S* gateUp, S* hidden, std::int64_t rows, std::int64_t width) {
    for (std::int64_t r = 0; r < rows; ++r) {
        const S* gates = gateUp + r * 2 * width;
        const S* ups = gates + width;
        S* out = hidden + r * width;
#pragma omp simd
        for (std::int64_t i = 0; i < width; ++i) {
            const Wide<S> gate = wide(gates[i]);
            out[i] = narrow<S>(gate * sigmoid(gate) * wide(ups[i]));
        }
    }
}

template <typename S>
RINGSCOPE_VECTOR void gatedBackward(const S* gateUp, const S* dHidden, S* dGateUp,
                                    std::int64_t rows, std::int64_t width) {
    for (std::int64_t r = 0; r < rows; ++r) {
        const S* gates = gateUp + r * 2 * width;
        const S* ups = gates + width;
        const S* ds = dHidden + r * width;
        S* dGate = dGateUp + r * 2 * width;
        S* dUp = dGate + width;
#pragma omp simd
        for (std::int64_t i = 0; i < width; ++i) {
            const Wide<S> gate = wide(gates[i]);
            const Wide<S> d = wide(ds[i]);
            const Wide<S> open = sigmoid(gate);
            const Wide<S> silu = gate * open;
            dGate[i] = narrow<S>(d * wide(ups[i]) * (open + silu * (Wide<S>(1) - open)));
            dUp[i] = narrow<S>(d * silu);
        }
    }
}

template <typename S>
RINGSCOPE_VECTOR void clampedGated(const S* gateUp, S* hidden, std::int64_t rows,
                                   std::int64_t width) {
    const auto slope = static_cast<Wide<S>>(clampedSlope);
    const auto limit = static_cast<Wide<S>>(clampedLimit);
    for (std::int64_t r = 0; r < rows; ++r) {
        const S* gates = gateUp + r * 2 * width;
        const S* ups = gates + width;
        S* out = hidden + r * width;
#pragma omp simd
        for (std::int64_t i = 0; i < width; ++i) {
            const Wide<S> gate = std::min(wide(gates[i]), limit);
            const Wide<S> up = std::max(std::min(wide(ups[i]), limit), -limit);
            out[i] = narrow<S>(gate * sigmoid(slope * gate) * (up + Wide<S>(1)));
        }
    }
}

template <typename S>
RINGSCOPE_VECTOR void clampedGatedBackward(const S* gateUp, const S* dHidden, S* dGateUp,
                                           std::int64_t rows, std::int64_t width) {
    const auto slope = static_cast<Wide<S>>(clampedSlope);
    const auto limit = static_cast<Wide<S>>(clampedLimit);
    for (std::int64_t r = 0; r < rows; ++r) {
        const S* gates = gateUp + r * 2 * width;
        const S* ups = gates + width;
        const S* ds = dHidden + r * width;
        S* dGate = dGateUp + r * 2 * width;
        S* dUp = dGate + width;
#pragma omp simd
        for (std::int64_t i = 0; i < width; ++i) {
            const Wide<S> given = wide(gates[i]);
            const Wide<S> gate = std::min(given, limit);
            const Wide<S> up = std::max(std::min(wide(ups[i]), limit), -limit);
            const Wide<S> d = wide(ds[i]);
            const Wide<S> open = sigmoid(slope * gate);
            const Wide<S> slopeThere = open + slope * gate * open * (Wide<S>(1) - open);
            const Wide<S> dWhole = d * (up + Wide<S>(1)) * slopeThere;
            dGate[i] = narrow<S>(given > limit ? Wide<S>(0) : dWhole);
            dUp[i] = narrow<S>(wide(ups[i]) != up ? Wide<S>(0) : d * gate * open);
        }
    }
}

template <typename S>
RINGSCOPE_VECTOR void rotate(const S* in, const Wide<S>* cosine, const Wide<S>* sine, S* out,
                             std::int64_t rows, const Rotation& how) {
    const std::int64_t half = how.turning / 2;
    const Wide<S> direction = static_cast<Wide<S>>(how.direction);
    for (std::int64_t r = 0; r < rows; ++r) {
        const std::int64_t position = (how.firstRow + r) % how.positions;
        const Wide<S>* c = cosine + position * half;
        const Wide<S>* s = sine + position * half;
        for (std::int64_t head = 0; head < how.heads; ++head) {
            const S* from = in + r * how.inStride + head * how.width;
            S* to = out + r * how.outStride + head * how.width;
            if (how.interleaved)
                rotateNeighbours(from, c, s, to, half, direction);
            else
                rotateHalves(from, c, s, to, half, direction);
            for (std::int64_t i = how.turning; i < how.width; ++i) to[i] = from[i];
        }
    }
}

template <typename S>
RINGSCOPE_INLINE double meanOf(const S* row, std::int64_t width) {
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::int64_t i = 0; i < width; ++i) sum += static_cast<double>(wide(row[i]));
    return sum / static_cast<double>(width);
}

// Where S holds less than its arithmetic, powers are computed twice rather than rounded in between.
template <typename S>
RINGSCOPE_VECTOR double crossEntropy(S* logits, const std::int64_t* labels, std::int64_t ignored,
                                     double scale, const LossRule& rule, std::int64_t rows,
                                     std::int64_t width) {
    constexpr bool exact = std::is_same_v<S, Wide<S>>;
    double loss = 0;
    for (std::int64_t r = 0; r < rows; ++r) {
        S* row = logits + r * width;
        if (labels[r] == ignored) {
            for (std::int64_t i = 0; i < width; ++i) row[i] = narrow<S>(0);
            continue;
        }
        const Wide<S> shift = largest(row, width);
        const Wide<S> labelled = wide(row[labels[r]]);
        const double mean = rule.labelSmoothing == 0 ? 0 : meanOf(row, width);
        Wide<S> sum = 0;
#pragma omp simd reduction(+ : sum)
        for (std::int64_t i = 0; i < width; ++i) {
            const Wide<S> power = exponential(wide(row[i]) - shift);
            if constexpr (exact) row[i] = power;
            sum += power;
        }
        const double whole = std::log(static_cast<double>(sum)) + static_cast<double>(shift);
        const double ofLabel = 1 - rule.labelSmoothing;
        loss += whole - static_cast<double>(labelled) * ofLabel - rule.labelSmoothing * mean +
                rule.zLoss * whole * whole;
        const Wide<S> factor =
            static_cast<Wide<S>>(scale * (1 + 2 * rule.zLoss * whole) / static_cast<double>(sum));
        const Wide<S> ofAll =
            static_cast<Wide<S>>(scale * rule.labelSmoothing / static_cast<double>(width));
#pragma omp simd
        for (std::int64_t i = 0; i < width; ++i) {
            if constexpr (exact)
                row[i] = row[i] * factor - ofAll;
            else
                row[i] = narrow<S>(factor * exponential(wide(row[i]) - shift) - ofAll);
        }
        row[labels[r]] = narrow<S>(factor * exponential(labelled - shift) - ofAll -
                                   static_cast<Wide<S>>(scale * ofLabel));
    }
    return loss * scale;
}

#define RINGSCOPE_ROW_KERNELS(S)                                                                 \
    template void norm(const S*, const S*, Wide<S>, S*, Wide<S>*, std::int64_t, std::int64_t);   \
    template void normAgain(const S*, const S*, const Wide<S>*, S*, std::int64_t, std::int64_t); \
    template void normBackward(const S*, const S*, const Wide<S>*, const S*, S*, Wide<S>*,       \
                               std::int64_t, std::int64_t);                                      \
    template void gated(const S*, S*, std::int64_t, std::int64_t);                               \
    template void gatedBackward(const S*, const S*, S*, std::int64_t, std::int64_t);             \
    template void clampedGated(const S*, S*, std::int64_t, std::int64_t);                        \
    template void clampedGatedBackward(const S*, const S*, S*, std::int64_t, std::int64_t);      \
    template void rotate(const S*, const Wide<S>*, const Wide<S>*, S*, std::int64_t,             \
                         const Rotation&);                                                       \
    template double crossEntropy(S*, const std::int64_t*, std::int64_t, double, const LossRule&, \
                                 std::int64_t, std::int64_t);

RINGSCOPE_ROW_KERNELS(float)
RINGSCOPE_ROW_KERNELS(double)
RINGSCOPE_ROW_KERNELS(Bfloat16)
RINGSCOPE_ROW_KERNELS(Float16)

}  // namespace ringscope::rows
