// All blocks of one step over tensors that are all here.
#pragma once

#include "kernels/attention/executor_table.h"
#include "kernels/block/partial_result.h"

namespace ringscope {

// The block's rows of the tensors; views.
BlockInput blockOf(const Block& block, const QueryKeyValue& tensors, const ScoreRules& rules);

// The rows from the first to the last query, and key, of the step's blocks.
TokenSpan queryRows(const Step& step);
TokenSpan keyRows(const Step& step);

// Output and lse of rows queryRows(step).
BlockOutput localForward(const Step& step, const QueryKeyValue& tensors, const ScoreRules& rules);

// `whole` and dOut have rows queryRows(step), and so has the gradient of q; those of k and v have
// all rows, and the type sums are kept in: they may be parts of a sum over ranks.
AttentionGradients localBackward(const Step& step, const QueryKeyValue& tensors,
                                 const BlockOutput& whole, const at::Tensor& dOut,
                                 const ScoreRules& rules);

// The one step of a pass that computes everything at once.
const Step& onlyStep(const std::vector<Step>& pass);

}  // namespace ringscope
