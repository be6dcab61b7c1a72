// The model's work between matrix products, on tensors: row_kernels.h on the CPU, split over
// threads; a few tensor operations on any other device.
//
// Tensors are contiguous and hold rows (R, width), in fp32, fp64, bf16 or fp16. Those of two bytes
// are computed with in fp32; `inverse`, angles and the gradients of weights stay in sumType().
// Callers pass the outputs in, so that they can reuse buffers.
#pragma once

#include "kernels/model/loss_rule.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace ringscope {

// normed = x / rms(x) * gain, and inverse (R) = 1 / rms(x), which the backward pass needs.
void rmsNorm(const at::Tensor& x, const at::Tensor& gain, double eps, at::Tensor& normed,
             at::Tensor& inverse);
void rmsNormAgain(const at::Tensor& x, const at::Tensor& gain, const at::Tensor& inverse,
                  at::Tensor& normed);
// Adds to dx (R, width) and dGain (width).
void rmsNormBackward(const at::Tensor& x, const at::Tensor& gain, const at::Tensor& inverse,
                     const at::Tensor& dNormed, at::Tensor& dx, at::Tensor& dGain);

// gateUp (R, 2F): gates, then ups. hidden (R, F) = silu(gate) * up.
void gated(const at::Tensor& gateUp, at::Tensor& hidden);
void gatedBackward(const at::Tensor& gateUp, const at::Tensor& dHidden, at::Tensor& dGateUp);

// gates and ups are cut first (row_kernels.h). hidden = gate * sigmoid(1.702 gate) * (up + 1).
void clampedGated(const at::Tensor& gateUp, at::Tensor& hidden);
void clampedGatedBackward(const at::Tensor& gateUp, const at::Tensor& dHidden, at::Tensor& dGateUp);

// Rotary position embedding: pair i of a head turns by its angle times the position. The first
// columns of a head turn: i and i + half of them, or 2i and 2i + 1.
struct RotaryTable {
    at::Tensor cosine;  // (n, pairs)
    at::Tensor sine;
    std::int64_t headDim = 0;
    bool interleaved = false;

    std::int64_t positions() const { return cosine.size(0); }
    std::int64_t turning() const { return 2 * cosine.size(1); }  // columns
};
// `positions` (n) are those of the tokens held, whatever the shard; `angles` one for each pair,
// `factor` of cosines and sines. The options are the model's.
RotaryTable rotaryTable(const at::Tensor& positions, const std::vector<double>& angles,
                        double factor, const at::TensorOptions& options);

// Rows of projected heads, [queries | keys | values] side by side, into the three tensors that
// attention takes, queries and keys rotated. Row r of `qkv` is row firstRow + r of the others,
// whose position is its index modulo the table's length (the batch repeats the positions).
struct HeadRows {
    at::Tensor q;  // (all rows, Hq * D)
    at::Tensor k;  // (all rows, Hk * D)
    at::Tensor v;
};
void splitHeads(const at::Tensor& qkv, const RotaryTable& table, std::int64_t firstRow,
                HeadRows& heads);
// The inverse for gradients: rotates the other way and puts the heads side by side.
void joinHeads(const HeadRows& dHeads, const RotaryTable& table, std::int64_t firstRow,
               at::Tensor& dQkv);

// Returns scale * the summed losses of the labels (R) by `rule` and replaces logits (R, V) by its
// gradient. Rows labelled ignoredLabel add nothing and get gradient 0.
double crossEntropy(at::Tensor& logits, const at::Tensor& labels, double scale,
                    const LossRule& rule = {});

}  // namespace ringscope
