#include "kernels/comm/group_error.h"

#include <c10/util/Exception.h>

namespace ringscope {

std::string failureSentence(std::string_view operation, const std::exception& cause) {
    const auto* c10Error = dynamic_cast<const c10::Error*>(&cause);
    std::string reason = c10Error ? c10Error->msg() : cause.what();
    reason = reason.substr(0, reason.find('\n'));
    if (reason.starts_with("[/")) reason.erase(0, reason.find("] ") + 2);  // Gloo's file and line
    return std::string(operation) + " failed: " + reason;
}

}  // namespace ringscope
