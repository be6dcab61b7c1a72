// MKL, which computes ATen's elementary functions, picks the code of each at its first call. Where
// several threads make that call at once, now and then one of them gets the fast, inexact code for
// it: 3e-9 off in fp64, in silence, and never again in that process. So a process whose threads
// compute calls each function once before it begins them.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/ones.h>

#include <mutex>

namespace ringscope {

// Any number of times, from any thread.
inline void settleElementaryFunctions() {
    static std::once_flag once;
    std::call_once(once, [] {
        // Fewer elements than a vector has lanes might take another way.
        for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
            const at::Tensor x = at::ones({64}, type);
            x.exp(), x.log(), x.sqrt(), x.sin(), x.cos(), x.tanh(), x.erf();
        }
    });
}

}  // namespace ringscope
