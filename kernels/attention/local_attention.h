// Attention over tensors that this rank holds: the blocks of a ring step, and whole layers.
#pragma once

#include "backend/plan/step_rows.h"
#include "kernels/attention/executor_table.h"
#include "kernels/attention/key_choice.h"
#include "kernels/attention/row_outputs.h"

namespace ringscope {

// The block's rows of the tensors; views.
BlockInput blockOf(const Block& block, const QueryKeyValue& tensors, const ScoreRules& rules);

// What rows give that have seen all their keys, in `type`.
BlockOutput outputOfRows(RowOutputs& output, at::ScalarType type, const ScoreRules& rules,
                         const Sinks& sinks);

// Adds what the blocks give to `output`, whose rows are `rows` of the queries. `choice`: of chosen
// blocks.
void addBlocks(const std::vector<Block>& blocks, const QueryKeyValue& tensors,
               const ScoreRules& rules, const TokenSpan& rows, const KeyChoice& choice,
               RowOutputs& output);

// Output and lse of rows queryRows(step), which see no other keys. `apart`: branchSteps() of the
// rank's steps. `choice`: of chosen blocks.
BlockOutput localForward(const Step& step, const QueryKeyValue& tensors, const ScoreRules& rules,
                         const Sinks& sinks = {}, const std::vector<std::int64_t>& apart = {},
                         const KeyChoice& choice = {});

// `whole` and dOut have rows queryRows(step), and so has the gradient of q. Those of k and v have
// all rows, and the type sums are kept in, because they may be parts of a sum over ranks.
AttentionGradients localBackward(const Step& step, const QueryKeyValue& tensors,
                                 const BlockOutput& whole, const at::Tensor& dOut,
                                 const ScoreRules& rules, const Sinks& sinks = {},
                                 const std::vector<std::int64_t>& apart = {},
                                 const KeyChoice& choice = {});

// `kept`: what gradientsLocally() needs beside q, k, v and `whole`, which is what tokens chose, or
// what native sparse attention keeps (sparse_attention.h).
struct LocalOutput {
    BlockOutput whole;
    std::vector<at::Tensor> kept{};
};

// Attention of a step whose rows see no other keys, of the heads and by the rules of `part`, under
// whatever pattern.
LocalOutput attendLocally(const RankPart& part, const Step& step, const QueryKeyValue& tensors);
AttentionGradients gradientsLocally(const RankPart& part, const Step& step,
                                    const QueryKeyValue& tensors, const LocalOutput& output,
                                    const at::Tensor& dOut);
// How many tensors are kept.
std::size_t keptLocally(const RankPart& part);

// From tensors saved from number `first` on.
LocalOutput localOutputAt(const RankPart& part, const std::vector<at::Tensor>& saved,
                          std::size_t first);
void appendLocalOutput(const LocalOutput& output, std::vector<at::Tensor>& saved);

// The only step of the pass. Throws std::logic_error where there are more or none.
const Step& onlyStep(const std::vector<Step>& pass);

}  // namespace ringscope
