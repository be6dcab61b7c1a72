// Which keys a query attends to, as a question about one block of queries against one of keys.
#pragma once

#include <cstdint>
#include <string_view>

namespace ringscope {

enum class MaskKind : std::uint8_t {
    Full,    // every query sees every key of the block
    Causal,  // row i sees keys 0..i: queries and keys of the block start at the same token
};

std::string_view maskName(MaskKind kind);

}  // namespace ringscope
