#include "kernels/verify/reference.h"

#include "kernels/block/score_rules.h"
#include "kernels/vector/elementary_functions.h"

#include <ATen/Parallel.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/logaddexp.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <future>
#include <limits>
#include <mutex>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

namespace ringscope {
namespace {

constexpr std::int64_t tileScores = std::int64_t{1} << 19;  // 4 MiB: stays in a core's cache
constexpr std::int64_t leastRows = 16;
constexpr std::int64_t mostRows = 512;
const at::TensorOptions fp64{at::kDouble};

at::Tensor positions(TokenSpan tokens) {
    return at::arange(tokens.begin, tokens.end, at::TensorOptions(at::kLong));
}

at::Tensor documentsOf(const AttentionCase& problem, TokenSpan tokens) {
    // How many boundaries a token has reached.
    const at::Tensor boundaries = at::tensor(at::ArrayRef<std::int64_t>(problem.documents));
    return positions(tokens).unsqueeze(1).ge(boundaries.unsqueeze(0)).sum(1);
}

// The keys that any of these queries may see; others need not be looked at.
TokenSpan reach(const AttentionCase& problem, TokenSpan queries) {
    TokenSpan keys{0, problem.tokens};
    if (problem.causal) keys.end = queries.end;
    if (problem.window && problem.window->left != unlimited)
        keys.begin = std::max<std::int64_t>(0, queries.begin - problem.window->left);
    if (problem.window && problem.window->right != unlimited)
        keys.end = std::min(keys.end, queries.end + problem.window->right);
    for (std::size_t i = 0; i + 1 < problem.documents.size(); ++i) {
        const TokenSpan document{problem.documents[i], problem.documents[i + 1]};
        if (document.begin <= queries.begin && queries.begin < document.end)
            keys.begin = std::max(keys.begin, document.begin);
        if (document.begin < queries.end && queries.end <= document.end)
            keys.end = std::min(keys.end, document.end);
    }
    return keys;
}

bool seesAll(const AttentionCase& problem) {
    return !problem.causal && !problem.window && problem.documents.size() <= 2;
}

// One query head's rows against the keys in reach.
struct Tile {
    TokenSpan queries;
    TokenSpan keys;
    at::Tensor scores;  // after soft-cap, ALiBi and mask
    at::Tensor capped;  // after the soft-cap alone, over c; undefined without one
};

Tile scoresOf(const AttentionCase& problem, TokenSpan queries, const at::Tensor& q,
              const at::Tensor& k, double slope) {
    Tile tile{queries, reach(problem, queries), {}, {}};
    const at::Tensor keys = k.narrow(0, tile.keys.begin, tile.keys.size());
    tile.scores = at::matmul(q, keys.t()).mul_(problem.scoreScale());
    if (problem.softcap) {
        tile.capped = tile.scores.div_(*problem.softcap).tanh_().clone();
        tile.scores.mul_(*problem.softcap);
    }
    if (problem.alibi) {
        const at::Tensor apart =
            positions(queries).unsqueeze(1).sub(positions(tile.keys).unsqueeze(0)).abs();
        tile.scores.sub_(apart.to(at::kDouble).mul_(slope));
    }
    if (!seesAll(problem))
        tile.scores.masked_fill_(visiblePairs(problem, queries, tile.keys).logical_not_(),
                                 -std::numeric_limits<double>::infinity());
    return tile;
}

// exp(s - lse); 0 where a row sees nothing and lse is -inf.
at::Tensor probabilities(const at::Tensor& scores, const at::Tensor& lse) {
    at::Tensor safe = lse.clone();
    safe.masked_fill_(lse.eq(-std::numeric_limits<double>::infinity()), 0.0);
    return scores.clone().sub_(safe.unsqueeze(1)).exp_();
}

// (queries, keys): what each weight of a head is multiplied by, 0 where it is dropped.
at::Tensor keptShare(const AttentionCase& problem, std::int64_t item, std::int64_t head,
                     TokenSpan queries, TokenSpan keys) {
    const std::uint64_t seed =
        dropoutSeedOfLayer(static_cast<std::uint64_t>(problem.seed), verifiedLayer);
    const std::uint32_t threshold = dropoutThreshold(problem.dropout);
    at::Tensor kept = at::empty({queries.size(), keys.size()}, fp64);
    double* next = kept.mutable_data_ptr<double>();
    for (std::int64_t query = queries.begin; query < queries.end; ++query) {
        const DropoutRow row = dropoutRow(seed, item, head, query);
        for (std::int64_t key = keys.begin; key < keys.end; ++key)
            *next++ = dropoutBits(row, static_cast<std::uint32_t>(key)) < threshold
                          ? 0.0
                          : 1 / (1 - problem.dropout);
    }
    return kept;
}

// The tensors of one (batch item, query head): views into the whole, (S, D) or (S).
struct Head {
    std::int64_t item = 0, index = 0, keyHead = 0;
    at::Tensor q, k, v, dOut;
    at::Tensor out, lse, dq, dk, dv;
    double slope = 0;
};

// What one branch of a pattern makes of a tile; without a pattern all of it.
struct BranchTile {
    at::Tensor scores;  // -inf where it shows no key
    at::Tensor lse;     // of its keys alone
};

std::vector<BranchTile> branchesOf(const PatternMask& pattern, const Head& head, const Tile& tile) {
    std::vector<BranchTile> branches;
    for (int branch = 0; branch < pattern.branches(); ++branch) {
        at::Tensor scores = tile.scores;
        if (pattern.any())
            scores = scores.masked_fill(
                pattern.pairs({head.item, head.index}, branch, tile.queries, tile.keys)
                    .logical_not_(),
                -std::numeric_limits<double>::infinity());
        branches.push_back({scores, at::logsumexp(scores, 1)});
    }
    return branches;
}

at::Tensor lseOf(const std::vector<BranchTile>& branches) {
    at::Tensor lse = branches.front().lse;
    for (std::size_t i = 1; i < branches.size(); ++i) lse = at::logaddexp(lse, branches[i].lse);
    return lse;
}

void computeRows(const AttentionCase& problem, const PatternMask& pattern, const Head& head,
                 TokenSpan queries) {
    const auto rows = [&](const at::Tensor& tensor) {
        return tensor.narrow(0, queries.begin, queries.size());
    };
    const Tile tile = scoresOf(problem, queries, rows(head.q), head.k, head.slope);
    const auto keys = [&](const at::Tensor& tensor) {
        return tensor.narrow(0, tile.keys.begin, tile.keys.size());
    };
    const std::vector<BranchTile> branches = branchesOf(pattern, head, tile);
    const at::Tensor lse = lseOf(branches);
    const bool drops = problem.dropout > 0;
    const at::Tensor kept =
        drops ? keptShare(problem, head.item, head.index, queries, tile.keys) : at::Tensor();
    const auto dropped = [&](const at::Tensor& p) { return drops ? p.mul(kept) : p; };
    at::Tensor p = probabilities(branches.front().scores, lse);
    for (std::size_t i = 1; i < branches.size(); ++i)
        p = p.add(probabilities(branches[i].scores, lse));
    const at::Tensor weights = dropped(p);
    const at::Tensor out = at::matmul(weights, keys(head.v));
    rows(head.lse).copy_(lse);
    rows(head.out).copy_(out);

    const at::Tensor dOut = rows(head.dOut);
    keys(head.dv).add_(at::matmul(weights.t(), dOut));
    at::Tensor dWeights = at::matmul(dOut, keys(head.v).t());
    if (drops) dWeights.mul_(kept);
    at::Tensor ds;
    if (!pattern.stopsGradient()) {
        ds = dWeights.sub(dOut.mul(out).sum(1, /*keepdim=*/true)).mul_(p);
    } else {
        ds = at::zeros_like(p);
        for (const BranchTile& branch : branches) {
            const at::Tensor own =
                at::matmul(dropped(probabilities(branch.scores, branch.lse)), keys(head.v));
            const at::Tensor delta = dOut.mul(own).sum(1, /*keepdim=*/true);
            ds.add_(dWeights.sub(delta).mul_(probabilities(branch.scores, lse)));
        }
    }
    if (problem.softcap) ds.mul_(tile.capped.square().neg_().add_(1));
    ds.mul_(problem.scoreScale());
    rows(head.dq).copy_(at::matmul(ds, keys(head.k)));
    keys(head.dk).add_(at::matmul(ds.t(), rows(head.q)));
}

std::int64_t tileRows(const AttentionCase& problem) {
    return std::clamp(tileScores / problem.tokens, leastRows, mostRows);
}

// Threads of our own, each with whole key heads, so that no two add to the same gradient: faster
// than threads within each of so many small products.
class Workers {
public:
    Workers(const AttentionCase& problem, const PatternMask& pattern, const CaseInputs& inputs,
            const CaseResults& results, const std::function<void(double share)>& progress)
        : problem_(problem),
          pattern_(pattern),
          inputs_(inputs),
          results_(results),
          progress_(progress),
          slopes_(alibiSlopes(problem.heads)) {}

