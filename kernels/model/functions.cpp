#include "kernels/model/functions.h"

#include "kernels/device/number_format.h"
#include "kernels/model/products.h"
#include "profiler/memory_scope.h"

#include <ATen/ops/embedding.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <string>

namespace ringscope {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

constexpr std::int64_t cpuChunkRows = 512;  // of four bytes or more
constexpr std::int64_t cpuChunkRowsOfTwoBytes = 1024;
constexpr std::int64_t headChunkScalars = 4 << 20;  // of logits at a time

at::Tensor rowsOf(const at::Tensor& x) { return x.reshape({-1, x.size(-1)}); }

at::Tensor buffer(const at::Tensor& like, std::int64_t rows, std::int64_t width) {
    return at::empty({rows, width}, like.options());
}

// One for each row, in what sums are kept in.
at::Tensor rowFactors(const at::Tensor& rows) {
    return at::empty({rows.size(0)}, rows.options().dtype(sumType(rows)));
}

std::int64_t chunkRows(const at::Tensor& rows) {
    return rows.element_size() == 2 ? cpuChunkRowsOfTwoBytes : cpuChunkRows;
}

// Calls body(first, count) for chunks of rows; a GPU takes them all at once.
template <typename Body>
void overChunks(const at::Tensor& rows, std::int64_t chunk, const Body& body) {
    const std::int64_t total = rows.size(0);
    if (!rows.is_cpu()) chunk = total;
    for (std::int64_t first = 0; first < total; first += chunk)
        body(first, std::min(chunk, total - first));
}

// Weights are kept beside the graph's variables: their buffers change in place between steps.
void keep(AutogradContext* context, const std::string& name, const Weight& weight) {
    context->saved_data[name] = weight.value.detach();
    context->saved_data[name + ".gradient"] = weight.gradient;
}
Weight kept(AutogradContext* context, const std::string& name) {
    return {context->saved_data[name].toTensor(),
            context->saved_data[name + ".gradient"].toTensor()};
}

struct Embedding : Function<Embedding> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& table,
                              const at::Tensor& gradient, const at::Tensor& tokens) {
        context->saved_data["gradient"] = gradient;
        context->save_for_backward({tokens});
        return at::embedding(table, tokens);
    }
    static variable_list backward(AutogradContext* context, const variable_list& dOut) {
        const at::Tensor tokens = context->get_saved_variables()[0];
        at::Tensor gradient = context->saved_data["gradient"].toTensor();
        const at::Tensor used = tokens.flatten();
        const at::Tensor d = rowsOf(dOut[0]);
        overChunks(d, chunkRows(d), [&](std::int64_t first, std::int64_t count) {
            gradient.index_add_(0, used.narrow(0, first, count),
                                d.narrow(0, first, count).to(gradient.scalar_type()));
        });
        return {at::Tensor(), at::Tensor(), at::Tensor()};
    }
};

struct HeadProjection : Function<HeadProjection> {
    static variable_list forward(AutogradContext* context, const at::Tensor& x, const Weight& gain,
                                 const Weight& qkv, double eps, const RotaryTable& rotary,
                                 const HeadShape& shape) {
        const at::Tensor in = rowsOf(x);
        at::Tensor inverse = rowFactors(in);
        HeadRows heads{.q = buffer(in, in.size(0), shape.heads * shape.headDim),
                       .k = buffer(in, in.size(0), shape.kvHeads * shape.headDim),
                       .v = buffer(in, in.size(0), shape.kvHeads * shape.headDim)};
        overChunks(in, chunkRows(in), [&](std::int64_t first, std::int64_t count) {
            at::Tensor normed = buffer(in, count, in.size(1));
            at::Tensor factors = inverse.narrow(0, first, count);
            rmsNorm(in.narrow(0, first, count), gain.value, eps, normed, factors);
            splitHeads(product(normed, qkv.value.t()), rotary, first, heads);
        });
        context->save_for_backward({x, inverse});
        keep(context, "gain", gain);
        keep(context, "qkv", qkv);
        context->saved_data["cosine"] = rotary.cosine;
        context->saved_data["sine"] = rotary.sine;
        const auto shaped = [&](const at::Tensor& rows) {
            return rows.view({x.size(0), x.size(1), -1, shape.headDim});
        };
        return {shaped(heads.q), shaped(heads.k), shaped(heads.v)};
    }

