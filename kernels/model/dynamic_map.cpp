#include "kernels/model/dynamic_map.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace ringscope {
namespace {

constexpr int decades = 7;

// The largest float that is not above the number.
float floatBelow(double number) {
    const auto nearest = static_cast<float>(number);
    constexpr float lowest = -std::numeric_limits<float>::infinity();
    return static_cast<double>(nearest) > number ? std::nextafter(nearest, lowest) : nearest;
}

int codeByBounds(const DynamicMap& map, float number) {
    return static_cast<int>(std::ranges::lower_bound(map.bounds, number) - map.bounds.begin());
}

void fillLowest(DynamicMap& map) {
    for (std::int32_t i = 0; i < DynamicMap::prefixes; ++i) {
        const auto prefix = static_cast<std::uint32_t>(DynamicMap::firstPrefix + i);
        const float smallest = i == 0 ? 0 : std::bit_cast<float>(prefix << 16U);
        const float largest = std::bit_cast<float>((prefix << 16U) | 0xffffU);
        const auto place = static_cast<std::size_t>(i);
        map.lowest[place] = static_cast<std::uint8_t>(codeByBounds(map, smallest));
        map.lowest[place + DynamicMap::prefixes] =
            static_cast<std::uint8_t>(codeByBounds(map, -largest));
    }
}

DynamicMap makeMap(bool withSigns) {
    std::vector<double> values{0, 1};
    double unit = 1e-6;
    for (int decade = 0; decade < decades; ++decade, unit *= 10) {
        const int count = 1 << (withSigns ? decade : decade + 1);
        for (int i = 0; i < count; ++i) {
            const double value = unit * (0.1 + 0.9 * (i + 0.5) / count);
            values.push_back(value);
            if (withSigns) values.push_back(-value);
        }
    }
    std::ranges::sort(values);
    DynamicMap map;
    std::ranges::transform(values, map.values.begin(),
                           [](double value) { return static_cast<float>(value); });
    for (std::size_t i = 0; i + 1 < map.bounds.size(); ++i)
        map.bounds[i] = floatBelow(
            (static_cast<double>(map.values[i]) + static_cast<double>(map.values[i + 1])) / 2);
    map.bounds.back() = std::numeric_limits<float>::infinity();
    if (!withSigns) map.bounds.front() = 0;
    fillLowest(map);
    return map;
}

}  // namespace

const DynamicMap& signedMap() {
    static const DynamicMap map = makeMap(true);
    return map;
}

const DynamicMap& unsignedMap() {
    static const DynamicMap map = makeMap(false);
    return map;
}

}  // namespace ringscope
