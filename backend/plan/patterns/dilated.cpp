// dilated: LongNet's attention. A branch has segments of w tokens and a rate r: within a segment,
// rows s, s + r, s + 2r, … attend to each other, where s depends on the head. Branches are weighted
// by their softmax denominators, for each row and head; so a key that k branches show counts k
// times.
//
// Query heads that share a key/value head begin at the same row, so that a key/value head has one
// set of rows for each branch: work, memory and bytes fall with the rate.
#include "backend/core/text.h"
#include "backend/plan/patterns/patterns.h"

#include <fmt/format.h>
#include <algorithm>
#include <numeric>

namespace ringscope {
namespace {

std::string listOf(const std::vector<std::int64_t>& numbers) {
    std::vector<std::string> words;
    for (const std::int64_t number : numbers) words.push_back(std::to_string(number));
    return join(words, ", ");
}

class DilatedPattern final : public AttentionPattern {
public:
    using AttentionPattern::AttentionPattern;

    int branches() const override { return static_cast<int>(config().rates.size()); }
    bool branchesApart() const override { return config().stopGradient && branches() > 1; }
    bool headsAlike() const override {
        return std::ranges::all_of(config().rates, [](std::int64_t rate) { return rate == 1; });
    }

    void cut(const PatternCut& cut, const SeePiece& see) const override {
        if (cut.queries.count == 0 || cut.keys.count == 0) return;
        for (int branch = 0; branch < branches(); ++branch)
            if (cut.branch == -1 || cut.branch == branch) cutBranch(branch, cut, see);
    }

    PackedRows packedRows(int branch, std::int64_t first) const override {
        const std::int64_t rate = rateOf(branch);
        PackedRows rows{.step = rate};
        const std::int64_t segment = first / segmentOf(branch) * segmentOf(branch);
        for (std::int64_t head = 0; head < shape().kvHeads; ++head) {
            const std::int64_t away = (segment + offsetOf(rate, head) - first) % rate;
            rows.first.push_back(away < 0 ? away + rate : away);
        }
        return rows;
    }

private:
    std::int64_t segmentOf(int branch) const {
        return config().segments[static_cast<std::size_t>(branch)];
    }
    std::int64_t rateOf(int branch) const {
        return config().rates[static_cast<std::size_t>(branch)];
    }
    // Of a key/value head of the model.
    std::int64_t offsetOf(std::int64_t rate, std::int64_t head) const {
        if (config().offsets == HeadOffsets::Paper) return head % rate;
        return head / ((shape().kvHeads + rate - 1) / rate);
    }

    void cutBranch(int branch, const PatternCut& cut, const SeePiece& see) const {
        const std::int64_t length = segmentOf(branch);
        const auto last = [](const RowRun& run) { return run.tokens.at(run.count - 1); };
        const std::int64_t from = std::max(cut.queries.tokens.first, cut.keys.tokens.first);
        const std::int64_t to = std::min(last(cut.queries), last(cut.keys));
        for (std::int64_t segment = from / length; segment <= to / length; ++segment) {
            const TokenSpan tokens{segment * length, (segment + 1) * length};
            const RowRun queries = within(cut.queries, tokens);
            const RowRun keys = within(cut.keys, tokens);
            if (queries.count > 0 && keys.count > 0)
                cutHeads(branch, {queries, keys, cut.heads}, tokens.begin, see);
        }
    }

    void cutHeads(int branch, const PatternCut& cut, std::int64_t begin,
                  const SeePiece& see) const {
        const std::int64_t rate = rateOf(branch);
        const auto heads = std::ssize(cut.heads);
        const auto offset = [&](std::int64_t head) {
            return offsetOf(rate, cut.heads[static_cast<std::size_t>(head)]);
        };
        for (std::int64_t head = 0, end = 0; head < heads; head = end) {
            for (end = head + 1; end < heads && offset(end) == offset(head);) ++end;
            const std::int64_t residue = begin + offset(head);
            const PatternPiece piece{
                everyOf(cut.queries, rate, residue), everyOf(cut.keys, rate, residue),
                end - head == heads ? HeadSpan{} : HeadSpan{head, end}, branch};
            if (piece.queries.count > 0 && piece.keys.count > 0) see(piece);
        }
    }
};

// Of head 0, which begins at row 0 whatever the rate.
Result<void> checkCovered(const PatternConfig& config, std::int64_t tokens) {
    const std::vector<std::int64_t>& rates = config.rates;
    if (std::ranges::find(rates, 1) != rates.end()) return {};
    std::int64_t period = 1;
    for (const std::int64_t rate : rates) {
        period = std::lcm(period, rate);
        if (period >= tokens) period = tokens;
        if (period == tokens) break;
    }
    std::int64_t uncovered = 0;
    for (std::int64_t row = 0; row < period; ++row)
        if (std::ranges::none_of(rates, [&](std::int64_t rate) { return row % rate == 0; }))
            ++uncovered;
    if (uncovered == 0) return {};
    std::vector<std::int64_t> segments = config.segments;
    std::vector<std::int64_t> covering = rates;
    segments.insert(segments.begin(), *std::ranges::min_element(segments));
    covering.insert(covering.begin(), 1);
    return Error{ErrorCode::InvalidConfig,
                 fmt::format("attention.pattern.rates {} leave {} of {} rows of a head without a "
                             "key; a branch of rate 1 covers them: segments {}, rates {}",
                             listOf(rates), uncovered, period, listOf(segments), listOf(covering))};
}

}  // namespace

Result<Pattern> dilatedPattern(const PatternConfig& config, const PatternShape& shape) {
    if (config.segments.empty() || config.segments.size() != config.rates.size())
        return Error{ErrorCode::InvalidConfig,
                     fmt::format("attention.pattern.segments has {} numbers and "
                                 "attention.pattern.rates {}; dilated takes one of each for every "
                                 "branch, as in segments 2048, 4096 and rates 1, 2",
                                 config.segments.size(), config.rates.size())};
    for (std::size_t i = 0; i < config.rates.size(); ++i)
        if (config.rates[i] > config.segments[i])
            return Error{ErrorCode::InvalidConfig,
                         fmt::format("attention.pattern.rates: rate {} leaves a segment of {} "
                                     "tokens with less than a row; use a rate of at most {}",
                                     config.rates[i], config.segments[i], config.segments[i])};
    RINGSCOPE_CHECK(checkCovered(config, shape.tokens));
    return Pattern(std::make_shared<DilatedPattern>(config, shape));
}

}  // namespace ringscope
