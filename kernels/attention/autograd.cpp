// Attention::attend(): an Attention as a differentiable function.
#include "kernels/attention/attention.h"

#include <torch/csrc/autograd/custom_function.h>

#include <utility>

namespace ringscope {
namespace {

// What a node of the graph keeps besides tensors, which autograd keeps itself.
struct KeptCall : torch::CustomClassHolder {
    KeptCall(const Attention& by, AttentionCall call, std::int64_t kvHeads)
        : attention(by), call(std::move(call)), kvHeads(kvHeads) {}
    const Attention& attention;
    AttentionCall call;
    std::int64_t kvHeads;
};

class Attend : public torch::autograd::Function<Attend> {
public:
    using Context = torch::autograd::AutogradContext;

    static at::Tensor forward(Context* context, const at::Tensor& q, const at::Tensor& k,
                              const at::Tensor& v, const Attention* attention,
                              const AttentionCall& call) {
        AttentionOutput output = attention->forward(call, q, k, v);
        context->save_for_backward(std::move(output.saved.tensors));
        context->saved_data["call"] = c10::IValue::make_capsule(
            c10::make_intrusive<KeptCall>(*attention, call, output.saved.kvHeads));
        return output.out;
    }

    static torch::autograd::variable_list backward(Context* context,
                                                   const torch::autograd::variable_list& dOut) {
        const auto capsule = context->saved_data["call"].toCapsule();
        const auto& kept = static_cast<const KeptCall&>(*capsule);
        const AttentionGradients gradients = kept.attention.backward(
            {context->get_saved_variables(), kept.kvHeads, kept.call}, dOut[0]);
        return {gradients.q, gradients.k, gradients.v, at::Tensor(), at::Tensor()};
    }
};

}  // namespace

at::Tensor Attention::attend(const AttentionCall& call, const at::Tensor& q, const at::Tensor& k,
                             const at::Tensor& v) const {
    return Attend::apply(q, k, v, this, call);
}

}  // namespace ringscope
