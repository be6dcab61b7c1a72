// Errors as OpenAI's API has them:
//
//     {"error": {"message": "…", "type": "invalid_request_error", "param": "n", "code": null}}
#pragma once

#include <cstdint>
#include <string>

namespace ringscope {

struct ApiError {
    int status = 400;  // of HTTP
    std::string message{};
    std::string type{"invalid_request_error"};
    std::string param{};  // the field that is wrong; empty: none
    std::string code{};   // a word for programs; empty: none
};

// The client asked for something that cannot be.
ApiError badRequest(std::string param, std::string message);
ApiError tooLong(std::string message);  // 400, context_length_exceeded
ApiError noSuchModel(const std::string& asked, const std::string& served);
ApiError noSuchPlace(const std::string& method, const std::string& path);
ApiError wrongMethod(const std::string& method, const std::string& path,
                     const std::string& allowed);
ApiError wrongKey();
ApiError bodyTooLarge(std::int64_t most);                     // 413
ApiError queueFull(std::int64_t texts);                       // 429
ApiError unavailable(std::string code, std::string message);  // 503
ApiError failed(std::string message);                         // 500

std::string errorBody(const ApiError& error);  // without a newline

}  // namespace ringscope
