// Parameters that a rank holds only while it uses them (memory.zero). They lie in units
// (backend/model/parameter_share.h): the layers, and what is before and behind them. The model says
// when it uses a unit, in the forward and in the backward pass:
//
//     x = endsBackward(keeper, unit, x);
//     keeper->useValues(unit, SpanPass::Forward);
//     y = … of x …;
//     keeper->dropValues(unit);
//     y = beginsBackward(keeper, unit, y);
//
// The embedding's backward pass needs no values. It is the last one, so whoever started the
// backward pass closes its gradients.
#pragma once

#include "backend/trace/span.h"

#include <ATen/core/Tensor.h>

namespace ringscope {

class UnitKeeper {
public:
    virtual ~UnitKeeper() = default;

    // Values are there between these two. Using twice is using once.
    virtual void useValues(int unit, SpanPass pass) = 0;
    virtual void dropValues(int unit) = 0;

    // Gradients are there between these two, zeros at first. After the second they are complete for
    // this batch. Opening twice is opening once.
    virtual void openGradients(int unit) = 0;
    virtual void closeGradients(int unit) = 0;
};

// x itself. In the backward pass the unit is used from the first on, until the second. Without a
// keeper nothing is added to the graph.
at::Tensor beginsBackward(UnitKeeper* keeper, int unit, const at::Tensor& x, bool values = true);
at::Tensor endsBackward(UnitKeeper* keeper, int unit, const at::Tensor& x);

}  // namespace ringscope
