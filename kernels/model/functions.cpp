#include "kernels/model/functions.h"

#include "kernels/model/activation.h"
#include "kernels/model/chunks.h"
#include "kernels/model/products.h"
#include "profiler/memory_scope.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>

namespace ringscope {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

constexpr std::int64_t headChunkScalars = 4 << 20;  // of logits at a time

struct Embedding : Function<Embedding> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& table,
                              const std::optional<at::Tensor>& gradient, const at::Tensor& tokens,
                              double scale) {
        context->saved_data["gradient"] = gradient.value_or(at::Tensor());
        context->saved_data["scale"] = scale;
        context->save_for_backward({tokens});
        at::Tensor rows = at::embedding(table, tokens);
        return scale == 1 ? rows : rows.mul_(scale);
    }
    static variable_list backward(AutogradContext* context, const variable_list& dOut) {
        const at::Tensor tokens = context->get_saved_variables()[0];
        const double scale = context->saved_data["scale"].toDouble();
        at::Tensor gradient = context->saved_data["gradient"].toTensor();
        if (!gradient.defined()) return {at::Tensor(), at::Tensor(), at::Tensor(), at::Tensor()};
        const at::Tensor used = tokens.flatten();
        const at::Tensor d = rowsOf(dOut[0]);
        overChunks(d, [&](std::int64_t first, std::int64_t count) {
            gradient.index_add_(0, used.narrow(0, first, count),
                                d.narrow(0, first, count).to(gradient.scalar_type()), scale);
        });
        return {at::Tensor(), at::Tensor(), at::Tensor(), at::Tensor()};
    }
};

struct Project : Function<Project> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const Norm& norm,
                              const Projection& projection) {
        const at::Tensor in = rowsOf(x);
        at::Tensor inverse = rowFactors(in);
        at::Tensor out = emptyRows(in, in.size(0), projection.outputs());
        overChunks(in, [&](std::int64_t first, std::int64_t count) {
            at::Tensor normed = emptyRows(in, count, in.size(1));
            at::Tensor factors = inverse.narrow(0, first, count);
            at::Tensor result = out.narrow(0, first, count);
            norm.apply(in.narrow(0, first, count), normed, factors);
            projection.applyInto(result, normed, first);
        });
        context->save_for_backward({x, inverse});
        keep(context, "norm", norm);
        keep(context, "projection", projection);
        return out.view({x.size(0), x.size(1), projection.outputs()});
    }
    static variable_list backward(AutogradContext* context, const variable_list& dOut) {
        const variable_list saved = context->get_saved_variables();
        const at::Tensor in = rowsOf(saved[0]);
        const at::Tensor d = rowsOf(dOut[0]).contiguous();
        const Norm norm = keptNorm(context, "norm");
        const Projection projection = keptProjection(context, "projection");
        at::Tensor dx = at::zeros_like(in);
        overChunks(in, [&](std::int64_t first, std::int64_t count) {
            const at::Tensor chunk = in.narrow(0, first, count);
            const at::Tensor factors = saved[1].narrow(0, first, count);
            const at::Tensor dChunk = d.narrow(0, first, count);
            at::Tensor normed = emptyRows(in, count, in.size(1));
            norm.applyAgain(chunk, factors, normed);
            projection.addGradients(dChunk, normed, first);
            projection.backInto(normed, dChunk, first);  // no longer needed: holds its gradient now
            at::Tensor dxChunk = dx.narrow(0, first, count);
            norm.backward(chunk, factors, normed, dxChunk);
        });
        return {dx.view_as(saved[0]), {}, {}};
    }
};

// The columns of queries, or of keys, of projected rows: where they begin, and their norm.
struct NormedColumns {
    std::int64_t first = 0;
    std::int64_t count = 0;
    const Norm& norm;

    // As rows of what the norm has a gain for; a copy.
    at::Tensor of(const at::Tensor& qkv) const {
        return qkv.narrow(1, first, count).reshape({-1, norm.gain.value.size(0)}).contiguous();
    }
    void put(at::Tensor& qkv, const at::Tensor& rows) const {
        qkv.narrow(1, first, count).copy_(rows.view({qkv.size(0), count}));
    }
};

std::vector<NormedColumns> normedColumns(const HeadParts& parts, const HeadShape& shape) {
    std::vector<NormedColumns> columns;
    const std::int64_t queries = shape.heads * shape.headDim;
    if (parts.queryNorm.defined()) columns.push_back({0, queries, parts.queryNorm});
    if (parts.keyNorm.defined())
        columns.push_back({queries, shape.kvHeads * shape.headDim, parts.keyNorm});
    return columns;
}

