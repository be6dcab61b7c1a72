#include "tests/kernels/model/plain_model.h"

#include "kernels/data/token_batch.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace ringscope::test {

at::Tensor plainNorm(const at::Tensor& x, const at::Tensor& gain, double eps) {
    return x / (x.pow(2).mean(-1, true) + eps).sqrt() * gain;
}

at::Tensor plainRotary(const at::Tensor& x, const at::Tensor& positions, double theta) {
    const std::int64_t half = x.size(-1) / 2;
    const at::Tensor angles = at::empty({positions.size(0), 1, half}, at::kDouble);
    for (std::int64_t row = 0; row < positions.size(0); ++row)
        for (std::int64_t pair = 0; pair < half; ++pair)
            angles[row][0][pair] =
                static_cast<double>(positions[row].item<std::int64_t>()) *
                std::pow(theta, -static_cast<double>(pair) / static_cast<double>(half));
    const at::Tensor cosine = angles.cos().to(x.scalar_type());
    const at::Tensor sine = angles.sin().to(x.scalar_type());
    const at::Tensor low = x.narrow(-1, 0, half);
    const at::Tensor high = x.narrow(-1, half, half);
    return at::cat({low * cosine - high * sine, high * cosine + low * sine}, -1);
}

at::Tensor plainFeedForward(const at::Tensor& x, const at::Tensor& gain, const at::Tensor& gateUp,
                            const at::Tensor& down, double eps) {
    const at::Tensor both = at::matmul(plainNorm(x, gain, eps), gateUp.t());
    const std::int64_t width = down.size(1);
    const at::Tensor gate = both.narrow(-1, 0, width);
    const at::Tensor silu = gate / (1 + (-gate).exp());
    return x + at::matmul(silu * both.narrow(-1, width, width), down.t());
}

at::Tensor plainCrossEntropy(const at::Tensor& logits, const at::Tensor& labels) {
    const at::Tensor flat = logits.reshape({-1, logits.size(-1)});
    const at::Tensor wanted = labels.flatten();
    const at::Tensor mask = wanted.ne(ignoredLabel);
    const at::Tensor likelihoods =
        at::log_softmax(flat, -1).gather(1, wanted.clamp_min(0).unsqueeze(1)).squeeze(1);
    return -at::where(mask, likelihoods, at::zeros_like(likelihoods)).sum();
}

at::Tensor plainAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                          bool causal) {
    const std::int64_t group = q.size(2) / k.size(2);
    const at::Tensor queries = q.transpose(1, 2);
    const at::Tensor keys = k.transpose(1, 2).repeat_interleave(group, 1);
    const at::Tensor values = v.transpose(1, 2).repeat_interleave(group, 1);
    at::Tensor scores =
        at::matmul(queries, keys.transpose(2, 3)) / std::sqrt(static_cast<double>(q.size(3)));
    if (causal) {
        const at::Tensor later = at::ones({q.size(1), k.size(1)}, at::kBool).triu(1);
        scores = scores.masked_fill(later, -std::numeric_limits<double>::infinity());
    }
    return at::matmul(at::softmax(scores, -1), values).transpose(1, 2).contiguous();
}

std::map<std::string, at::Tensor> leavesOf(const Parameters& parameters) {
    std::map<std::string, at::Tensor> leaves;
    for (const ParameterSpec& spec : parameters.list())
        leaves[spec.name] =
            parameters.weight(spec.name).value.detach().clone().requires_grad_(true);
    return leaves;
}

at::Tensor plainLoss(const ModelConfig& model, const std::map<std::string, at::Tensor>& leaves,
                     const at::Tensor& tokens, const at::Tensor& labels, double scale) {
    const at::Tensor positions = at::arange(tokens.size(1), at::kLong);
    const std::int64_t queries = model.heads * model.headDim();
    const std::int64_t keys = model.kvHeads * model.headDim();
    const auto heads = [&](const at::Tensor& part) {
        return part.reshape({tokens.size(0), tokens.size(1), -1, model.headDim()});
    };
    at::Tensor x = at::embedding(leaves.at("embedding.weight"), tokens);
    for (std::int64_t layer = 0; layer < model.layers; ++layer) {
        const std::string prefix = "layers." + std::to_string(layer) + ".";
        const auto weight = [&](const char* name) { return leaves.at(prefix + name); };
        const at::Tensor qkv =
            at::matmul(plainNorm(x, weight("attention.norm.gain"), model.normEps),
                       weight("attention.qkv.weight").t());
        const at::Tensor attended = plainAttention(
            plainRotary(heads(qkv.narrow(2, 0, queries)), positions, model.rope.theta),
            plainRotary(heads(qkv.narrow(2, queries, keys)), positions, model.rope.theta),
            heads(qkv.narrow(2, queries + keys, keys)), true);
        x = x + at::matmul(attended.flatten(2), weight("attention.output.weight").t());
        x = plainFeedForward(x, weight("ffn.norm.gain"), weight("ffn.gate_up.weight"),
                             weight("ffn.down.weight"), model.normEps);
    }
    const at::Tensor head = leaves.at(model.tiedHead ? "embedding.weight" : "head.weight");
    const at::Tensor logits =
        at::matmul(plainNorm(x, leaves.at("norm.gain"), model.normEps), head.t());
    return plainCrossEntropy(logits, labels) * scale;
}

std::vector<LayerKind> plainKinds(const ModelConfig& model) {
    return std::vector<LayerKind>(static_cast<std::size_t>(model.layers));
}

std::vector<ParameterSpec> plainParameters(const ModelConfig& model) {
    return parameterList(model, plainKinds(model));
}

std::int64_t plainCount(const ModelConfig& model) {
    return parameterCount(model, plainKinds(model));
}

Parameters seededParameters(const ModelConfig& model, std::int64_t seed, std::int64_t padded,
                            const at::TensorOptions& options) {
    return {plainParameters(model), seededValues(plainParameters(model), seed), padded, options};
}

RotaryTable plainTable(const at::Tensor& positions, std::int64_t headDim, double theta,
                       const at::TensorOptions& options) {
    std::vector<double> angles;
    for (std::int64_t pair = 0; pair < headDim / 2; ++pair)
        angles.push_back(
            std::pow(theta, -2.0 * static_cast<double>(pair) / static_cast<double>(headDim)));
    return rotaryTable(positions, angles, 1, options);
}

void expectClose(const at::Tensor& actual, const at::Tensor& expected, double limit,
                 const std::string& what) {
    ASSERT_TRUE(actual.defined() && expected.defined()) << what;
    ASSERT_EQ(actual.sizes(), expected.sizes()) << what;
    const at::Tensor wanted = expected.detach().to(at::kDouble);
    const double size = std::max(wanted.abs().max().item<double>(), 1e-30);
    const double difference = (actual.detach().to(at::kDouble) - wanted).abs().max().item<double>();
    EXPECT_LE(difference, limit * size) << what << ": largest value " << size;
}

}  // namespace ringscope::test
