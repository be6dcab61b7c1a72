// Bytes one rank handed to others, by what they were for.
#pragma once

#include <cstdint>

namespace ringscope {

enum class Purpose : std::uint8_t { Attention, Gradient, Experts, Other };

struct Traffic {
    std::int64_t attention = 0;
    std::int64_t gradient = 0;
    std::int64_t experts = 0;  // tokens that use another rank's experts: differs from step to step
    std::int64_t other = 0;    // loss and timing scalars

    std::int64_t total() const { return attention + gradient + experts + other; }
    std::int64_t of(Purpose purpose) const {
        switch (purpose) {
            case Purpose::Attention:
                return attention;
            case Purpose::Gradient:
                return gradient;
            case Purpose::Experts:
                return experts;
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
            case Purpose::Experts:
                experts += bytes;
                return;
            case Purpose::Other:
                break;
        }
        other += bytes;
    }
    bool operator==(const Traffic&) const = default;
};

}  // namespace ringscope
