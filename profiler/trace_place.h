// Where in the training this thread is, so that a span deep in a kernel or a message can say so
// without being told.
//
//     const PlaceScope scope;            // restores the place when it ends
//     tracePlace().pass = SpanPass::Forward;
//     const ScopedSpan span(tagHere(SpanKind::Attention, Operation::Block));
#pragma once

#include "backend/trace/span.h"

#include <cstdint>

namespace ringscope {

struct TracePlace {
    std::int32_t step = 0;
    std::int32_t layer = -1;
    std::int32_t ringStep = -1;
    SpanPass pass = SpanPass::None;
    bool again = false;  // a forward pass is computed once more, for the backward pass
};

inline TracePlace& tracePlace() {
    thread_local TracePlace place;
    return place;
}

inline SpanTag tagHere(SpanKind kind, Operation operation) {
    const TracePlace& place = tracePlace();
    return {.kind = kind,
            .operation = operation,
            .pass = place.pass,
            .step = place.step,
            .layer = place.layer,
            .ringStep = place.ringStep};
}

// From here on this thread is in `pass`; in a forward pass that runs again, SpanPass::Recompute.
inline void enterPass(SpanPass pass) {
    TracePlace& place = tracePlace();
    place.pass = pass == SpanPass::Forward && place.again ? SpanPass::Recompute : pass;
}

class PlaceScope {
public:
    PlaceScope() : before_(tracePlace()) {}
    ~PlaceScope() { tracePlace() = before_; }
    PlaceScope(const PlaceScope&) = delete;
    PlaceScope& operator=(const PlaceScope&) = delete;

private:
    TracePlace before_;
};

}  // namespace ringscope
