// Who may ask: the key of a file, and what a client sends of it.
#pragma once

#include "backend/core/result.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace ringscope {

// The file's one line, without spaces around it. Fails where it has several lines, fewer than 16
// characters or others than printable ASCII, and where other users of this machine may read it.
Result<std::string> readApiKey(const std::filesystem::path& file);

// Whether `authorization`, a header's value, is "Bearer KEY". How long it takes does not tell how
// much of a wrong key is right.
bool hasKey(std::string_view authorization, std::string_view key);

// Whether `host`, the value of a Host header, names this machine's loopback. A page of another site
// whose name leads here sends its own name.
bool namesLoopback(std::string_view host);

// "127.0.0.1", "::1" and the like.
bool isLoopbackAddress(std::string_view address);

}  // namespace ringscope
