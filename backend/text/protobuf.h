// Reads the wire form of Protocol Buffers: fields of a message, each with a number and a value.
#pragma once

#include "backend/core/result.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace ringscope {

struct ProtoField {
    std::uint32_t number = 0;
    std::uint64_t value = 0;    // of a varint, or of 4 or 8 bytes as they stand
    std::string_view bytes{};   // of a text or a message; lives as long as what was read
    std::uint8_t wireType = 0;  // 0 varint, 1 eight bytes, 2 text or message, 5 four bytes

    std::int64_t asInteger() const { return static_cast<std::int64_t>(value); }
    bool asFlag() const { return value != 0; }
    float asFloat() const;
};

// The fields in the order they stand in. Fails where the bytes are no message.
Result<std::vector<ProtoField>> readProto(std::string_view bytes);

}  // namespace ringscope
