#include "backend/serve/api_error.h"

#include "backend/core/units.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <utility>

namespace ringscope {
namespace {

constexpr const char* serverError = "server_error";

nlohmann::json textOrNull(const std::string& text) {
    return text.empty() ? nlohmann::json(nullptr) : nlohmann::json(text);
}

}  // namespace

ApiError badRequest(std::string param, std::string message) {
    return {.message = std::move(message), .param = std::move(param)};
}

ApiError tooLong(std::string message) {
    return {.message = std::move(message), .code = "context_length_exceeded"};
}

ApiError noSuchModel(const std::string& asked, const std::string& served) {
    return {.status = 404,
            .message = fmt::format("there is no model '{}' here; '{}' is served", asked, served),
            .param = "model",
            .code = "model_not_found"};
}

ApiError noSuchPlace(const std::string& method, const std::string& path) {
    return {.status = 404,
            .message =
                fmt::format("there is no {} {}; /openapi.json lists what there is", method, path),
            .code = "unknown_url"};
}

ApiError wrongMethod(const std::string& method, const std::string& path,
                     const std::string& allowed) {
    return {.status = 405,
            .message = fmt::format("{} takes {}, not {}", path, allowed, method),
            .code = "method_not_allowed"};
}

ApiError wrongKey() {
    return {.status = 401,
            .message =
                "this server asks for a key, 'Authorization: Bearer KEY'; none was given, or "
                "another one",
            .code = "invalid_api_key"};
}

ApiError bodyTooLarge(std::int64_t most) {
    return {.status = 413,
            .message =
                fmt::format("the body is larger than this server takes, {}", formatBytes({most})),
            .code = "body_too_large"};
}

ApiError queueFull(std::int64_t texts) {
    return {
        .status = 429,
        .message = fmt::format("{} texts are being made or wait already; try again later", texts),
        .type = "rate_limit_error",
        .code = "queue_full"};
}

ApiError unavailable(std::string code, std::string message) {
    return {
        .status = 503, .message = std::move(message), .type = serverError, .code = std::move(code)};
}

ApiError failed(std::string message) {
    return {.status = 500, .message = std::move(message), .type = serverError};
}

std::string errorBody(const ApiError& error) {
    const nlohmann::json body = {{"error",
                                  {{"message", error.message},
                                   {"type", error.type},
                                   {"param", textOrNull(error.param)},
                                   {"code", textOrNull(error.code)}}}};
    return body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace ringscope