    void run() {
        settleElementaryFunctions();
        const std::int64_t units = problem_.batch * problem_.kvHeads;
        const auto threads =
            std::min<std::int64_t>(units, std::max(1U, std::thread::hardware_concurrency()));
        std::vector<std::future<void>> working;
        for (std::int64_t thread = 0; thread < threads; ++thread)
            working.push_back(std::async(std::launch::async, [this, units] {
                at::set_num_threads(1);
                for (std::int64_t unit = next_++; unit < units; unit = next_++) compute(unit);
            }));
        for (std::future<void>& each : working) each.get();
    }

private:
    void compute(std::int64_t unit) {
        const std::int64_t item = unit / problem_.kvHeads;
        const std::int64_t keyHead = unit % problem_.kvHeads;
        const std::int64_t group = problem_.heads / problem_.kvHeads;
        for (std::int64_t index = keyHead * group; index < (keyHead + 1) * group; ++index)
            computeHead(headOf(item, keyHead, index));
    }

    Head headOf(std::int64_t item, std::int64_t keyHead, std::int64_t index) const {
        // In fp64 one head at a time: (S, D), contiguous.
        const auto wide = [&](const at::Tensor& tensor, std::int64_t which) {
            return tensor.select(0, item).select(1, which).to(at::kDouble).contiguous();
        };
        const auto place = [&](const at::Tensor& tensor, std::int64_t which) {
            return tensor.select(0, item).select(1, which);
        };
        return {item,
                index,
                keyHead,
                wide(inputs_.q, index),
                wide(inputs_.k, keyHead),
                wide(inputs_.v, keyHead),
                wide(inputs_.dOut, index),
                place(results_.out, index),
                place(results_.lse, index),
                place(results_.dq, index),
                place(results_.dk, keyHead),
                place(results_.dv, keyHead),
                slopes_[index].item<double>()};
    }

