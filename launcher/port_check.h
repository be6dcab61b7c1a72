// Tests whether ranks of one host can reach a port of another, or of their own.
#pragma once

#include "backend/core/result.h"
#include "launcher/descriptor.h"

#include <string>

namespace ringscope {

class PortCheck {
public:
    // Listens on a free port of this host's `address` and returns the port. Ends with the next
    // call or with the object.
    Result<int> listen(const std::string& address);

    // Succeeds if a connection to the port is accepted within 3 s.
    static Result<void> reach(const std::string& host, int port);

private:
    Descriptor socket_;
};

}  // namespace ringscope
