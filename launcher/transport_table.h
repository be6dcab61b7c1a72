// The transports, one row each. launch.transport names a row.
#pragma once

#include "backend/run/transport.h"

#include <memory>
#include <span>
#include <string_view>

namespace ringscope {

struct TransportRow {
    std::string_view name;  // "local"
    std::string_view help;  // one sentence
    std::unique_ptr<Transport> (*make)();
};

std::span<const TransportRow> transportTable();
const TransportRow* findTransport(std::string_view name);

}  // namespace ringscope
