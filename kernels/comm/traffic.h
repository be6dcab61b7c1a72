// Bytes one rank handed to others, by what they were for.
#pragma once

#include <cstdint>

namespace ringscope {

enum class Purpose : std::uint8_t { Attention, Gradient, Other };

struct Traffic {
    std::int64_t attention = 0;
    std::int64_t gradient = 0;
    std::int64_t other = 0;  // loss and timing scalars

    std::int64_t total() const { return attention + gradient + other; }
    std::int64_t of(Purpose purpose) const {
        switch (purpose) {
            case Purpose::Attention:
                return attention;
            case Purpose::Gradient:
                return gradient;
            case Purpose::Other:
                break;
        }
        return other;
    }
    void add(Purpose purpose, std::int64_t bytes) {
        switch (purpose) {
            case Purpose::Attention:
                attention += bytes;
                return;
            case Purpose::Gradient:
                gradient += bytes;
                return;
            case Purpose::Other:
                break;
        }
        other += bytes;
    }
    bool operator==(const Traffic&) const = default;
};

}  // namespace ringscope
