#include "backend/plan/mask.h"

namespace ringscope {

std::string_view maskName(MaskKind kind) {
    switch (kind) {
        case MaskKind::Full:
            return "full";
        case MaskKind::Causal:
            return "causal";
    }
    return "";
}

}  // namespace ringscope
