// Tensors as .npy files, to be checked by other programs.
//
//     DIR/ring/q.npy ...            token order, (B, S, H, D); lse (B, H, S)
//     (latent, weight, dlatent and dweight instead of k, v, dk and dv where keys come of latents)
//     DIR/ring/mask.npy             which query sees which key, and how often
//     DIR/ring/rank-00/q.npy ...    as rank 0 holds them; tokens.npy: which tokens its rows are
//
// bf16, which NumPy does not know, is written as fp32: every value is exact.
#pragma once

#include "backend/core/result.h"
#include "kernels/verify/layer_run.h"

#include <filesystem>

namespace ringscope {

// folder/name.npy; the folder must exist.
Result<void> dumpTensor(const std::filesystem::path& folder, const std::string& name,
                        const at::Tensor& tensor);

// Into `folder`, which must exist.
Result<void> dumpWhole(const std::filesystem::path& folder, const CaseInputs& inputs,
                       const CaseResults& results);

// mask.npy, (heads, S, S) or (1, S, S) where all heads see the same: how often a query sees a key.
// Where several batch items see different keys, (B, heads, S, S). Up to 4,096 tokens; nothing is
// written of more.
Result<void> dumpMask(const std::filesystem::path& folder, const AttentionCase& problem,
                      const PatternMask& pattern);

// Into folder/rank-RR. Where a rank's lse has other rows than its output, as after an all-to-all,
// lse_tokens.npy and lse_heads.npy say which.
Result<void> dumpRank(const std::filesystem::path& folder, const AttentionCase& problem,
                      const Schedule& schedule, int rank, const CaseResults& share);

}  // namespace ringscope
