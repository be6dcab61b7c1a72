// The model's work between matrix products, as loops over rows of plain arrays. One pass each, no
// temporaries, vector code for the processor it runs on.
//
// All arrays are dense, row after row. A function handles `rows` rows; callers split rows over
// threads. Results for double use the C++ library's exp, for float one good to 2 ulp.
#pragma once

#include <cstdint>

namespace ringscope::rows {

// normed = x / rms(x) * gain; inverse[r] = 1 / sqrt(mean(x^2) + eps).
template <typename T>
void norm(const T* x, const T* gain, T eps, T* normed, T* inverse, std::int64_t rows,
          std::int64_t width);

// The same from a known `inverse`.
template <typename T>
void normAgain(const T* x, const T* gain, const T* inverse, T* normed, std::int64_t rows,
               std::int64_t width);

// Adds to dx and to dGain.
template <typename T>
void normBackward(const T* x, const T* gain, const T* inverse, const T* dNormed, T* dx, T* dGain,
                  std::int64_t rows, std::int64_t width);

// hidden = silu(gate) * up, where a row of gateUp is `width` gates, then `width` ups.
template <typename T>
void gated(const T* gateUp, T* hidden, std::int64_t rows, std::int64_t width);

// Writes dGateUp.
template <typename T>
void gatedBackward(const T* gateUp, const T* dHidden, T* dGateUp, std::int64_t rows,
                   std::int64_t width);

// Turns each of `heads` heads by the angles of its row's position: the pair (i, i + width/2) of a
// head by angle i. Row r has position entry (firstRow + r) % positions of `cosine` and `sine`, each
// of width/2. `direction` -1 turns back. Rows are `inStride` and `outStride` scalars apart.
struct Turn {
    std::int64_t heads = 0;
    std::int64_t width = 0;  // of one head
    std::int64_t positions = 0;
    std::int64_t firstRow = 0;
    std::int64_t inStride = 0;
    std::int64_t outStride = 0;
    int direction = 1;
};
template <typename T>
void turn(const T* in, const T* cosine, const T* sine, T* out, std::int64_t rows, const Turn& how);

// Replaces logits by their gradient, scale * (softmax - one at the label), and answers scale * the
// summed negative log-likelihoods. A row labelled `ignored` gets gradient 0 and adds nothing.
template <typename T>
double crossEntropy(T* logits, const std::int64_t* labels, std::int64_t ignored, double scale,
                    std::int64_t rows, std::int64_t width);

}  // namespace ringscope::rows
