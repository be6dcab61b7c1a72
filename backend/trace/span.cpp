#include "backend/trace/span.h"

namespace ringscope {
namespace {

constexpr std::array<std::string_view, 7> kindNames = {"attention", "compute", "transfer", "wait",
                                                       "copy",      "host",    "step"};
constexpr std::array<std::string_view, operationCount> operationNames = {
    "none",      "block",      "merge",           "pack",           "send",
    "receive",   "all-to-all", "all-gather",      "reduce-scatter", "all-reduce",
    "barrier",   "project",    "feed-forward",    "norm",           "loss",
    "optimizer", "data",       "forward",         "backward",       "kernel",
    "copy",      "set",        "expert dispatch", "expert combine", "offload",
    "reload"};
constexpr std::array<std::string_view, spanPassCount> passNames = {"", "forward", "backward",
                                                                   "update", "recompute"};

// 146 years: sums and differences of two such times do not overflow.
constexpr std::int64_t latestBegin = std::int64_t{1} << 62;

template <typename Names, typename Value>
std::string_view nameOf(const Names& names, Value value) {
    const auto index = static_cast<std::size_t>(value);
    return index < names.size() ? names[index] : "unknown";
}

}  // namespace

std::string_view spanKindName(SpanKind kind) { return nameOf(kindNames, kind); }
std::string_view operationName(Operation operation) { return nameOf(operationNames, operation); }
std::string_view spanPassName(SpanPass pass) { return nameOf(passNames, pass); }

SpanTag Span::tag() const {
    return {.kind = kind(),
            .operation = operation(),
            .pass = pass(),
            .step = step(),
            .layer = layer(),
            .ringStep = ringStep(),
            .peer = peer(),
            .bytes = bytes(),
            .message = message()};
}

bool Span::wellFormed() const {
    return static_cast<std::size_t>(kind()) < kindNames.size() &&
           static_cast<std::size_t>(operation()) < operationNames.size() &&
           static_cast<std::size_t>(pass()) < passNames.size() && begin() >= 0 &&
           begin() <= latestBegin;
}

}  // namespace ringscope
