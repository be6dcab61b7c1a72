#include "kernels/comm/group_error.h"

#include <c10/util/Exception.h>

#include <string_view>

namespace ringscope {

namespace {

// The number behind `mark`, with its unit: "56000000000 bytes", "20.00 GiB".
std::string amountAfter(const std::string& text, std::string_view mark) {
    const std::size_t at = text.find(mark);
    if (at == std::string::npos) return {};
    const std::size_t begin = at + mark.size();
    return text.substr(begin, text.find_first_of(".,;\n", text.find(' ', begin)) - begin);
}

// libtorch's words for an allocator that has no more; empty for any other reason.
std::string wantOfMemory(const std::string& reason) {
    const bool here = reason.find("can't allocate memory") != std::string::npos;
    const bool gpu = reason.find("CUDA out of memory") != std::string::npos;
    if (!here && !gpu) return {};
    const std::string amount =
        amountAfter(reason, here ? "you tried to allocate " : "Tried to allocate ");
    return std::string(here ? "the host's memory" : "the GPU's memory") + " has no room" +
           (amount.empty() ? "" : " for " + amount + " at once") +
           "; lower train.seq_len, train.batch or the model, or use more ranks";
}

}  // namespace

std::string failureSentence(std::string_view operation, const std::exception& cause) {
    const auto* c10Error = dynamic_cast<const c10::Error*>(&cause);
    std::string reason = c10Error ? c10Error->msg() : cause.what();
    reason = reason.substr(0, reason.find('\n'));
    if (reason.starts_with("[/")) reason.erase(0, reason.find("] ") + 2);  // Gloo's file and line
    if (const std::string memory = wantOfMemory(reason); !memory.empty())
        return std::string(operation) + " failed: " + memory;
    return std::string(operation) + " failed: " + reason;
}

}  // namespace ringscope
