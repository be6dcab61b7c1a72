#include "backend/model/stored_numbers.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace ringscope {
namespace {

constexpr int halfFraction = 10;  // bits of fp16
constexpr int halfLowest = -24;   // exponent of its smallest number
constexpr double halfLargest = 65504;

double halfNumber(std::uint16_t bits) {
    const int exponent = (bits >> halfFraction) & 0x1f;
    const int fraction = bits & 0x3ff;
    const double sign = (bits & 0x8000U) != 0 ? -1 : 1;
    if (exponent == 0x1f)
        return fraction == 0 ? sign * std::numeric_limits<double>::infinity()
                             : std::numeric_limits<double>::quiet_NaN();
    if (exponent == 0) return sign * std::ldexp(fraction, halfLowest);
    return sign * std::ldexp(0x400 + fraction, exponent - 1 + halfLowest);
}

std::uint16_t halfBits(double number) {
    const auto sign = static_cast<std::uint16_t>(std::signbit(number) ? 0x8000U : 0U);
    if (std::isnan(number)) return 0x7e00U;
    const double size = std::fabs(number);
    int exponent = 0;
    std::frexp(size, &exponent);
    const int unit = std::max(exponent - 1 - halfFraction, halfLowest);
    const double rounded = std::ldexp(std::nearbyint(std::ldexp(size, -unit)), unit);
    if (rounded > halfLargest) return sign | 0x7c00U;
    int place = 0;
    std::frexp(rounded, &place);
    const int lowest = std::max(place - 1 - halfFraction, halfLowest);
    const auto digits = static_cast<std::uint16_t>(std::ldexp(rounded, -lowest));
    // Of a normal number the digits hold the leading 1, which adds one to the exponent.
    return static_cast<std::uint16_t>(sign | (((lowest - halfLowest) << halfFraction) + digits));
}

// Of fp32's bits the upper half, rounded.
std::uint16_t brainBits(double number) {
    const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(number));
    if (std::isnan(number)) return 0x7fc0U;
    return static_cast<std::uint16_t>((bits + 0x7fffU + ((bits >> 16U) & 1U)) >> 16U);
}

template <typename Bits>
Bits bitsAt(const StoredTensor& tensor, std::int64_t number) {
    Bits bits;
    std::memcpy(&bits, tensor.bytes.data() + static_cast<std::size_t>(number) * sizeof(Bits),
                sizeof(Bits));
    return bits;
}

template <typename Bits>
void put(std::vector<std::byte>& bytes, Bits bits) {
    const auto* first = reinterpret_cast<const std::byte*>(&bits);
    bytes.insert(bytes.end(), first, first + sizeof(Bits));
}

}  // namespace

std::vector<double> storedNumbers(const StoredTensor& tensor, std::int64_t first,
                                  std::int64_t count) {
    std::vector<double> numbers;
    numbers.reserve(static_cast<std::size_t>(count));
    for (std::int64_t i = first; i < first + count; ++i) {
        switch (tensor.type) {
            case TensorType::Bf16:
                numbers.push_back(std::bit_cast<float>(
                    static_cast<std::uint32_t>(bitsAt<std::uint16_t>(tensor, i)) << 16U));
                break;
            case TensorType::F16:
                numbers.push_back(halfNumber(bitsAt<std::uint16_t>(tensor, i)));
                break;
            case TensorType::F64:
                numbers.push_back(bitsAt<double>(tensor, i));
                break;
            default:
                numbers.push_back(bitsAt<float>(tensor, i));
        }
    }
    return numbers;
}

std::vector<std::byte> bytesOfNumbers(std::span<const double> numbers, TensorType type) {
    std::vector<std::byte> bytes;
    bytes.reserve(numbers.size() * sizeof(double));
    for (const double number : numbers) {
        switch (type) {
            case TensorType::Bf16:
                put(bytes, brainBits(number));
                break;
            case TensorType::F16:
                put(bytes, halfBits(number));
                break;
            case TensorType::F64:
                put(bytes, number);
                break;
            default:
                put(bytes, static_cast<float>(number));
        }
    }
    return bytes;
}

}  // namespace ringscope
