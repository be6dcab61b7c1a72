#include "kernels/verify/pattern_mask.h"

#include "backend/model/npy.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <stdexcept>
#include <utility>

namespace ringscope {
namespace {

// The mean key of the tokens of one document in one block.
using Means = std::map<std::pair<std::int64_t, std::int64_t>, std::vector<float>>;

// keys: (S, D), fp64.
Means meansOf(const at::Tensor& keys, const std::vector<std::int64_t>& documents,
              std::int64_t size) {
    const auto rows = keys.accessor<double, 2>();
    const std::int64_t columns = keys.size(1);
    std::map<std::pair<std::int64_t, std::int64_t>, std::pair<std::vector<double>, double>> sums;
    for (std::int64_t token = 0; token < keys.size(0); ++token) {
        auto& [sum, count] = sums[{token / size, documents[static_cast<std::size_t>(token)]}];
        sum.resize(static_cast<std::size_t>(columns));
        for (std::int64_t i = 0; i < columns; ++i)
            sum[static_cast<std::size_t>(i)] += rows[token][i];
        ++count;
    }
    Means means;
    for (const auto& [place, sum] : sums)
        for (const double value : sum.first)
            means[place].push_back(static_cast<float>(value / sum.second));
    return means;
}

}  // namespace

Result<PatternMask> PatternMask::make(const AttentionCase& problem, const CaseInputs& inputs) {
    PatternMask mask(problem);
    RINGSCOPE_CHECK(mask.readFile());
    if (mask.chooses()) mask.choose(problem, inputs);
    return mask;
}

Result<void> PatternMask::readFile() {
    if (pattern_.kind != PatternKind::BlockSparse || !pattern_.file) return {};
    RINGSCOPE_TRY(NpyIntegers read, readNpyIntegers(*pattern_.file));
    blocks_ = read.shape.front();
    cells_ = std::move(read.values);
    return {};
}

// For each token the blocks with the largest products of its query and their mean key, beside those
// that are granted anyway; of equal ones the first.
void PatternMask::choose(const AttentionCase& problem, const CaseInputs& inputs) {
    if (!inputs.q.defined()) throw std::logic_error("a choice by content needs queries and keys");
    const std::int64_t size = pattern_.block;
    const std::int64_t blocks = (problem.tokens + size - 1) / size;
    const std::vector<std::int64_t> documents = documentOfToken(problem);
    chosen_ =
        at::zeros({problem.batch, heads_, problem.tokens, blocks}, at::TensorOptions(at::kBool));
    auto chosen = chosen_.accessor<bool, 4>();
    const at::Tensor q = inputs.q.to(at::kDouble), k = inputs.k.to(at::kDouble);
    const auto queries = q.accessor<double, 4>();
    for (std::int64_t item = 0; item < problem.batch; ++item) {
        for (std::int64_t head = 0; head < heads_; ++head) {
            const Means means =
                meansOf(k.select(0, item).select(1, head * kvHeads_ / heads_), documents, size);
            for (std::int64_t token = 0; token < problem.tokens; ++token) {
                const std::int64_t own = token / size;
                std::vector<std::pair<float, std::int64_t>> scores;  // negative, and the block
                for (std::int64_t block = 0; block < (problem.causal ? own : blocks); ++block) {
                    const auto mean =
                        means.find({block, documents[static_cast<std::size_t>(token)]});
                    if (mean == means.end() || grantsBlock(own, block)) continue;
                    double score = 0;
                    for (std::int64_t i = 0; i < problem.headDim; ++i)
                        score += queries[item][token][head][i] *
                                 static_cast<double>(mean->second[static_cast<std::size_t>(i)]);
                    scores.emplace_back(-static_cast<float>(score), block);
                }
                std::ranges::sort(scores);
                scores.resize(std::min(scores.size(), static_cast<std::size_t>(pattern_.topK - 1)));
                for (const auto& [score, block] : scores) chosen[item][head][token][block] = true;
            }
        }
    }
}

int PatternMask::branches() const {
    return pattern_.kind == PatternKind::Dilated ? static_cast<int>(pattern_.rates.size()) : 1;
}

bool PatternMask::stopsGradient() const {
    return pattern_.kind == PatternKind::Dilated && pattern_.stopGradient;
}

at::Tensor PatternMask::pairs(const MaskHead& head, int branch, TokenSpan queries,
                              TokenSpan keys) const {
    at::Tensor cells = at::empty({queries.size(), keys.size()}, at::TensorOptions(at::kBool));
    bool* next = cells.mutable_data_ptr<bool>();
    for (std::int64_t query = queries.begin; query < queries.end; ++query)
        for (std::int64_t key = keys.begin; key < keys.end; ++key)
            *next++ = grants(head, branch, query, key);
    return cells;
}

at::Tensor PatternMask::anyPairs(TokenSpan queries, TokenSpan keys) const {
    at::Tensor seen = pairs({}, 0, queries, keys);
    for (std::int64_t head = 0; head < (headsAlike() ? 1 : heads_); ++head)
        for (int branch = 0; branch < branches(); ++branch)
            seen.logical_or_(pairs({0, head}, branch, queries, keys));
    return seen;
}

bool PatternMask::grants(const MaskHead& head, int branch, std::int64_t query,
                         std::int64_t key) const {
    if (pattern_.kind == PatternKind::None) return true;
    if (pattern_.kind == PatternKind::BlockSparse)
        return grantsBlock(query / pattern_.block, key / pattern_.block) ||
               (chooses() && choseBlock(head, query, key / pattern_.block));
    const std::int64_t keyHead = head.head * kvHeads_ / heads_;
    const std::int64_t segment = pattern_.segments[static_cast<std::size_t>(branch)];
    const std::int64_t rate = pattern_.rates[static_cast<std::size_t>(branch)];
    const std::int64_t group = (kvHeads_ + rate - 1) / rate;
    const std::int64_t offset =
        pattern_.offsets == HeadOffsets::Paper ? keyHead % rate : keyHead / group;
    const auto selected = [&](std::int64_t token) { return token % segment % rate == offset; };
    return query / segment == key / segment && selected(query) && selected(key);
}

bool PatternMask::choseBlock(const MaskHead& head, std::int64_t query, std::int64_t block) const {
    const std::int64_t row = (head.item * heads_ + head.head) * chosen_.size(2) + query;
    return chosen_.const_data_ptr<bool>()[row * chosen_.size(3) + block];
}

bool PatternMask::grantsBlock(std::int64_t query, std::int64_t key) const {
    const std::int64_t away = std::abs(query - key);
    if (away <= pattern_.local) return true;
    if (pattern_.stride > 0 && away % pattern_.stride == 0) return true;
    if (key < (pattern_.globalTokens + pattern_.block - 1) / pattern_.block) return true;
    if (!cells_.empty() && cells_[static_cast<std::size_t>(query * blocks_ + key)] == 1)
        return true;
    const std::int64_t near = std::max<std::int64_t>(pattern_.local, 1);
    if (pattern_.levels > 0 && away <= near) return true;
    for (std::int64_t level = 1; level < pattern_.levels; ++level) {
        const std::int64_t reach = near << level;
        if (away > reach / 2 && away <= reach) return away % (std::int64_t{1} << level) == 0;
    }
    return false;
}

}  // namespace ringscope
