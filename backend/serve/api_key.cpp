#include "backend/serve/api_key.h"

#include "backend/core/files.h"
#include "backend/core/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace ringscope {
namespace {

constexpr std::size_t shortestKey = 16;
constexpr std::size_t longestKeyFile = 4096;
constexpr std::string_view bearer = "bearer ";

// Every byte of what was sent is looked at, whatever the bytes before were.
bool sameBytes(std::string_view sent, std::string_view key) {
    unsigned differ = sent.size() == key.size() ? 0U : 1U;
    for (std::size_t i = 0; i < sent.size(); ++i)
        differ |=
            static_cast<unsigned char>(sent[i]) ^ static_cast<unsigned char>(key[i % key.size()]);
    return differ == 0;
}

}  // namespace

Result<std::string> readApiKey(const std::filesystem::path& file) {
    using std::filesystem::perms;
    RINGSCOPE_TRY(const std::string text, readFile(file, longestKeyFile));
    const auto refuse = [&](std::string_view why) {
        return Error{ErrorCode::InvalidConfig, fmt::format("'{}' {}", file.string(), why)};
    };
    std::error_code ignored;
    const perms others = std::filesystem::status(file, ignored).permissions() &
                         (perms::group_all | perms::others_all);
    if (others != perms::none) return refuse("has a key that other users may read; chmod 600 it");
    const std::string key(trim(text));
    if (!std::ranges::all_of(key, [](char letter) { return letter > ' ' && letter <= '~'; }))
        return refuse("is no key; expected one line of letters, digits and signs, without spaces");
    if (key.size() < shortestKey)
        return refuse(fmt::format("has a key of {} characters; expected {} at least", key.size(),
                                  shortestKey));
    return key;
}

bool hasKey(std::string_view authorization, std::string_view key) {
    if (toLower(authorization.substr(0, bearer.size())) != bearer) return false;
    return sameBytes(authorization.substr(bearer.size()), key);
}

bool isLoopbackAddress(std::string_view address) {
    const bool digits = address.find_first_not_of("0123456789.") == std::string_view::npos;
    return address == "localhost" || address == "::1" || (digits && address.starts_with("127."));
}

bool namesLoopback(std::string_view host) {
    if (host.starts_with('[')) return isLoopbackAddress(host.substr(1, host.find(']') - 1));
    return isLoopbackAddress(toLower(host.substr(0, host.find(':'))));
}

}  // namespace ringscope
