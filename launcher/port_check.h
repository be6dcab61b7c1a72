// Can ranks of one host reach a port of another? What `ringscope doctor --hosts` asks its agents.
#pragma once

#include "backend/core/result.h"
#include "launcher/descriptor.h"

#include <string>

namespace ringscope {

class PortCheck {
public:
    // On a free port of this address until it is destroyed or asked again; answers the port.
    Result<int> listen(const std::string& address);

    // Whether something accepts a connection there within 3 s.
    static Result<void> reach(const std::string& host, int port);

private:
    Descriptor socket_;
};

}  // namespace ringscope
