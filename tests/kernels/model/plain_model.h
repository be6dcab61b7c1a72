// The model's formulas written out with differentiable tensor operations, nothing fused and nothing
// saved by hand: what kernels/model is held against, in fp64.
#pragma once

#include "backend/config/run_config.h"
#include "kernels/model/elementwise.h"
#include "kernels/model/parameters.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>

namespace ringscope::test {

at::Tensor plainNorm(const at::Tensor& x, const at::Tensor& gain, double eps);

// x (B, n, H, D), positions (n).
at::Tensor plainRotary(const at::Tensor& x, const at::Tensor& positions, double theta);

at::Tensor plainFeedForward(const at::Tensor& x, const at::Tensor& gain, const at::Tensor& gateUp,
                            const at::Tensor& down, double eps);

// Sum over labelled tokens of the negative log-likelihood.
at::Tensor plainCrossEntropy(const at::Tensor& logits, const at::Tensor& labels);

// q (B, n, Hq, D), k and v (B, n, Hk, D): softmax attention by its formula.
at::Tensor plainAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                          bool causal);

// Copies of the parameters by name, leaves of a graph of their own.
std::map<std::string, at::Tensor> leavesOf(const Parameters& parameters);

// The whole model: tokens and labels (B, n), positions 0..n.
at::Tensor plainLoss(const ModelConfig& model, const std::map<std::string, at::Tensor>& leaves,
                     const at::Tensor& tokens, const at::Tensor& labels, double scale);

// Fails the test where two tensors differ by more than `limit` of the expected one's largest value.
void expectClose(const at::Tensor& actual, const at::Tensor& expected, double limit,
                 const std::string& what);

// What a model without windows and experts is made of.
std::vector<LayerKind> plainKinds(const ModelConfig& model);
std::vector<ParameterSpec> plainParameters(const ModelConfig& model);
std::int64_t plainCount(const ModelConfig& model);
Parameters seededParameters(const ModelConfig& model, std::int64_t seed, std::int64_t padded,
                            const at::TensorOptions& options);

// Whole heads turn, by halves.
RotaryTable plainTable(const at::Tensor& positions, std::int64_t headDim, double theta,
                       const at::TensorOptions& options);

}  // namespace ringscope::test
