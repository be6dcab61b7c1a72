// Random masks, and what they grant by their definition alone.
#pragma once

#include "backend/plan/mask.h"

#include <rapidcheck.h>
#include <algorithm>
#include <set>

namespace ringscope::test {

inline rc::Gen<AttentionMask> anyMask(std::int64_t tokens) {
    return rc::gen::exec([tokens] {
        AttentionMask mask;
        mask.causal = *rc::gen::arbitrary<bool>();
        const auto reach = rc::gen::inRange<std::int64_t>(0, tokens + 2);
        if (*rc::gen::arbitrary<bool>()) mask.left = *reach;
        if (*rc::gen::arbitrary<bool>()) mask.right = *reach;
        if (*rc::gen::arbitrary<bool>()) {
            std::set<std::int64_t> boundaries = *rc::gen::container<std::set<std::int64_t>>(
                rc::gen::inRange<std::int64_t>(1, std::max<std::int64_t>(2, tokens)));
            boundaries.insert({0, tokens});
            std::erase_if(boundaries, [&](std::int64_t at) { return at > tokens; });
            mask.documents.assign(boundaries.begin(), boundaries.end());
        }
        return mask;
    });
}

inline bool grants(const AttentionMask& mask, std::int64_t query, std::int64_t key) {
    if (mask.causal && key > query) return false;
    if (mask.left && key < query - *mask.left) return false;
    if (mask.right && key > query + *mask.right) return false;
    const auto document = [&](std::int64_t token) {
        return std::ranges::upper_bound(mask.documents, token) - mask.documents.begin();
    };
    return document(query) == document(key);
}

}  // namespace ringscope::test