    void computeHead(const Head& head) {
        const std::int64_t tile = tileRows(problem_);
        for (std::int64_t row = 0; row < problem_.tokens; row += tile) {
            const TokenSpan rows{row, std::min(row + tile, problem_.tokens)};
            computeRows(problem_, pattern_, head, rows);
            const std::lock_guard lock(mutex_);
            rowsDone_ += rows.size();
            progress_(static_cast<double>(rowsDone_) /
                      static_cast<double>(problem_.batch * problem_.heads * problem_.tokens));
        }
    }

    const AttentionCase& problem_;
    const PatternMask& pattern_;
    const CaseInputs& inputs_;
    const CaseResults& results_;
    const std::function<void(double share)>& progress_;
    at::Tensor slopes_;
    std::atomic<std::int64_t> next_{0};
    std::mutex mutex_;
    std::int64_t rowsDone_ = 0;
};

}  // namespace

at::Tensor visiblePairs(const AttentionCase& problem, TokenSpan queries, TokenSpan keys) {
    const at::Tensor i = positions(queries).unsqueeze(1);
    const at::Tensor j = positions(keys).unsqueeze(0);
    at::Tensor visible = i.eq(i).logical_and(j.eq(j));
    if (problem.causal) visible.logical_and_(j.le(i));
    if (problem.window && problem.window->left != unlimited)
        visible.logical_and_(j.ge(i.sub(problem.window->left)));
    if (problem.window && problem.window->right != unlimited)
        visible.logical_and_(j.le(i.add(problem.window->right)));
    if (!problem.documents.empty())
        visible.logical_and_(
            documentsOf(problem, queries).unsqueeze(1).eq(documentsOf(problem, keys).unsqueeze(0)));
    return visible;
}

at::Tensor alibiSlopes(std::int64_t heads) {
    const auto ofPower = [](std::int64_t power, std::int64_t index) {
        return std::exp2(-8.0 * static_cast<double>(index + 1) / static_cast<double>(power));
    };
    const auto below = static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(heads)));
    std::vector<double> slopes;
    for (std::int64_t head = 0; head < heads; ++head)
        slopes.push_back(head < below ? ofPower(below, head)
                                      : ofPower(2 * below, 2 * (head - below)));
    return at::tensor(at::ArrayRef<double>(slopes), fp64);
}

