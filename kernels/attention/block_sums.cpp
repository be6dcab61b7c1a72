#include "kernels/attention/block_sums.h"

#include "kernels/attention/transfers.h"

#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

namespace ringscope {
namespace {

at::Tensor numbersOn(const at::Device& device, const std::vector<std::int64_t>& numbers) {
    return at::tensor(at::ArrayRef<std::int64_t>(numbers)).to(device);
}

at::Tensor noSums(const ChoiceRule& rule, const at::Tensor& k, std::int64_t blocks) {
    return at::zeros({std::ssize(keySides(rule.pattern)), k.size(0), blocks, k.size(2), k.size(3)},
                     k.options().dtype(at::kDouble));
}

// Of a ring, in the order of their ranks. Its steps hold the keys of each place once.
std::vector<RankSet> placesOf(const std::vector<Step>& pass) {
    std::vector<RankSet> places;
    for (const Step& step : pass) places.push_back(step.keysOf);
    std::ranges::sort(places, {}, &RankSet::first);
    return places;
}

}  // namespace

bool choosesKeys(const RankPart& part) { return choosesKeys(part.pattern); }

ChoiceRule choiceRule(const RankPart& part) {
    std::int64_t tokens = 0;
    for (int rank = 0; rank < part.owned.ranks(); ++rank)
        tokens = std::max(tokens, part.owned.spansOf(rank).back().end);
    return {*part.pattern, *part.rules.mask, tokens};
}

at::Tensor blockSums(const ChoiceRule& rule, const std::vector<TokenSpan>& tokens,
                     const at::Tensor& k) {
    at::Tensor sums = noSums(rule, k, rule.blocks());
    const std::vector<RowRun> runs = runsOf(tokens);
    for (const std::int64_t block : blocksOf(tokens, rule.pattern.config().block)) {
        std::int64_t side = 0;
        for (const KeySide from : keySides(rule.pattern)) {
            const TokenSpan seen = seenOfBlock(rule.pattern, rule.mask, block, from);
            at::Tensor sum = sums.select(0, side++).select(1, block);
            for (const RowRun& run : runs) {
                const RowRun rows = within(run, seen);
                if (rows.count > 0)
                    sum.add_(k.narrow(1, rows.row, rows.count).to(at::kDouble).sum(1));
            }
        }
    }
    return sums;
}

at::Tensor blockSumsAround(const ChoiceRule& rule, const RankPart& part,
                           const std::vector<TokenSpan>& tokens, const at::Tensor& k) {
    const std::int64_t size = rule.pattern.config().block;
    const Step& first = part.steps.forward.front();
    at::Tensor own = blockSums(rule, tokens, k);
    const std::vector<RankSet> places = placesOf(part.steps.forward);
    if (places.size() == 1) return own;

    std::vector<std::vector<std::int64_t>> blocks;  // of each place
    std::int64_t most = 0;
    for (const RankSet& place : places) {
        blocks.push_back(blocksOf(tokensOf(part.owned, place), size));
        most = std::max<std::int64_t>(most, std::ssize(blocks.back()));
    }
    const auto ofPlace = [&](std::size_t place) { return numbersOn(k.device(), blocks[place]); };
    const auto self =
        static_cast<std::size_t>(std::ranges::find(places, first.queriesOf) - places.begin());
    std::vector<std::int64_t> sizes = own.sizes().vec();
    sizes[2] = most;
    PooledTensor sent = part.pool.take(sizes, own.options());
    sent.tensor().zero_();
    sent.tensor().narrow(2, 0, std::ssize(blocks[self])).copy_(own.index_select(2, ofPlace(self)));
    sizes.insert(sizes.begin(), std::ssize(places));
    PooledTensor received = part.pool.take(sizes, own.options());
    exchange(part.group, first, Payload::BlockSums, received.tensor(), sent.tensor());
    at::Tensor sums = noSums(rule, k, rule.blocks());
    for (std::size_t place = 0; place < places.size(); ++place)
        sums.index_add_(2, ofPlace(place),
                        received.tensor()
                            .select(0, static_cast<std::int64_t>(place))
                            .narrow(2, 0, std::ssize(blocks[place])));
    return sums;
}

at::Tensor blockMeans(const ChoiceRule& rule, const at::Tensor& sums) {
    std::vector<double> counts;
    for (const KeySide side : keySides(rule.pattern))
        for (std::int64_t block = 0; block < rule.blocks(); ++block) {
            const TokenSpan seen = seenOfBlock(rule.pattern, rule.mask, block, side);
            counts.push_back(static_cast<double>(std::min(seen.end, rule.tokens) - seen.begin));
        }
    const at::Tensor divisors = at::tensor(at::ArrayRef<double>(counts), at::kDouble)
                                    .view({sums.size(0), 1, sums.size(2), 1, 1})
                                    .to(sums.device());
    return sums.div(divisors).to(at::kFloat).to(at::kDouble);
}

}  // namespace ringscope
