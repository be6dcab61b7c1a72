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
        case Verdict::DefaultChanged:
            return "default_changed";
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
    static constexpr std::array all = {
        Verdict::Kept,    Verdict::Renamed,   Verdict::Converted,     Verdict::DefaultChanged,
        Verdict::Dropped, Verdict::Dangerous, Verdict::NeedsDecision, Verdict::Unknown};
    return all;
}

bool isCarried(Verdict verdict) {
    return verdict == Verdict::Kept || verdict == Verdict::Renamed ||
           verdict == Verdict::Converted || verdict == Verdict::DefaultChanged ||
           verdict == Verdict::NeedsDecision;
}

std::string_view keyUseName(KeyUse use) {
    return use == KeyUse::Needed ? "needed" : "housekeeping";
}

std::span<const KeyUse> allKeyUses() {
    static constexpr std::array all = {KeyUse::Needed, KeyUse::Housekeeping};
    return all;
}

MigrationSummary summaryOf(const Migration& migration) {
    MigrationSummary summary;
    for (const KeyVerdict& key : migration.keys) {
        if (key.line == 0) continue;
        if (key.use == KeyUse::Housekeeping) {
            ++summary.housekeeping;
            continue;
        }
        ++summary.needed;
        if (isCarried(key.verdict))
            ++summary.carried;
        else if (key.verdict == Verdict::Dangerous)
            ++summary.dangerous;
        else
            ++(key.verdict == Verdict::Unknown ? summary.unknown : summary.dropped);
    }
    return summary;
}

}  // namespace ringscope