    static variable_list backward(AutogradContext* context, const variable_list& dOut) {
        const variable_list saved = context->get_saved_variables();
        const at::Tensor in = rowsOf(saved[0]);
        Weight gain = kept(context, "gain");
        Weight qkv = kept(context, "qkv");
        const RotaryTable rotary{context->saved_data["cosine"].toTensor(),
                                 context->saved_data["sine"].toTensor()};
        const auto rows = [&](const at::Tensor& d) {
            return d.contiguous().view({in.size(0), d.size(2) * d.size(3)});
        };
        const HeadRows dHeads{rows(dOut[0]), rows(dOut[1]), rows(dOut[2])};
        at::Tensor dx = at::zeros_like(in);
        overChunks(in, chunkRows(in), [&](std::int64_t first, std::int64_t count) {
            const at::Tensor chunk = in.narrow(0, first, count);
            const at::Tensor factors = saved[1].narrow(0, first, count);
            at::Tensor normed = buffer(in, count, in.size(1));
            at::Tensor dQkv = buffer(in, count, qkv.value.size(0));
            rmsNormAgain(chunk, gain.value, factors, normed);
            joinHeads(dHeads, rotary, first, dQkv);
            addProduct(qkv.gradient, dQkv.t(), normed);
            at::Tensor dChunk = dx.narrow(0, first, count);
            productInto(normed, dQkv, qkv.value);  // no longer needed: holds its gradient now
            rmsNormBackward(chunk, gain.value, factors, normed, dChunk, gain.gradient);
        });
        return {dx.view_as(saved[0]), {}, {}, {}, {}, {}};
    }
};

struct AddProjection : Function<AddProjection> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& residual,
                              const at::Tensor& in, const Weight& weight) {
        context->save_for_backward({in});
        keep(context, "weight", weight);
        return sumWithProduct(rowsOf(residual), rowsOf(in), weight.value.t()).view_as(residual);
    }
    static variable_list backward(AutogradContext* context, const variable_list& dOut) {
        const at::Tensor in = context->get_saved_variables()[0];
        Weight weight = kept(context, "weight");
        const at::Tensor d = rowsOf(dOut[0]);
        addProduct(weight.gradient, d.t(), rowsOf(in));
        return {dOut[0], product(d, weight.value).view_as(in), {}};
    }
};

struct AddFeedForward : Function<AddFeedForward> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const Weight& gain,
                              const Weight& gateUp, const Weight& down, double eps) {
        const at::Tensor in = rowsOf(x);
        at::Tensor out = at::empty_like(in);
        at::Tensor inverse = rowFactors(in);
        at::Tensor projected = buffer(in, in.size(0), gateUp.value.size(0));
        overChunks(in, chunkRows(in), [&](std::int64_t first, std::int64_t count) {
            const at::Tensor chunk = in.narrow(0, first, count);
            at::Tensor normed = buffer(in, count, in.size(1));
            at::Tensor factors = inverse.narrow(0, first, count);
            at::Tensor both = projected.narrow(0, first, count);
            at::Tensor hidden = buffer(in, count, down.value.size(1));
            at::Tensor result = out.narrow(0, first, count);
            rmsNorm(chunk, gain.value, eps, normed, factors);
            productInto(both, normed, gateUp.value.t());
            gated(both, hidden);
            sumWithProductInto(result, chunk, hidden, down.value.t());
        });
        context->save_for_backward({x, inverse, projected});
        keep(context, "gain", gain);
        keep(context, "gateUp", gateUp);
        keep(context, "down", down);
        return out.view_as(x);
    }

    static variable_list backward(AutogradContext* context, const variable_list& dOut) {
        const variable_list saved = context->get_saved_variables();
        const at::Tensor in = rowsOf(saved[0]);
        const at::Tensor d = rowsOf(dOut[0]).contiguous();
        Weight gain = kept(context, "gain");
        Weight gateUp = kept(context, "gateUp");
        Weight down = kept(context, "down");
        at::Tensor dx = d.clone();  // the way past the feed-forward
        overChunks(in, chunkRows(in), [&](std::int64_t first, std::int64_t count) {
            const at::Tensor chunk = in.narrow(0, first, count);
            const at::Tensor factors = saved[1].narrow(0, first, count);
            const at::Tensor both = saved[2].narrow(0, first, count);
            const at::Tensor dChunk = d.narrow(0, first, count);
            at::Tensor hidden = buffer(in, count, down.value.size(1));
            gated(both, hidden);
            addProduct(down.gradient, dChunk.t(), hidden);

            productInto(hidden, dChunk, down.value);  // no longer needed: holds its gradient now
            at::Tensor dBoth = buffer(in, count, both.size(1));
            gatedBackward(both, hidden, dBoth);
            at::Tensor normed = buffer(in, count, in.size(1));
            rmsNormAgain(chunk, gain.value, factors, normed);
            addProduct(gateUp.gradient, dBoth.t(), normed);

            productInto(normed, dBoth, gateUp.value);
            at::Tensor dxChunk = dx.narrow(0, first, count);
            rmsNormBackward(chunk, gain.value, factors, normed, dxChunk, gain.gradient);
        });
        return {dx.view_as(saved[0]), {}, {}, {}, {}};
    }
};

