#include "kernels/model/elementwise_any.h"

#include "backend/model/model_choices.h"
#include "kernels/data/token_batch.h"
#include "kernels/device/number_format.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

namespace ringscope::any {
namespace {

// In the type that is computed in; the tensor itself where that is its own.
at::Tensor wide(const at::Tensor& tensor) { return tensor.to(sumType(tensor)); }

// cosine and sine of the rows [firstRow, firstRow + rows), shaped to meet (rows, heads, D/2).
std::pair<at::Tensor, at::Tensor> anglesOfRows(const RotaryTable& table, std::int64_t firstRow,
                                               std::int64_t rows) {
    const at::Tensor index =
        at::arange(firstRow, firstRow + rows, table.cosine.options().dtype(at::kLong))
            .remainder(table.positions());
    return {table.cosine.index_select(0, index).unsqueeze(1),
            table.sine.index_select(0, index).unsqueeze(1)};
}

// (R, heads * D) turned by the rows' angles; the table says which columns do.
at::Tensor turned(const at::Tensor& rows, const RotaryTable& table, const at::Tensor& cosine,
                  const at::Tensor& sine) {
    const at::Tensor heads = wide(rows).reshape({rows.size(0), -1, table.headDim});
    const std::int64_t turning = table.turning();
    const at::Tensor pairs = table.interleaved
                                 ? heads.narrow(2, 0, turning).unflatten(2, {turning / 2, 2})
                                 : heads.narrow(2, 0, turning).unflatten(2, {2, turning / 2});
    const std::int64_t side = table.interleaved ? 3 : 2;
    const at::Tensor low = pairs.select(side, 0);
    const at::Tensor high = pairs.select(side, 1);
    const at::Tensor done =
        at::stack({low * cosine - high * sine, high * cosine + low * sine}, side).flatten(2);
    const at::Tensor rest = heads.narrow(2, turning, table.headDim - turning);
    return at::cat({done, rest}, 2).reshape(rows.sizes());
}

}  // namespace

void rmsNorm(const at::Tensor& x, const at::Tensor& gain, double eps, at::Tensor& normed,
             at::Tensor& inverse) {
    inverse.copy_(wide(x).square().mean(1).add(eps).rsqrt());
    rmsNormAgain(x, gain, inverse, normed);
}

void rmsNormAgain(const at::Tensor& x, const at::Tensor& gain, const at::Tensor& inverse,
                  at::Tensor& normed) {
    normed.copy_(wide(x) * inverse.unsqueeze(1) * wide(gain));
}

void rmsNormBackward(const at::Tensor& x, const at::Tensor& gain, const at::Tensor& inverse,
                     const at::Tensor& dNormed, at::Tensor& dx, at::Tensor& dGain) {
    const at::Tensor unit = wide(x) * inverse.unsqueeze(1);
    const at::Tensor d = wide(dNormed);
    const at::Tensor dUnit = d * wide(gain);
    dx.copy_(wide(dx) + (dUnit - unit * (dUnit * unit).mean(1, true)) * inverse.unsqueeze(1));
    dGain.add_((d * unit).sum(0));
}

void gated(const at::Tensor& gateUp, at::Tensor& hidden) {
    const std::int64_t width = hidden.size(1);
    hidden.copy_(at::silu(wide(gateUp.narrow(1, 0, width))) * wide(gateUp.narrow(1, width, width)));
}

void gatedBackward(const at::Tensor& gateUp, const at::Tensor& dHidden, at::Tensor& dGateUp) {
    const std::int64_t width = dHidden.size(1);
    const at::Tensor gate = wide(gateUp.narrow(1, 0, width));
    const at::Tensor up = wide(gateUp.narrow(1, width, width));
    const at::Tensor d = wide(dHidden);
    const at::Tensor sigmoid = at::sigmoid(gate);
    const at::Tensor silu = gate * sigmoid;
    dGateUp.narrow(1, 0, width).copy_(d * up * (sigmoid + silu * (1 - sigmoid)));
    dGateUp.narrow(1, width, width).copy_(d * silu);
}

void clampedGated(const at::Tensor& gateUp, at::Tensor& hidden) {
    const std::int64_t width = hidden.size(1);
    const at::Tensor gate = wide(gateUp.narrow(1, 0, width)).clamp_max(clampedLimit);
    const at::Tensor up = wide(gateUp.narrow(1, width, width)).clamp(-clampedLimit, clampedLimit);
    hidden.copy_(gate * at::sigmoid(gate * clampedSlope) * (up + 1));
}

void clampedGatedBackward(const at::Tensor& gateUp, const at::Tensor& dHidden,
                          at::Tensor& dGateUp) {
    const std::int64_t width = dHidden.size(1);
    const at::Tensor gates = wide(gateUp.narrow(1, 0, width));
    const at::Tensor ups = wide(gateUp.narrow(1, width, width));
    const at::Tensor gate = gates.clamp_max(clampedLimit);
    const at::Tensor up = ups.clamp(-clampedLimit, clampedLimit);
    const at::Tensor d = wide(dHidden);
    const at::Tensor open = at::sigmoid(gate * clampedSlope);
    const at::Tensor slope = open + clampedSlope * gate * open * (1 - open);
    dGateUp.narrow(1, 0, width).copy_(d * (up + 1) * slope * gates.le(clampedLimit));
    dGateUp.narrow(1, width, width).copy_(d * gate * open * ups.eq(up));
}

void splitHeads(const at::Tensor& qkv, const RotaryTable& table, std::int64_t firstRow,
                HeadRows& heads) {
    const std::int64_t rows = qkv.size(0);
    const std::int64_t queries = heads.q.size(1);
    const std::int64_t keys = heads.k.size(1);
    const auto [cosine, sine] = anglesOfRows(table, firstRow, rows);
    heads.q.narrow(0, firstRow, rows).copy_(turned(qkv.narrow(1, 0, queries), table, cosine, sine));
    heads.k.narrow(0, firstRow, rows)
        .copy_(turned(qkv.narrow(1, queries, keys), table, cosine, sine));
    heads.v.narrow(0, firstRow, rows).copy_(qkv.narrow(1, queries + keys, keys));
}

void joinHeads(const HeadRows& dHeads, const RotaryTable& table, std::int64_t firstRow,
               at::Tensor& dQkv) {
    const std::int64_t rows = dQkv.size(0);
    const std::int64_t queries = dHeads.q.size(1);
    const std::int64_t keys = dHeads.k.size(1);
    const auto [cosine, sine] = anglesOfRows(table, firstRow, rows);
    const at::Tensor back = sine.neg();
    dQkv.narrow(1, 0, queries)
        .copy_(turned(dHeads.q.narrow(0, firstRow, rows), table, cosine, back));
    dQkv.narrow(1, queries, keys)
        .copy_(turned(dHeads.k.narrow(0, firstRow, rows), table, cosine, back));
    dQkv.narrow(1, queries + keys, keys).copy_(dHeads.v.narrow(0, firstRow, rows));
}

double crossEntropy(at::Tensor& logits, const at::Tensor& labels, double scale,
                    const LossRule& rule) {
    const at::Tensor labelled = labels.ne(ignoredLabel).unsqueeze(1);
    const at::Tensor index = labels.clamp_min(0).unsqueeze(1);
    const at::Tensor weight = labelled.to(sumType(logits)) * scale;
    const at::Tensor x = wide(logits);
    const at::Tensor whole = at::logsumexp(x, 1, /*keepdim=*/true);
    const double ofLabel = 1 - rule.labelSmoothing;
    const at::Tensor losses = whole - x.gather(1, index) * ofLabel -
                              x.mean(1, /*keepdim=*/true) * rule.labelSmoothing +
                              whole.square() * rule.zLoss;
    const double loss = (losses * weight).sum(at::kDouble).item<double>();
    const double ofAll = rule.labelSmoothing / static_cast<double>(logits.size(1));
    logits.copy_((((x - whole).exp() * (1 + whole * (2 * rule.zLoss)) - ofAll) * weight)
                     .scatter_add_(1, index, weight * -ofLabel));
    return loss;
}

}  // namespace ringscope::any