void normHeads(at::Tensor& qkv, const std::vector<NormedColumns>& columns) {
    for (const NormedColumns& part : columns) {
        const at::Tensor rows = part.of(qkv);
        at::Tensor normed = at::empty_like(rows);
        at::Tensor factors = rowFactors(rows);
        part.norm.apply(rows, normed, factors);
        part.put(qkv, normed);
    }
}

// Turns the gradient of normalised columns into that of the projected ones.
void normHeadsBackward(const at::Tensor& projected, at::Tensor& dQkv,
                       const std::vector<NormedColumns>& columns) {
    for (const NormedColumns& part : columns) {
        const at::Tensor rows = part.of(projected);
        at::Tensor normed = at::empty_like(rows);
        at::Tensor factors = rowFactors(rows);
        part.norm.apply(rows, normed, factors);
        at::Tensor d = at::zeros_like(rows);
        part.norm.backward(rows, factors, part.of(dQkv), d);
        part.put(dQkv, d);
    }
}

struct HeadProjection : Function<HeadProjection> {
    static variable_list forward(AutogradContext* context, const at::Tensor& x,
                                 const HeadParts& parts, const RotaryTable& rotary,
                                 const HeadShape& shape) {
        const at::Tensor in = rowsOf(x);
        at::Tensor inverse = rowFactors(in);
        HeadRows heads{.q = emptyRows(in, in.size(0), shape.heads * shape.headDim),
                       .k = emptyRows(in, in.size(0), shape.kvHeads * shape.headDim),
                       .v = emptyRows(in, in.size(0), shape.kvHeads * shape.headDim)};
        const std::vector<NormedColumns> columns = normedColumns(parts, shape);
        at::Tensor projected;  // before their norms
        if (!columns.empty()) projected = emptyRows(in, in.size(0), parts.qkv.outputs());
        overChunks(in, [&](std::int64_t first, std::int64_t count) {
            at::Tensor normed = emptyRows(in, count, in.size(1));
            at::Tensor factors = inverse.narrow(0, first, count);
            parts.norm.apply(in.narrow(0, first, count), normed, factors);
            at::Tensor qkv = parts.qkv.apply(normed, first);
            if (projected.defined()) {
                projected.narrow(0, first, count).copy_(qkv);
                normHeads(qkv, columns);
            }
            splitHeads(qkv, rotary, first, heads);
        });
        context->save_for_backward({x, inverse, projected});
        keepParts(context, parts, rotary);
        const auto shaped = [&](const at::Tensor& rows) {
            return rows.view({x.size(0), x.size(1), -1, shape.headDim});
        };
        return {shaped(heads.q), shaped(heads.k), shaped(heads.v)};
    }

    static variable_list backward(AutogradContext* context, const variable_list& dOut) {
        const variable_list saved = context->get_saved_variables();
        const at::Tensor in = rowsOf(saved[0]);
        const HeadParts parts = keptParts(context);
        const HeadShape shape{dOut[0].size(2), dOut[1].size(2), dOut[0].size(3)};
        const std::vector<NormedColumns> columns = normedColumns(parts, shape);
        const RotaryTable rotary{context->saved_data["cosine"].toTensor(),
                                 context->saved_data["sine"].toTensor(), shape.headDim,
                                 context->saved_data["interleaved"].toBool()};
        const auto rows = [&](const at::Tensor& d) {
            return d.contiguous().view({in.size(0), d.size(2) * d.size(3)});
        };
        const HeadRows dHeads{rows(dOut[0]), rows(dOut[1]), rows(dOut[2])};
        at::Tensor dx = at::zeros_like(in);
        overChunks(in, [&](std::int64_t first, std::int64_t count) {
            const at::Tensor chunk = in.narrow(0, first, count);
            const at::Tensor factors = saved[1].narrow(0, first, count);
            at::Tensor normed = emptyRows(in, count, in.size(1));
            at::Tensor dQkv = emptyRows(in, count, parts.qkv.outputs());
            parts.norm.applyAgain(chunk, factors, normed);
            joinHeads(dHeads, rotary, first, dQkv);
            if (!columns.empty())
                normHeadsBackward(saved[2].narrow(0, first, count), dQkv, columns);
            parts.qkv.addGradients(dQkv, normed, first);
            at::Tensor dChunk = dx.narrow(0, first, count);
            parts.qkv.backInto(normed, dQkv, first);  // no longer needed: holds its gradient now
            parts.norm.backward(chunk, factors, normed, dChunk);
        });
        return {dx.view_as(saved[0]), {}, {}, {}};
    }

private:
    static void keepParts(AutogradContext* context, const HeadParts& parts,
                          const RotaryTable& rotary) {
        keep(context, "norm", parts.norm);
        keep(context, "qkv", parts.qkv);
        keep(context, "queryNorm", parts.queryNorm);
        keep(context, "keyNorm", parts.keyNorm);
        context->saved_data["cosine"] = rotary.cosine;
        context->saved_data["sine"] = rotary.sine;
        context->saved_data["interleaved"] = rotary.interleaved;
    }
    static HeadParts keptParts(AutogradContext* context) {
        return {.norm = keptNorm(context, "norm"),
                .qkv = keptProjection(context, "qkv"),
                .queryNorm = keptNorm(context, "queryNorm"),
                .keyNorm = keptNorm(context, "keyNorm")};
    }
};

