// The functions of elementwise.h, by tensor operations alone, with the same contracts: for devices
// without kernels of their own, and for tests of the CPU's kernels.
#pragma once

#include "kernels/model/elementwise.h"

namespace ringscope::any {

void rmsNorm(const at::Tensor& x, const at::Tensor& gain, double eps, at::Tensor& normed,
             at::Tensor& inverse);
void rmsNormAgain(const at::Tensor& x, const at::Tensor& gain, const at::Tensor& inverse,
                  at::Tensor& normed);
void rmsNormBackward(const at::Tensor& x, const at::Tensor& gain, const at::Tensor& inverse,
                     const at::Tensor& dNormed, at::Tensor& dx, at::Tensor& dGain);
void gated(const at::Tensor& gateUp, at::Tensor& hidden);
void gatedBackward(const at::Tensor& gateUp, const at::Tensor& dHidden, at::Tensor& dGateUp);
void clampedGated(const at::Tensor& gateUp, at::Tensor& hidden);
void clampedGatedBackward(const at::Tensor& gateUp, const at::Tensor& dHidden, at::Tensor& dGateUp);
void splitHeads(const at::Tensor& qkv, const RotaryTable& table, std::int64_t firstRow,
                HeadRows& heads);
void joinHeads(const HeadRows& dHeads, const RotaryTable& table, std::int64_t firstRow,
               at::Tensor& dQkv);
double crossEntropy(at::Tensor& logits, const at::Tensor& labels, double scale,
                    const LossRule& rule = {});

}  // namespace ringscope::any
