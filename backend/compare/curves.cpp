#include "backend/compare/curves.h"

#include "backend/core/text.h"

#include <algorithm>

namespace ringscope {
namespace {

std::size_t leastPoints(CurveAxis axis) { return axis == CurveAxis::Length ? 3 : 2; }

TraitKind kindOf(CurveAxis axis) {
    return axis == CurveAxis::Length ? TraitKind::Length : TraitKind::Ranks;
}

double placeOf(const RunGroup& group, CurveAxis axis) {
    return axis == CurveAxis::Length ? static_cast<double>(group.seqLen)
                                     : static_cast<double>(group.ranks);
}

std::string sharedWords(const Section& section, CurveAxis axis) {
    std::vector<std::string> words;
    for (const SectionTrait& trait : section.traits)
        if (trait.kind != kindOf(axis)) words.push_back(trait.words);
    return join(words, ", ");
}

template <typename Item>
Item& named(std::vector<Item>& items, std::string Item::*name, const std::string& value) {
    const auto found = std::ranges::find(items, value, name);
    if (found != items.end()) return *found;
    items.emplace_back().*name = value;
    return items.back();
}

void addPoint(Curve& curve, const CurvePoint& point) {
    const auto next = std::ranges::lower_bound(curve.points, point.at, {}, &CurvePoint::at);
    if (next == curve.points.end() || next->at != point.at) curve.points.insert(next, point);
}

std::vector<CurveFamily> familiesOver(const Comparison& comparison, CurveAxis axis) {
    const std::vector<const RunGroup*> groups = comparison.groups();
    std::vector<CurveFamily> families;
    for (const Section& section : comparison.sections) {
        CurveFamily& family = named(families, &CurveFamily::shared, sharedWords(section, axis));
        family.axis = axis;
        for (const std::size_t index : section.groups) {
            const RunGroup& group = *groups[index];
            if (!group.tokensPerSecond) continue;
            Curve& curve = named(family.curves, &Curve::label, group.rowLabel);
            curve.mode = group.mode;
            addPoint(curve, {placeOf(group, axis), index});
        }
    }
    std::erase_if(families, [&](const CurveFamily& family) {
        return std::ranges::none_of(family.curves, [&](const Curve& curve) {
            return curve.points.size() >= leastPoints(axis);
        });
    });
    return families;
}

}  // namespace

std::string_view curveAxisName(CurveAxis axis) {
    return axis == CurveAxis::Length ? "length" : "ranks";
}

std::vector<CurveFamily> curveFamilies(const Comparison& comparison) {
    std::vector<CurveFamily> families = familiesOver(comparison, CurveAxis::Length);
    for (CurveFamily& family : familiesOver(comparison, CurveAxis::Ranks))
        families.push_back(std::move(family));
    return families;
}

}  // namespace ringscope
