#include "backend/model/parameter_share.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

namespace ringscope {
namespace {

std::int64_t padded(std::int64_t count, std::int64_t slices) {
    return (count + slices - 1) / slices * slices;
}

// Unit, whether of adapters, whether of experts that ranks share. Parts stand in this order.
using PartKey = std::tuple<int, bool, bool>;

// Of each parameter. Names are those of parameter_list.h.
std::vector<int> unitsOf(const std::vector<ParameterSpec>& list) {
    constexpr std::string_view layers = "layers.";
    std::vector<int> units;
    for (const ParameterSpec& spec : list) {
        int layer = -1;
        if (spec.name.starts_with(layers))
            std::from_chars(spec.name.data() + layers.size(), spec.name.data() + spec.name.size(),
                            layer);
        units.push_back(layer < 0 ? embeddingUnit : layerUnit(layer));
    }
    const int last = *std::ranges::max_element(units) + 1;
    for (std::size_t i = 0; i < list.size(); ++i)
        if (units[i] == embeddingUnit && !isOfEmbedding(list[i])) units[i] = last;
    return units;
}

}  // namespace

bool isOfExperts(const ParameterSpec& parameter) { return parameter.shape.size() == 3; }

bool isOfAdapter(const ParameterSpec& parameter) {
    return parameter.name.find(adapterMark) != std::string::npos;
}

ParameterShare parameterShare(const std::vector<ParameterSpec>& list, const ExpertSplit& split,
                              bool inUnits) {
    ParameterShare share{.list = list, .parts = {}};
    const std::vector<int> units = unitsOf(list);
    const bool adapted = std::ranges::any_of(list, isOfAdapter);
    std::map<PartKey, std::vector<std::size_t>> parts;
    const int first = inUnits ? embeddingUnit : -1;
    const int last = inUnits ? *std::ranges::max_element(units) : -1;
    for (int unit = first; unit <= last; ++unit) parts[{unit, false, false}];  // also where empty
    for (std::size_t i = 0; i < list.size(); ++i) {
        const bool shared = split.sharing > 1 && isOfExperts(list[i]);
        const int unit = inUnits ? units[i] : -1;
        parts[{unit, adapted && isOfAdapter(list[i]), shared}].push_back(i);
    }
    std::int64_t end = 0;
    for (const auto& [key, members] : parts) {
        const auto& [unit, adapter, experts] = key;
        const std::int64_t begin = end;
        for (const std::size_t i : members) {
            ParameterSpec& spec = share.list[i];
            if (experts) spec.shape.front() /= split.sharing;
            spec.offset = end;
            end += spec.elements();
        }
        const std::int64_t count =
            padded(end - begin, experts ? split.ranks / split.sharing : split.ranks);
        end = begin + count;
        share.parts.push_back({.span = {begin, count},
                               .experts = experts,
                               .unit = unit,
                               .frozen = adapted && !adapter});
    }
    return share;
}

void forEachPart(const ParameterShare& share, const std::vector<ParameterSpec>& list, int place,
                 BufferPart part,
                 const std::function<void(std::int64_t, std::int64_t, std::int64_t)>& body) {
    for (std::size_t i = 0; i < list.size(); ++i) {
        const ParameterSpec& own = share.list[i];
        const std::int64_t first = std::max(part.begin, own.offset);
        const std::int64_t end = std::min(part.begin + part.count, own.offset + own.elements());
        if (first >= end) continue;
        const bool shared = own.elements() < list[i].elements();
        const std::int64_t skipped = shared ? place * own.elements() : 0;
        body(first, list[i].offset + skipped + first - own.offset, end - first);
    }
}

}  // namespace ringscope