// Rows behind a projection, normalised and added to the residual stream; and the way back, which
// returns the gradient of the projected rows.
at::Tensor addNormed(const at::Tensor& residual, const at::Tensor& projected, const Norm& after) {
    at::Tensor normed = at::empty_like(projected);
    at::Tensor factors = rowFactors(projected);
    after.apply(projected, normed, factors);
    return normed.add_(residual);
}
at::Tensor addNormedBackward(const at::Tensor& dOut, const at::Tensor& projected,
                             const Norm& after) {
    at::Tensor normed = at::empty_like(projected);
    at::Tensor factors = rowFactors(projected);
    after.apply(projected, normed, factors);
    at::Tensor d = at::zeros_like(projected);
    after.backward(projected, factors, dOut, d);
    return d;
}

struct AddProjection : Function<AddProjection> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& residual,
                              const at::Tensor& in, const Projection& projection,
                              const Norm& after) {
        keep(context, "projection", projection);
        keep(context, "after", after);
        if (!after.defined()) {
            context->save_for_backward({in});
            return projection.addedTo(rowsOf(residual), rowsOf(in)).view_as(residual);
        }
        const at::Tensor projected = projection.apply(rowsOf(in));
        context->save_for_backward({in, projected});
        return addNormed(rowsOf(residual), projected, after).view_as(residual);
    }
    static variable_list backward(AutogradContext* context, const variable_list& dOut) {
        const variable_list saved = context->get_saved_variables();
        const Projection projection = keptProjection(context, "projection");
        const Norm after = keptNorm(context, "after");
        at::Tensor d = rowsOf(dOut[0]);
        if (after.defined()) d = addNormedBackward(d.contiguous(), saved[1], after);
        projection.addGradients(d, rowsOf(saved[0]));
        return {dOut[0], projection.back(d).view_as(saved[0]), {}, {}};
    }
};

// The feed-forward of some rows. `inner` holds what the first projection gives, `before` what the
// last one gives where a norm follows.
struct FeedForwardRows {
    const FeedForward& parts;
    std::int64_t first;  // the number of the first one
    at::Tensor in;
    at::Tensor factors;
    at::Tensor inner;
    at::Tensor before;

    void project(at::Tensor& normed) {
        parts.before.apply(in, normed, factors);
        parts.in.applyInto(inner, normed, first);
    }
    at::Tensor activated() const {
        at::Tensor hidden = emptyRows(in, in.size(0), parts.down.inputs());
        activate(parts.kind, inner, hidden);
        return hidden;
    }
    void addTo(at::Tensor& out, const at::Tensor& past) {
        const at::Tensor hidden = activated();
        if (!parts.after.defined()) {
            parts.down.addedInto(out, past, hidden, first);
            return;
        }
        parts.down.applyInto(before, hidden, first);
        out.copy_(addNormed(past, before, parts.after));
    }
    // Adds to the gradients of the parameters and to dx. `normed` is overwritten.
    void backward(at::Tensor d, at::Tensor& normed, at::Tensor& dx) {
        if (parts.after.defined()) d = addNormedBackward(d, before, parts.after);
        at::Tensor hidden = activated();
        parts.down.addGradients(d, hidden, first);

        parts.down.backInto(hidden, d, first);  // no longer needed: holds its gradient now
        at::Tensor dInner = at::empty_like(inner);
        activateBackward(parts.kind, inner, hidden, dInner);
        parts.before.applyAgain(in, factors, normed);
        parts.in.addGradients(dInner, normed, first);

        parts.in.backInto(normed, dInner, first);
        parts.before.backward(in, factors, normed, dx);
    }
};

