// Attention::attend(): an Attention as a differentiable function.
#include "kernels/attention/attention.h"

#include <torch/csrc/autograd/custom_function.h>

#include <utility>

namespace ringscope {
namespace {

// What a node of the graph keeps besides tensors, which autograd keeps itself.
struct Kept : torch::CustomClassHolder {
    Kept(const Attention& by, SavedAttention without) : attention(by), saved(std::move(without)) {}
    const Attention& attention;
    SavedAttention saved;  // without its tensors
};

using Context = torch::autograd::AutogradContext;
using Gradients = torch::autograd::variable_list;

at::Tensor keep(Context* context, const Attention& attention, AttentionOutput output) {
    context->save_for_backward(std::exchange(output.saved.tensors, {}));
    context->saved_data["kept"] =
        c10::IValue::make_capsule(c10::make_intrusive<Kept>(attention, std::move(output.saved)));
    return output.out;
}

AttentionGradients gradientsOf(Context* context, const at::Tensor& dOut) {
    const auto capsule = context->saved_data["kept"].toCapsule();
    const auto& kept = static_cast<const Kept&>(*capsule);
    SavedAttention saved = kept.saved;
    saved.tensors = context->get_saved_variables();
    return kept.attention.backward(saved, dOut);
}

class Attend : public torch::autograd::Function<Attend> {
public:
    static at::Tensor forward(Context* context, const at::Tensor& q, const at::Tensor& k,
                              const at::Tensor& v, const Attention* attention,
                              const AttentionCall& call) {
        return keep(context, *attention, attention->forward(call, q, k, v));
    }

    static Gradients backward(Context* context, const Gradients& dOut) {
        const AttentionGradients gradients = gradientsOf(context, dOut[0]);
        return {gradients.q, gradients.k, gradients.v, at::Tensor(), at::Tensor()};
    }
};

class AttendSparse : public torch::autograd::Function<AttendSparse> {
public:
    static at::Tensor forward(Context* context, const at::Tensor& q, const at::Tensor& k,
                              const at::Tensor& v, const at::Tensor& gates,
                              const Attention* attention, const AttentionCall& call) {
        return keep(context, *attention, attention->forward(call, q, k, v, gates));
    }

    static Gradients backward(Context* context, const Gradients& dOut) {
        const AttentionGradients gradients = gradientsOf(context, dOut[0]);
        return {gradients.q, gradients.k, gradients.v, gradients.gates, at::Tensor(), at::Tensor()};
    }
};

class AttendLatents : public torch::autograd::Function<AttendLatents> {
public:
    static at::Tensor forward(Context* context, const at::Tensor& q, const at::Tensor& latent,
                              const Attention* attention, const AttentionCall& call,
                              const LatentKeys& keys) {
        return keep(context, *attention,
                    attention->forward(call, q, {latent, keys.expand, keys.heads}));
    }

    static Gradients backward(Context* context, const Gradients& dOut) {
        const AttentionGradients gradients = gradientsOf(context, dOut[0]);
        return {gradients.q, gradients.k, at::Tensor(), at::Tensor(), at::Tensor()};
    }
};

}  // namespace

at::Tensor Attention::attend(const AttentionCall& call, const at::Tensor& q, const at::Tensor& k,
                             const at::Tensor& v) const {
    return Attend::apply(q, k, v, this, call);
}

at::Tensor Attention::attend(const AttentionCall& call, const at::Tensor& q, const at::Tensor& k,
                             const at::Tensor& v, const at::Tensor& gates) const {
    return AttendSparse::apply(q, k, v, gates, this, call);
}

at::Tensor Attention::attend(const AttentionCall& call, const at::Tensor& q,
                             const LatentKeys& keys) const {
    if (travelAsLatents()) return AttendLatents::apply(q, keys.latent, this, call, keys);
    const auto [k, v] = keys.expand(keys.latent, {0, keys.heads});
    return attend(call, q, k, v);
}

}  // namespace ringscope
