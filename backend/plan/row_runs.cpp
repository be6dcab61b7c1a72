#include "backend/plan/row_runs.h"

#include <algorithm>
#include <numeric>

namespace ringscope {
namespace {

bool continues(const RowRun& run, const TokenSpan& span) {
    const std::int64_t next = run.tokens.at(run.count);
    if (run.tokens.stride == 1) return span.begin == next;
    return span.size() == 1 && span.begin == next;
}

// The first index of `run` whose token is at or after `token`.
std::int64_t indexAt(const RowRun& run, std::int64_t token) {
    if (token <= run.tokens.first) return 0;
    return std::min((token - run.tokens.first - 1) / run.tokens.stride + 1, run.count);
}

}  // namespace

RowRun within(const RowRun& run, const TokenSpan& tokens) {
    const std::int64_t begin = indexAt(run, tokens.begin);
    return run.part(begin, std::max<std::int64_t>(0, indexAt(run, tokens.end) - begin));
}

RowRun everyOf(const RowRun& run, std::int64_t rate, std::int64_t residue) {
    const std::int64_t every = rate / std::gcd(rate, run.tokens.stride);
    for (std::int64_t first = 0; first < std::min(every, run.count); ++first) {
        if ((run.tokens.at(first) - residue) % rate != 0) continue;
        RowRun some = run.part(first, (run.count - first - 1) / every + 1);
        some.tokens.stride *= every;
        some.step *= every;
        return some;
    }
    return run.part(0, 0);
}

std::vector<RowRun> runsOf(const std::vector<TokenSpan>& spans) {
    std::vector<RowRun> runs;
    std::int64_t row = 0;
    for (const TokenSpan& span : spans) {
        if (span.size() == 0) continue;
        RowRun* last = runs.empty() ? nullptr : &runs.back();
        const bool pairs = last != nullptr && last->count == 1 && span.size() == 1;
        if (pairs && span.begin > last->tokens.first) {
            last->tokens.stride = span.begin - last->tokens.first;
            last->count = 2;
        } else if (last != nullptr && continues(*last, span)) {
            last->count += span.size();
        } else {
            runs.push_back({row, span.size(), {span.begin, 1}});
        }
        row += span.size();
    }
    return runs;
}

// What is seen only moves on.
bool apart(const RowRun& queries, const RowRun& keys, const AttentionMask& mask) {
    const TokenSpan first = visibleTokens(mask, queries.tokens.at(0));
    const TokenSpan last = visibleTokens(mask, queries.tokens.at(queries.count - 1));
    return keys.tokens.at(keys.count - 1) < first.begin || keys.tokens.at(0) >= last.end;
}

bool meet(const RowRun& queries, const RowRun& keys, const AttentionMask& mask) {
    if (apart(queries, keys, mask)) return false;
    // What neighbouring tokens see overlaps, so there is no gap between first and last.
    if (queries.tokens.stride == 1 && keys.tokens.stride == 1) return true;
    const auto sees = [&](std::int64_t row) {
        const TokenRun query{queries.tokens.at(row), 1};
        return visibleRows(mask, query, 1, keys.tokens, keys.count).front().size() > 0;
    };
    // Without documents only the distance counts, and the outermost queries have all there are.
    const bool alike = queries.tokens.stride == keys.tokens.stride && queries.count == keys.count;
    if (mask.documents.empty() && alike) return sees(0) || sees(queries.count - 1);
    for (std::int64_t row = 0; row < queries.count; ++row)
        if (sees(row)) return true;
    return false;
}

}  // namespace ringscope