// What is kept for the backward pass: rows of every tensor are those of x. Nothing in it where the
// rows are worked on in tiles.
struct KeptRows {
    at::Tensor factors;
    at::Tensor inner;
    at::Tensor before;

    FeedForwardRows rows(const FeedForward& parts, const at::Tensor& in, std::int64_t first,
                         std::int64_t count) const {
        const auto part = [&](const at::Tensor& kept) {
            return kept.defined() ? kept.narrow(0, first, count) : at::Tensor();
        };
        FeedForwardRows rows{parts,         first,       in.narrow(0, first, count),
                             part(factors), part(inner), part(before)};
        if (inner.defined()) return rows;
        rows.factors = rowFactors(rows.in);
        rows.inner = emptyRows(in, count, parts.in.outputs());
        if (parts.after.defined()) rows.before = at::empty_like(rows.in);
        return rows;
    }
};

// `residual` is x without its graph, or a tensor apart from it.
struct AddFeedForward : Function<AddFeedForward> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x,
                              const FeedForward& parts, const at::Tensor& residual, bool isApart) {
        const at::Tensor in = rowsOf(x);
        const at::Tensor past = rowsOf(residual);
        at::Tensor out = at::empty_like(past);
        KeptRows keptRows;
        if (parts.tile == 0) {
            keptRows = {.factors = rowFactors(in),
                        .inner = emptyRows(in, in.size(0), parts.in.outputs()),
                        .before = parts.after.defined() ? at::empty_like(in) : at::Tensor()};
        }
        overRows(in, parts, [&](std::int64_t first, std::int64_t count) {
            FeedForwardRows rows = keptRows.rows(parts, in, first, count);
            at::Tensor normed = emptyRows(in, count, in.size(1));
            at::Tensor result = out.narrow(0, first, count);
            rows.project(normed);
            rows.addTo(result, past.narrow(0, first, count));
        });
        context->save_for_backward({x, keptRows.factors, keptRows.inner, keptRows.before});
        context->saved_data["kind"] = static_cast<std::int64_t>(parts.kind);
        context->saved_data["tile"] = parts.tile;
        context->saved_data["isApart"] = isApart;
        keep(context, "before", parts.before);
        keep(context, "in", parts.in);
        keep(context, "down", parts.down);
        keep(context, "after", parts.after);
        return out.view_as(x);
    }

    static variable_list backward(AutogradContext* context, const variable_list& dOut) {
        const variable_list saved = context->get_saved_variables();
        const KeptRows keptRows{saved[1], saved[2], saved[3]};
        const at::Tensor in = rowsOf(saved[0]);
        const at::Tensor d = rowsOf(dOut[0]).contiguous();
        const bool isApart = context->saved_data["isApart"].toBool();
        const FeedForward parts{
            .kind = static_cast<FeedForwardKind>(context->saved_data["kind"].toInt()),
            .before = keptNorm(context, "before"),
            .in = keptProjection(context, "in"),
            .down = keptProjection(context, "down"),
            .after = keptNorm(context, "after"),
            .tile = context->saved_data["tile"].toInt()};
        // What is added to x goes past the feed-forward.
        at::Tensor dx = isApart ? at::zeros_like(in) : d.clone();
        overRows(in, parts, [&](std::int64_t first, std::int64_t count) {
            FeedForwardRows rows = keptRows.rows(parts, in, first, count);
            at::Tensor normed = emptyRows(in, count, in.size(1));
            if (!keptRows.inner.defined()) {
                rows.project(normed);
                if (parts.after.defined())
                    parts.down.applyInto(rows.before, rows.activated(), first);
            }
            at::Tensor dChunk = dx.narrow(0, first, count);
            rows.backward(d.narrow(0, first, count), normed, dChunk);
        });
        return {dx.view_as(saved[0]), {}, isApart ? dOut[0] : at::Tensor(), {}};
    }

private:
    template <typename Body>
    static void overRows(const at::Tensor& in, const FeedForward& parts, const Body& body) {
        if (parts.tile == 0)
            overChunks(in, body);
        else
            overTiles(in.size(0), parts.tile, body);
    }
};

at::Tensor logitsOf(const at::Tensor& normed, const Head& head) {
    at::Tensor logits = product(normed, head.weight.value.detach().t());
    if (head.softcap) logits.div_(*head.softcap).tanh_().mul_(*head.softcap);
    return logits;
}

// `gradient` of capped logits becomes that of the products.
void uncapGradient(at::Tensor& gradient, const at::Tensor& capped, double softcap) {
    gradient.mul_(1 - (capped / softcap).square());
}

