#include "kernels/model/four_bit_matrix.h"

#include "backend/model/four_bit.h"
#include "kernels/model/dynamic_map.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mean.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace ringscope {
namespace {

constexpr float smallestDivisor = 1e-38F;

constexpr std::array<float, 15> halfWays = [] {
    std::array<float, 15> bounds{};
    for (std::size_t i = 0; i < bounds.size(); ++i)
        bounds[i] = (fourBitValues[i] + fourBitValues[i + 1]) / 2;
    return bounds;
}();

std::uint8_t fourBitCode(float number) {
    return static_cast<std::uint8_t>(std::ranges::lower_bound(halfWays, number) - halfWays.begin());
}

float largestOf(const float* numbers, std::int64_t count) {
    float most = 0;
    for (std::int64_t i = 0; i < count; ++i) most = std::max(most, std::fabs(numbers[i]));
    return most;
}

// The codes of one block, which begins at an even number; the last one may be of an odd count.
void encodeBlock(const float* numbers, std::int64_t count, float most, std::uint8_t* codes) {
    const float divisor = std::max(most, smallestDivisor);
    const float factor = 1 / divisor;
    const bool whole = count == fourBitBlock;
    const auto code = [&](std::int64_t i) {
        if (i >= count) return fourBitCode(0);
        const float scaled = whole ? numbers[i] * factor : numbers[i] / divisor;
        return fourBitCode(std::clamp(scaled, -1.0F, 1.0F));
    };
    for (std::int64_t i = 0; i < count; i += 2)
        codes[i / 2] = static_cast<std::uint8_t>(code(i) << 4U | code(i + 1));
}

void encodeLargest(const at::Tensor& largest, FourBitTensor& made) {
    const float* numbers = largest.const_data_ptr<float>();
    const std::int64_t blocks = largest.numel();
    made.meanOfLargest = at::mean(largest).item<float>();
    auto* codes = made.largest.mutable_data_ptr<std::uint8_t>();
    float* scales = made.scales.mutable_data_ptr<float>();
    std::array<float, fourBitScaleBlock> apart{};
    for (std::int64_t begin = 0; begin < blocks; begin += fourBitScaleBlock) {
        const std::int64_t count = std::min(fourBitScaleBlock, blocks - begin);
        for (std::int64_t i = 0; i < count; ++i)
            apart[static_cast<std::size_t>(i)] = numbers[begin + i] - made.meanOfLargest;
        const float most = largestOf(apart.data(), count);
        scales[begin / fourBitScaleBlock] = most;
        const float factor = most > 0 ? 1 / most : 0;
        for (std::int64_t i = 0; i < count; ++i)
            codes[begin + i] = static_cast<std::uint8_t>(
                codeOf(signedMap(), apart[static_cast<std::size_t>(i)] * factor));
    }
}

}  // namespace

FourBitTensor inFourBits(const at::Tensor& numbers) {
    const at::Tensor flat = numbers.detach().to(at::kCPU, at::kFloat).contiguous().flatten();
    const std::int64_t count = flat.numel();
    const std::int64_t blocks = fourBitBlocks(count);
    FourBitTensor made{.codes = at::empty({(count + 1) / 2}, at::kByte),
                       .largest = at::empty({blocks}, at::kByte),
                       .scales = at::empty({fourBitScales(count)}, at::kFloat),
                       .numbers = count};
    at::Tensor largest = at::empty({blocks}, at::kFloat);
    const float* from = flat.const_data_ptr<float>();
    auto* codes = made.codes.mutable_data_ptr<std::uint8_t>();
    float* most = largest.mutable_data_ptr<float>();
    at::parallel_for(0, blocks, 256, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t block = begin; block < end; ++block) {
            const std::int64_t first = block * fourBitBlock;
            const std::int64_t size = std::min(fourBitBlock, count - first);
            most[block] = largestOf(from + first, size);
            encodeBlock(from + first, size, most[block], codes + first / 2);
        }
    });
    encodeLargest(largest, made);
    return made;
}

at::Tensor fromFourBits(const FourBitTensor& tensor) {
    at::Tensor numbers = at::empty({tensor.numbers}, at::kFloat);
    float* out = numbers.mutable_data_ptr<float>();
    const auto* codes = tensor.codes.const_data_ptr<std::uint8_t>();
    const auto* largest = tensor.largest.const_data_ptr<std::uint8_t>();
    const float* scales = tensor.scales.const_data_ptr<float>();
    at::parallel_for(0, tensor.largest.numel(), 256, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t block = begin; block < end; ++block) {
            const float most =
                signedMap().values[largest[block]] * scales[block / fourBitScaleBlock] +
                tensor.meanOfLargest;
            const std::int64_t first = block * fourBitBlock;
            const std::int64_t size = std::min(fourBitBlock, tensor.numbers - first);
            for (std::int64_t i = 0; i < size; ++i) {
                const std::uint8_t pair = codes[(first + i) / 2];
                out[first + i] = fourBitValues[i % 2 == 0 ? pair >> 4U : pair & 0xfU] * most;
            }
        }
    });
    return numbers;
}

FourBitMatrix::FourBitMatrix(std::vector<Part> parts, std::int64_t columns,
                             const at::TensorOptions& options)
    : parts_(std::move(parts)), columns_(columns), options_(options) {
    for (const Part& part : parts_) rows_ += part.count;
}

std::int64_t FourBitMatrix::bytes() const {
    std::int64_t bytes = 0;
    for (const Part& part : parts_)
        bytes +=
            static_cast<std::int64_t>(part.tensor.codes.nbytes() + part.tensor.largest.nbytes() +
                                      part.tensor.scales.nbytes());
    return bytes;
}

std::shared_ptr<const FourBitMatrix> FourBitMatrix::some(std::int64_t first,
                                                         std::int64_t count) const {
    // Tensors that have none of the rows are left out, where each has rows that follow each other.
    const bool inOrder =
        std::ranges::none_of(parts_, [](const Part& part) { return part.rows.defined(); });
    const std::int64_t wanted = firstRow_ + first;
    std::int64_t begin = 0;
    std::int64_t skipped = 0;
    std::vector<Part> parts;
    for (const Part& part : parts_) {
        const bool before = begin + part.count <= wanted;
        if (!inOrder || (!before && begin < wanted + count))
            parts.push_back(part);
        else if (before)
            skipped += part.count;
        begin += part.count;
    }
    auto made = std::make_shared<FourBitMatrix>(std::move(parts), columns_, options_);
    made->firstRow_ = wanted - skipped;
    made->rows_ = count;
    return made;
}

at::Tensor FourBitMatrix::values() const {
    std::int64_t rows = 0;
    for (const Part& part : parts_) rows += part.count;
    at::Tensor matrix = at::empty({rows, columns_}, options_.device(at::kCPU));
    std::int64_t first = 0;
    for (const Part& part : parts_) {
        const at::Tensor numbers = fromFourBits(part.tensor).view({part.count, columns_});
        if (part.rows.defined())
            matrix.index_copy_(0, part.rows, numbers.to(matrix.scalar_type()));
        else
            matrix.narrow(0, first, part.count).copy_(numbers);
        first += part.count;
    }
    return matrix.narrow(0, firstRow_, rows_).to(options_.device());
}

}  // namespace ringscope
