// What a Group throws: one sentence naming the operation, the other rank and the cause.
#pragma once

#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>

namespace ringscope {

class GroupError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// "receiving KV from rank 1 failed: connection closed by peer". Of the cause only the first line is
// taken, because c10 appends a stack trace.
std::string failureSentence(std::string_view operation, const std::exception& cause);

}  // namespace ringscope
