// A port of one address of this host. c10d by itself listens on all of them, where anybody who
// reaches the host could write into the rendezvous of the ranks.
#pragma once

#include "backend/core/result.h"

#include <string>

namespace ringscope {

// Returns a socket that is bound to a free port of `address` and does not listen yet; the caller
// owns it. An address that this host does not have itself (it stands behind a translating router)
// gives a port of all addresses.
Result<int> bindFreePort(const std::string& address);

}  // namespace ringscope
