#include "backend/migration/migration.h"

#include <array>

namespace ringscope {

std::string_view verdictName(Verdict verdict) {
    switch (verdict) {
        case Verdict::Kept:
            return "kept";
        case Verdict::Renamed:
            return "renamed";
        case Verdict::Converted:
            return "converted";
        case Verdict::Dropped:
            return "dropped";
        case Verdict::Dangerous:
            return "dangerous";
        case Verdict::NeedsDecision:
            return "needs_decision";
        case Verdict::Unknown:
            return "unknown";
    }
    return "unknown";
}

std::span<const Verdict> allVerdicts() {
    static constexpr std::array all = {Verdict::Kept,    Verdict::Renamed,   Verdict::Converted,
                                       Verdict::Dropped, Verdict::Dangerous, Verdict::NeedsDecision,
                                       Verdict::Unknown};
    return all;
}

}  // namespace ringscope