struct HeadLoss : Function<HeadLoss> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const Weight& gain,
                              const Weight& head, double eps, const at::Tensor& labels,
                              double scale) {
        const at::Tensor in = rowsOf(x);
        const at::Tensor wanted = labels.flatten();
        const at::Tensor weights = head.value.detach();
        at::Tensor headGradient = head.gradient;
        at::Tensor gainGradient = gain.gradient;
        at::Tensor dx = at::zeros_like(in);
        double loss = 0;
        const std::int64_t rows = std::max<std::int64_t>(128, headChunkScalars / weights.size(0));
        overChunks(in, rows, [&](std::int64_t first, std::int64_t count) {
            const at::Tensor chunk = in.narrow(0, first, count);
            at::Tensor inverse = rowFactors(chunk);
            at::Tensor normed = buffer(in, count, in.size(1));
            rmsNorm(chunk, gain.value, eps, normed, inverse);
            at::Tensor logits =
                allocatedFor(MemoryCategory::Logits, [&] { return product(normed, weights.t()); });
            loss += crossEntropy(logits, wanted.narrow(0, first, count), scale);
            addProduct(headGradient, logits.t(), normed);
            productInto(normed, logits, weights);  // no longer needed: holds its gradient now
            at::Tensor dChunk = dx.narrow(0, first, count);
            rmsNormBackward(chunk, gain.value, inverse, normed, dChunk, gainGradient);
        });
        context->save_for_backward({dx.view_as(x)});
        return at::scalar_tensor(loss, at::kDouble);
    }

    static variable_list backward(AutogradContext* context, const variable_list& dOut) {
        TORCH_CHECK(dOut[0].item<double>() == 1, "the loss's own gradient must be 1");
        return {context->get_saved_variables()[0], {}, {}, {}, {}, {}};
    }
};

}  // namespace

at::Tensor embed(const at::Tensor& tokens, const Weight& table) {
    return Embedding::apply(table.value, table.gradient, tokens);
}

Heads projectHeads(const at::Tensor& x, const Weight& gain, const Weight& qkv, double eps,
                   const RotaryTable& rotary, const HeadShape& shape) {
    const variable_list heads = HeadProjection::apply(x, gain, qkv, eps, rotary, shape);
    return {heads[0], heads[1], heads[2]};
}

at::Tensor addProjection(const at::Tensor& residual, const at::Tensor& in, const Weight& weight) {
    return AddProjection::apply(residual, in, weight);
}

at::Tensor addFeedForward(const at::Tensor& x, const Weight& gain, const Weight& gateUp,
                          const Weight& down, double eps) {
    return AddFeedForward::apply(x, gain, gateUp, down, eps);
}

at::Tensor headLoss(const at::Tensor& x, const Weight& gain, const Weight& head, double eps,
                    const at::Tensor& labels, double scale) {
    return HeadLoss::apply(x, gain, head, eps, labels, scale);
}

}  // namespace ringscope
