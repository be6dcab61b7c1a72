#include "backend/plan/mask.h"

#include <algorithm>
#include <limits>
#include <string>

namespace ringscope {
namespace {

// The first row of `run` at or after `token`, of `rows`.
std::int64_t rowAt(const TokenRun& run, std::int64_t rows, std::int64_t token) {
    if (token <= run.first) return 0;
    const std::int64_t steps = (token - run.first - 1) / run.stride + 1;
    return std::min(steps, rows);
}

// The sum over `tokens` tokens in a row of how many, `reach` at most, are before each.
std::int64_t pairsBefore(std::int64_t tokens, std::int64_t reach) {
    const std::int64_t most = std::min(reach, tokens - 1);
    return most * (most - 1) / 2 + (tokens - most) * most;
}

std::int64_t documentPairs(const AttentionMask& mask, std::int64_t tokens) {
    const std::int64_t after = mask.causal ? 0 : mask.right.value_or(tokens);
    return tokens + pairsBefore(tokens, mask.left.value_or(tokens)) + pairsBefore(tokens, after);
}

Error notIncreasing(std::int64_t boundary, std::int64_t next) {
    return {ErrorCode::InvalidConfig, "documents begin one after another; " + std::to_string(next) +
                                          " follows " + std::to_string(boundary)};
}

}  // namespace

std::string_view maskName(MaskKind kind) {
    switch (kind) {
        case MaskKind::Full:
            return "full";
        case MaskKind::Causal:
            return "causal";
        case MaskKind::Positions:
            return "by position";
    }
    return "";
}

Result<void> checkMask(const AttentionMask& mask, std::int64_t tokens) {
    for (const std::optional<std::int64_t>& side : {mask.left, mask.right})
        if (side && *side < 0)
            return Error{
                ErrorCode::InvalidConfig,
                "a window reaches 0 or more tokens to a side; got " + std::to_string(*side)};
    const std::vector<std::int64_t>& documents = mask.documents;
    if (documents.empty()) return {};
    if (documents.front() != 0 || documents.back() != tokens)
        return Error{ErrorCode::InvalidConfig,
                     "documents go from token 0 to the sequence's end at " +
                         std::to_string(tokens) + "; got " + std::to_string(documents.front()) +
                         " to " + std::to_string(documents.back())};
    for (std::size_t i = 1; i < documents.size(); ++i)
        if (documents[i] <= documents[i - 1]) return notIncreasing(documents[i - 1], documents[i]);
    return {};
}

AttentionMask paddedMask(AttentionMask mask, std::int64_t tokens, std::int64_t padded) {
    if (padded == tokens) return mask;
    if (!mask.documents.empty())
        mask.documents.push_back(padded);
    else if (!mask.causal)  // a causal mask hides what comes later
        mask.documents = {0, tokens, padded};
    return mask;
}

TokenSpan documentAt(const std::vector<std::int64_t>& documents, std::int64_t position) {
    constexpr std::int64_t beyond = std::numeric_limits<std::int64_t>::max();
    if (documents.empty()) return {0, beyond};
    const auto next = std::ranges::upper_bound(documents, position);
    return {next == documents.begin() ? 0 : *(next - 1), next == documents.end() ? beyond : *next};
}

TokenSpan visibleTokens(const AttentionMask& mask, std::int64_t position) {
    TokenSpan tokens = documentAt(mask.documents, position);
    if (mask.left) tokens.begin = std::max(tokens.begin, position - *mask.left);
    if (mask.right) tokens.end = std::min(tokens.end, position + *mask.right + 1);
    if (mask.causal) tokens.end = std::min(tokens.end, position + 1);
    return tokens;
}

std::int64_t visiblePairs(const AttentionMask& mask, std::int64_t tokens) {
    if (mask.documents.empty()) return documentPairs(mask, tokens);
    std::int64_t pairs = 0;
    for (std::size_t i = 1; i < mask.documents.size(); ++i)
        pairs += documentPairs(mask, mask.documents[i] - mask.documents[i - 1]);
    return pairs;
}

std::vector<TokenSpan> visibleRows(const AttentionMask& mask, const TokenRun& queries,
                                   std::int64_t queryRows, const TokenRun& keys,
                                   std::int64_t keyRows) {
    std::vector<TokenSpan> visible;
    visible.reserve(static_cast<std::size_t>(queryRows));
    for (std::int64_t row = 0; row < queryRows; ++row) {
        const TokenSpan tokens = visibleTokens(mask, queries.at(row));
        const std::int64_t begin = rowAt(keys, keyRows, tokens.begin);
        visible.push_back({begin, std::max(begin, rowAt(keys, keyRows, tokens.end))});
    }
    return visible;
}

}  // namespace ringscope
