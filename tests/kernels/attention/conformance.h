// Whether one rank's share of attention under a mode is attention: forward, gradients and bytes.
#pragma once

#include "backend/core/units.h"
#include "kernels/attention/attention.h"
#include "kernels/comm/group.h"
#include "tests/backend/plan/laid_out_modes.h"
#include "tests/support/covering.h"

#include <c10/core/ScalarType.h>
#include <string>
#include <vector>

namespace ringscope::test {

struct ConformanceCase {
    const Mode* mode = nullptr;
    LayoutChoice layout{};
    AttentionShape shape{};
    c10::ScalarType type = c10::ScalarType::Float;
    AttentionOptions options{};
    std::uint64_t seed = 0;  // of the dropout
    AttentionMask mask{};    // causal as the shape
    bool sinks = false;
    std::string feature{};
    Bytes bufferLimit{1LL << 40};

    std::string problem() const;  // what every mode has to solve alike
    std::string name() const;     // "zigzag, 4 ranks, batch 2, 4/2 heads, causal, Float, window"
};

// What legalCases() differ in: mode, ranks, heads, mask, type, and how the mode groups its ranks.
AxisValues headValues(const ConformanceCase& testCase);

// What everyCell() differ in: mode and layout, ranks, mask, type, feature.
AxisValues cellValues(const ConformanceCase& testCase);

// Every shape `mode` can run on `ranks` ranks: causal or not, equal, grouped and single key/value
// heads, fp32 and fp64, a batch of one and two, with a scale and without.
std::vector<ConformanceCase> legalCases(const Mode& mode, int ranks);

// Every cell of {causal, not} x types x features: plain, grouped heads, windows, documents, scale,
// soft-cap, ALiBi, dropout, and all together; fp32 and bf16, and up to four ranks fp64 and fp16.
// Among them are cells that `mode` refuses.
std::vector<ConformanceCase> everyCell(const Mode& mode, int ranks);

// `testCase` with every limit of communication buffers that makes the mode do something else to
// keep to it, the largest first.
std::vector<ConformanceCase> tightCases(const ConformanceCase& testCase);

// Why the mode does not run the case; empty: it does.
std::string refusalOf(const ConformanceCase& testCase);

// Runs forward and backward as `group`'s rank; all ranks call it with the same case. What differs
// from full attention by more than 1e-5 (fp64: 1e-10; bf16 and fp16: 2.5 times what plain algebra
// in that type differs, and 2e-3), and bytes other than the schedule's, are told a line each;
// empty: all is well.
std::string findDeviations(const ConformanceCase& testCase, Group& group);

}  // namespace ringscope::test
