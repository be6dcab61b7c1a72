#include "kernels/model/unit_keeper.h"

#include <torch/csrc/autograd/custom_function.h>

namespace ringscope {
namespace {

enum class UnitEvent : std::uint8_t { Begin, BeginGradients, End };

struct UnitMark : torch::autograd::Function<UnitMark> {
    static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x,
                              UnitKeeper* keeper, std::int64_t unit, UnitEvent event) {
        context->saved_data["keeper"] = reinterpret_cast<std::int64_t>(keeper);
        context->saved_data["unit"] = unit;
        context->saved_data["event"] = static_cast<std::int64_t>(event);
        return x.view_as(x);
    }
    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   const torch::autograd::variable_list& dOut) {
        auto* keeper = reinterpret_cast<UnitKeeper*>(context->saved_data["keeper"].toInt());
        const auto unit = static_cast<int>(context->saved_data["unit"].toInt());
        const auto event = static_cast<UnitEvent>(context->saved_data["event"].toInt());
        if (event == UnitEvent::End) {
            keeper->dropValues(unit);
            keeper->closeGradients(unit);
        } else {
            if (event == UnitEvent::Begin) keeper->useValues(unit, SpanPass::Backward);
            keeper->openGradients(unit);
        }
        return {dOut[0], {}, {}, {}};
    }
};

at::Tensor marked(UnitKeeper* keeper, int unit, const at::Tensor& x, UnitEvent event) {
    return keeper == nullptr ? x : UnitMark::apply(x, keeper, std::int64_t{unit}, event);
}

}  // namespace

at::Tensor beginsBackward(UnitKeeper* keeper, int unit, const at::Tensor& x, bool values) {
    return marked(keeper, unit, x, values ? UnitEvent::Begin : UnitEvent::BeginGradients);
}

at::Tensor endsBackward(UnitKeeper* keeper, int unit, const at::Tensor& x) {
    return marked(keeper, unit, x, UnitEvent::End);
}

}  // namespace ringscope
