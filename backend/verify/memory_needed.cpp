#include "backend/verify/memory_needed.h"

#include "backend/core/text.h"

#include <fmt/format.h>
#include <cmath>

namespace ringscope {
namespace {

// Bytes of each value of Q and of K on rank 0: a part of each number's own size, and one of fp64.
constexpr double ownPart = 6;
constexpr double queryFp64 = 32;
constexpr double keyFp64 = 16;
constexpr double otherPart = 5;           // of each value of Q and K, over all other ranks together
constexpr double ofProcess = 70e6;        // a rank with libtorch, of its own
constexpr double ofFirstProcess = 200e6;  // with the pages that all ranks share

}  // namespace

Bytes leastMemory(const VerifyRequest& request) {
    const AttentionCase& problem = request.problem;
    const double rows = static_cast<double>(problem.batch) * static_cast<double>(problem.tokens) *
                        static_cast<double>(problem.headDim);
    const double queries = rows * static_cast<double>(problem.heads);
    const double keys = rows * static_cast<double>(problem.kvHeads);
    const double size = rowOf(problem.type).bytes;
    const double others = request.ranks - 1;
    const double judge = queries * (queryFp64 + ownPart * size) + keys * (keyFp64 + ownPart * size);
    const double shares = (queries + keys) * otherPart * size * others / request.ranks;
    return {std::llround(judge + shares + ofFirstProcess + others * ofProcess)};
}

Result<void> checkMemory(const VerifyRequest& request, Bytes free) {
    const Bytes needed = leastMemory(request);
    if (free.count <= 0 || needed.count <= free.count) return {};
    VerifyRequest smaller = request;
    while (smaller.problem.tokens > 1 && leastMemory(smaller).count > free.count)
        smaller.problem.tokens /= 2;
    return Error{
        ErrorCode::Unavailable,
        fmt::format("verify takes at least {} for {} tokens on {} rank{}, most of it for the fp64 "
                    "reference, and {} are free here; {}",
                    formatBytes(needed), formatCount(request.problem.tokens), request.ranks,
                    request.ranks == 1 ? "" : "s", formatBytes(free),
                    leastMemory(smaller).count > free.count
                        ? std::string("use fewer ranks")
                        : fmt::format("S={} fits, or use fewer heads", smaller.problem.tokens))};
}

}  // namespace ringscope
