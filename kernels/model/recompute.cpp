#include "kernels/model/recompute.h"

#include "profiler/span_recorder.h"
#include "profiler/trace_place.h"

#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace ringscope {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

struct KeptPart : torch::CustomClassHolder {
    KeptPart(ModelPart again, bool isScored, ActivationStore* at)
        : part(std::move(again)), scored(isScored), store(at) {}
    ModelPart part;
    bool scored;
    ActivationStore* store;
};

at::Tensor leafOf(const at::Tensor& tensor) {
    return tensor.defined() ? tensor.detach().requires_grad_(true) : tensor;
}

struct Recomputed : Function<Recomputed> {
    static variable_list forward(AutogradContext* context, const at::Tensor& x,
                                 const std::optional<at::Tensor>& aside, ModelPart part,
                                 RouterUse* routers, ActivationStore* store) {
        RouterUse own{.scored = routers->scored};
        const at::Tensor second = aside.value_or(at::Tensor());
        if (store != nullptr) store->put(x);
        at::Tensor out = part(x, second, own);
        std::ranges::move(own.perExpert, std::back_inserter(routers->perExpert));
        context->save_for_backward({store == nullptr ? x : at::Tensor(), second});
        context->saved_data["part"] = c10::IValue::make_capsule(
            c10::make_intrusive<KeptPart>(std::move(part), own.scores.defined(), store));
        if (own.scores.defined()) return {std::move(out), std::move(own.scores)};
        return {std::move(out)};
    }

    static variable_list backward(AutogradContext* context, const variable_list& dOut) {
        const variable_list saved = context->get_saved_variables();
        const auto capsule = context->saved_data["part"].toCapsule();
        const auto& kept = static_cast<const KeptPart&>(*capsule);
        const at::Tensor x = leafOf(kept.store == nullptr ? saved[0] : kept.store->take());
        const at::Tensor aside = leafOf(saved[1]);
        variable_list outputs = again(kept, x, aside);
        const PlaceScope place;
        enterPass(SpanPass::Backward);
        const ScopedSpan span(tagHere(SpanKind::Compute, Operation::Backward));
        torch::autograd::backward(outputs, dOut);
        return {x.grad(), aside.defined() ? aside.grad() : at::Tensor(), {}, {}, {}};
    }

private:
    static variable_list again(const KeptPart& kept, const at::Tensor& x, const at::Tensor& aside) {
        const at::AutoGradMode withGraph(true);
        const PlaceScope place;
        tracePlace().again = true;
        enterPass(SpanPass::Forward);
        const ScopedSpan span(tagHere(SpanKind::Compute, Operation::Forward));
        RouterUse routers{.scored = kept.scored};
        const at::Tensor out = kept.part(x, aside, routers);
        if (kept.scored) return {out, routers.scores};
        return {out};
    }
};

}  // namespace

at::Tensor recomputed(const at::Tensor& x, const at::Tensor& aside, RouterUse& routers,
                      ModelPart part, ActivationStore* store) {
    if (!at::GradMode::is_enabled()) return part(x, aside, routers);
    const std::optional<at::Tensor> second =
        aside.defined() ? std::optional<at::Tensor>(aside) : std::nullopt;
    const variable_list outputs = Recomputed::apply(x, second, std::move(part), &routers, store);
    if (outputs.size() > 1) routers.addScores(outputs[1]);
    return outputs[0];
}

}  // namespace ringscope
