// Makes a transport of each kind that launch.transport may name.
#pragma once

#include "backend/run/transport.h"

#include <memory>

namespace ringscope {

std::unique_ptr<Transport> makeTransport(TransportKind kind);

}  // namespace ringscope
