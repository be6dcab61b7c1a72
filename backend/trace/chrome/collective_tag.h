// What Kineto's words beside a communication kernel say, as a tag.
#pragma once

#include "backend/trace/chrome/chrome_event.h"
#include "backend/trace/span.h"

#include <string_view>

namespace ringscope {

// "ncclDevKernel_AllReduce…" and "_allgather_base" are the same words to this; None: neither.
Operation collectiveNamed(std::string_view name);

// Operation, bytes, peer and message of `tag` by what the event says; `tag` stays where it says
// nothing. True where it numbers its messages.
bool describeCollective(const ChromeCollective& collective, int rank, SpanTag& tag);

}  // namespace ringscope
