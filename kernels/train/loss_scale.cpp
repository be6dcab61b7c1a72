#include "kernels/train/loss_scale.h"

namespace ringscope {

bool LossScale::stepped(bool finite) {
    if (!dynamic_) return finite;
    if (finite) {
        if (++goodSteps_ < goodStepsToGrow) return true;
        goodSteps_ = 0;
        value_ *= 2;
        return true;
    }
    goodSteps_ = 0;
    if (value_ <= least) return false;
    value_ /= 2;
    return true;
}

}  // namespace ringscope
