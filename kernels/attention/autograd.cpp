// The differentiable face of an Attention.
#include "kernels/attention/attention.h"

#include "profiler/trace_place.h"

#include <torch/csrc/autograd/custom_function.h>

namespace ringscope {
namespace {

class Attend : public torch::autograd::Function<Attend> {
public:
    using Context = torch::autograd::AutogradContext;

    static at::Tensor forward(Context* context, const at::Tensor& q, const at::Tensor& k,
                              const at::Tensor& v, const Attention* attention) {
        AttentionOutput output = attention->forward(q, k, v);
        context->save_for_backward(std::move(output.saved.tensors));
        context->saved_data["kvHeads"] = output.saved.kvHeads;
        context->saved_data["layer"] = static_cast<std::int64_t>(output.saved.layer);
        context->saved_data["step"] = static_cast<std::int64_t>(output.saved.step);
        context->saved_data["seed"] = static_cast<std::int64_t>(output.saved.seed);
        context->saved_data["attention"] = reinterpret_cast<std::int64_t>(attention);
        return output.out;
    }

    static torch::autograd::variable_list backward(Context* context,
                                                   const torch::autograd::variable_list& dOut) {
        const auto* attention =
            reinterpret_cast<const Attention*>(context->saved_data["attention"].toInt());
        const AttentionGradients gradients = attention->backward(
            {context->get_saved_variables(), context->saved_data["kvHeads"].toInt(),
             static_cast<int>(context->saved_data["layer"].toInt()),
             static_cast<int>(context->saved_data["step"].toInt()),
             static_cast<std::uint64_t>(context->saved_data["seed"].toInt())},
            dOut[0]);
        return {gradients.q, gradients.k, gradients.v, at::Tensor()};
    }
};

}  // namespace

at::Tensor Attention::attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) const {
    ++tracePlace().layer;
    return Attend::apply(q, k, v, this);
}

}  // namespace ringscope
