// Pseudo-random bits without state: the same word gives the same bits on every machine, so ranks
// agree on samples and initial values without messages.
#pragma once

#include "backend/core/device_code.h"

#include <cstdint>

namespace ringscope {

// Every bit of the result depends on every bit of the word; no two words give the same result.
RINGSCOPE_ON_DEVICES constexpr std::uint64_t mixBits(std::uint64_t word) {
    word ^= word >> 32;
    word *= 0xd6e8feb86659fd93U;
    word ^= word >> 32;
    word *= 0xd6e8feb86659fd93U;
    return word ^ (word >> 32);
}

}  // namespace ringscope