std::int64_t tileOf(const at::Tensor& in, const Head& head) {
    if (head.tile > 0) return head.tile;
    const std::int64_t scalars = in.is_cpu() ? headChunkScalars : 16 * headChunkScalars;
    return std::max<std::int64_t>(128, scalars / head.weight.value.size(0));
}

struct HeadLoss : Function<HeadLoss> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const Head& head,
                              const at::Tensor& labels, double scale) {
        const at::Tensor in = rowsOf(x);
        const at::Tensor wanted = labels.flatten();
        const at::Tensor weights = head.weight.value.detach();
        at::Tensor headGradient = head.weight.gradient;
        at::Tensor dx = at::zeros_like(in);
        double loss = 0;
        overTiles(in.size(0), tileOf(in, head), [&](std::int64_t first, std::int64_t count) {
            const at::Tensor chunk = in.narrow(0, first, count);
            at::Tensor inverse = rowFactors(chunk);
            at::Tensor normed = emptyRows(in, count, in.size(1));
            head.norm.apply(chunk, normed, inverse);
            at::Tensor logits =
                allocatedFor(MemoryCategory::Logits, [&] { return logitsOf(normed, head); });
            const at::Tensor capped = head.softcap ? logits.clone() : at::Tensor();
            loss += crossEntropy(logits, wanted.narrow(0, first, count), scale, head.rule);
            if (head.softcap) uncapGradient(logits, capped, *head.softcap);
            if (headGradient.defined()) addProduct(headGradient, logits.t(), normed);
            productInto(normed, logits, weights);  // no longer needed: holds its gradient now
            at::Tensor dChunk = dx.narrow(0, first, count);
            head.norm.backward(chunk, inverse, normed, dChunk);
        });
        context->save_for_backward({dx.view_as(x)});
        return at::scalar_tensor(loss, at::kDouble);
    }

    static variable_list backward(AutogradContext* context, const variable_list& dOut) {
        TORCH_CHECK(dOut[0].item<double>() == 1, "the loss's own gradient must be 1");
        return {context->get_saved_variables()[0], {}, {}, {}};
    }
};

}  // namespace

at::Tensor embed(const at::Tensor& tokens, const Weight& table, double scale) {
    const std::optional<at::Tensor> gradient =
        table.gradient.defined() ? std::optional(table.gradient) : std::nullopt;
    return Embedding::apply(table.value, gradient, tokens, scale);
}

at::Tensor project(const at::Tensor& x, const Norm& norm, const Projection& projection) {
    return Project::apply(x, norm, projection);
}

Heads projectHeads(const at::Tensor& x, const HeadParts& parts, const RotaryTable& rotary,
                   const HeadShape& shape) {
    const variable_list heads = HeadProjection::apply(x, parts, rotary, shape);
    return {heads[0], heads[1], heads[2]};
}

at::Tensor addProjection(const at::Tensor& residual, const at::Tensor& in,
                         const Projection& projection, const Norm& after) {
    return AddProjection::apply(residual, in, projection, after);
}

at::Tensor addFeedForward(const at::Tensor& x, const FeedForward& parts,
                          const std::optional<at::Tensor>& residual) {
    return AddFeedForward::apply(x, parts, residual ? *residual : x.detach(), residual.has_value());
}

at::Tensor headLogits(const at::Tensor& rows, const Head& head) {
    at::Tensor normed = at::empty_like(rows);
    at::Tensor inverse = rowFactors(rows);
    head.norm.apply(rows, normed, inverse);
    return logitsOf(normed, head);
}

double headLikelihoods(const at::Tensor& x, const Head& head, const at::Tensor& labels,
                       at::Tensor* likeliest) {
    const at::Tensor in = rowsOf(x);
    const at::Tensor wanted = labels.flatten();
    if (likeliest != nullptr) *likeliest = at::empty_like(wanted);
    double sum = 0;
    overTiles(in.size(0), tileOf(in, head), [&](std::int64_t first, std::int64_t count) {
        at::Tensor logits = allocatedFor(
            MemoryCategory::Logits, [&] { return headLogits(in.narrow(0, first, count), head); });
        if (likeliest != nullptr) likeliest->narrow(0, first, count).copy_(logits.argmax(1));
        sum += crossEntropy(logits, wanted.narrow(0, first, count), 1);
    });
    return sum;
}

at::Tensor headLoss(const at::Tensor& x, const Head& head, const at::Tensor& labels, double scale) {
    return HeadLoss::apply(x, head, labels, scale);
}

}  // namespace ringscope