namespace {

CaseResults referenceOfHeads(const AttentionCase& problem, const PatternMask& pattern,
                             const CaseInputs& inputs,
                             const std::function<void(double share)>& progress) {
    const auto zeros = [](const at::Tensor& like) { return at::zeros(like.sizes(), fp64); };
    const CaseResults results{zeros(inputs.q),
                              at::zeros({problem.batch, problem.tokens, problem.heads}, fp64),
                              zeros(inputs.q), zeros(inputs.k), zeros(inputs.v)};
    Workers(problem, pattern, inputs, results, progress).run();
    return results;
}

}  // namespace

//     (k, v) = heads of (c W^T, rotary key)       dc = dk, dv through W      dW = (dk, dv)^T c
CaseResults referenceAttention(const AttentionCase& problem, const PatternMask& pattern,
                               const CaseInputs& inputs,
                               const std::function<void(double share)>& progress) {
    if (!problem.latent) return referenceOfHeads(problem, pattern, inputs, progress);
    const std::int64_t plain = problem.headDim - problem.latent->rotary;
    const std::int64_t columns = problem.latent->columns;
    const at::Tensor latents = inputs.k.squeeze(2).to(at::kDouble);
    const at::Tensor weight = inputs.weight.to(at::kDouble);
    CaseInputs expanded = inputs;
    std::tie(expanded.k, expanded.v) =
        headsOfLatents(problem, latents, weight, {0, problem.kvHeads});
    CaseResults results = referenceOfHeads(problem, pattern, expanded, progress);
    const at::Tensor ofMade =
        at::cat({results.dk.narrow(3, 0, plain), results.dv.narrow(3, 0, plain)}, 3)
            .flatten(2);  // (B, S, H 2 plain)
    const at::Tensor ofRotary = results.dk.narrow(3, plain, problem.latent->rotary).sum(2);
    results.dk = at::cat({at::matmul(ofMade, weight), ofRotary}, 2).unsqueeze(2);
    results.dv = at::matmul(ofMade.flatten(0, 1).t(), latents.narrow(2, 0, columns).flatten(0, 1))
                     .unsqueeze(0)
                     .unsqueeze(2);
    return results;
}

at::Tensor weightsOfKey(const AttentionCase& problem, const PatternMask& pattern,
                        const CaseInputs& inputs, const CaseResults& results, std::int64_t token) {
    at::Tensor weights = at::zeros({problem.tokens, problem.heads}, fp64);
    if (problem.latent) return weights;
    const std::int64_t group = problem.heads / problem.kvHeads;
    const at::Tensor slopes = alibiSlopes(problem.heads);
    const at::Tensor visible =
        visiblePairs(problem, {0, problem.tokens}, {token, token + 1}).squeeze(1);
    for (std::int64_t head = 0; head < problem.heads; ++head) {
        const at::Tensor q = inputs.q.select(0, 0).select(1, head).to(at::kDouble);
        const at::Tensor k = inputs.k.select(0, 0).select(1, head / group).to(at::kDouble)[token];
        at::Tensor scores = at::matmul(q, k).mul_(problem.scoreScale());
        if (problem.softcap) scores.div_(*problem.softcap).tanh_().mul_(*problem.softcap);
        if (problem.alibi)
            scores.sub_(positions({0, problem.tokens})
                            .sub(token)
                            .abs()
                            .to(at::kDouble)
                            .mul_(slopes[head].item<double>()));
        at::Tensor p = scores.sub_(results.lse.select(0, 0).select(1, head)).exp_();
        if (problem.dropout > 0)
            p.mul_(keptShare(problem, 0, head, {0, problem.tokens}, {token, token + 1}).squeeze(1));
        at::Tensor times = at::zeros_like(p);  // that branches show the key
        for (int branch = 0; branch < pattern.branches(); ++branch)
            times.add_(pattern.pairs({0, head}, branch, {0, problem.tokens}, {token, token + 1})
                           .squeeze(1));
        p.masked_fill_(times.eq(0).logical_or_(visible.logical_not()), 0.0);
        weights.select(1, head).copy_(p.mul_(times));
    }
    return weights;
}

}  // namespace ringscope
