// The OpenSSH client of this machine.
#pragma once

#include "backend/core/result.h"

#include <string>

namespace ringscope {

// "OpenSSH_9.2p1 Debian-2+deb12u3, OpenSSL 3.0.15": what `ssh -V` says. NotFound where there is
// none.
Result<std::string> sshClientVersion();

}  // namespace ringscope
