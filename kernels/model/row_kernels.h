// The model's work between matrix products, as loops over rows of plain arrays. One pass each, no
// temporaries, vector code for the processor it runs on.
//
// All arrays are dense, row after row. A function handles `rows` rows; callers split rows over
// threads. S is double, float, or one of two bytes that is computed with in float: then factors,
// sums and weights' gradients are float. Results for double use the C++ library's exp, for float
// one good to 2 ulp.
#pragma once

#include "kernels/model/loss_rule.h"
#include "kernels/vector/two_byte_numbers.h"

#include <cstdint>

namespace ringscope::rows {

// normed = x / rms(x) * gain; inverse[r] = 1 / sqrt(mean(x^2) + eps).
template <typename S>
void norm(const S* x, const S* gain, Wide<S> eps, S* normed, Wide<S>* inverse, std::int64_t rows,
          std::int64_t width);

// The same from a known `inverse`.
template <typename S>
void normAgain(const S* x, const S* gain, const Wide<S>* inverse, S* normed, std::int64_t rows,
               std::int64_t width);

// Adds to dx and to dGain.
template <typename S>
void normBackward(const S* x, const S* gain, const Wide<S>* inverse, const S* dNormed, S* dx,
                  Wide<S>* dGain, std::int64_t rows, std::int64_t width);

// hidden = silu(gate) * up, where a row of gateUp is `width` gates, then `width` ups.
template <typename S>
void gated(const S* gateUp, S* hidden, std::int64_t rows, std::int64_t width);

// Writes dGateUp.
template <typename S>
void gatedBackward(const S* gateUp, const S* dHidden, S* dGateUp, std::int64_t rows,
                   std::int64_t width);

// hidden = gate * sigmoid(1.702 gate) * (up + 1), of gates cut above 7, and ups cut there on both
// sides.
template <typename S>
void clampedGated(const S* gateUp, S* hidden, std::int64_t rows, std::int64_t width);

// Writes dGateUp, 0 where something was cut.
template <typename S>
void clampedGatedBackward(const S* gateUp, const S* dHidden, S* dGateUp, std::int64_t rows,
                          std::int64_t width);

// Rotates each of `heads` heads by the angles of its row's position: of the first `turning` columns
// of a head the pair (i, i + turning/2), or (2i, 2i + 1) where they are interleaved, by angle i;
// other columns are copied. Row r has position entry (firstRow + r) % positions of `cosine` and
// `sine`, each of turning/2. `direction` -1 rotates back. Rows are `inStride` and `outStride`
// scalars apart.
struct Rotation {
    std::int64_t heads = 0;
    std::int64_t width = 0;  // of one head
    std::int64_t turning = 0;
    bool interleaved = false;
    std::int64_t positions = 0;
    std::int64_t firstRow = 0;
    std::int64_t inStride = 0;
    std::int64_t outStride = 0;
    int direction = 1;
};
template <typename S>
void rotate(const S* in, const Wide<S>* cosine, const Wide<S>* sine, S* out, std::int64_t rows,
            const Rotation& how);

// Replaces logits by the gradient of scale * the summed losses by `rule`, and returns this sum. A
// row labelled `ignored` gets gradient 0 and adds nothing.
template <typename S>
double crossEntropy(S* logits, const std::int64_t* labels, std::int64_t ignored, double scale,
                    const LossRule& rule, std::int64_t rows, std::int64_t width);

}  // namespace ringscope::rows
