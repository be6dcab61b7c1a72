#include "backend/model/parameter_share.h"

#include <algorithm>

namespace ringscope {
namespace {

std::int64_t padded(std::int64_t count, std::int64_t slices) {
    return (count + slices - 1) / slices * slices;
}

}  // namespace

bool isOfExperts(const ParameterSpec& parameter) { return parameter.shape.size() == 3; }

ParameterShare parameterShare(const std::vector<ParameterSpec>& list, const ExpertSplit& split) {
    ParameterShare share{.list = list};
    std::int64_t& common = share.commonScalars;
    for (ParameterSpec& spec : share.list) {
        if (split.sharing > 1 && isOfExperts(spec)) continue;
        spec.offset = common;
        common += spec.elements();
    }
    share.common = {0, padded(common, split.ranks)};
    share.experts.begin = share.common.count;
    if (split.sharing == 1) return share;
    std::int64_t& experts = share.expertScalars;
    for (ParameterSpec& spec : share.list) {
        if (!isOfExperts(spec)) continue;
        spec.shape.front() /= split.sharing;
        spec.offset = share.experts.begin + experts;
        experts += spec.elements();
    }
    share.experts.count = padded(experts, split.ranks / split.sharing);
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
