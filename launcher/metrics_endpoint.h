// The figures of a program's runs at http://ADDRESS:PORT/metrics, while the program runs.
#pragma once

#include "backend/sink/run_event.h"

#include <memory>
#include <string>

namespace ringscope {

// `address` is "9400", which listens on this machine alone, or "ADDRESS:9400". Fails where it is
// neither, and where the port is taken.
Result<std::unique_ptr<SinkWriter>> openMetricsEndpoint(const std::string& address);

}  // namespace ringscope
