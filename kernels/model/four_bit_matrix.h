// A weight that is kept in 4 bits (backend/model/four_bit.h), and made of these again where it is
// multiplied with.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace ringscope {

// What a tensor's numbers became, in their order.
struct FourBitTensor {
    at::Tensor codes{};    // (numbers / 2) uint8
    at::Tensor largest{};  // (blocks) uint8: codes of the 8-bit map
    at::Tensor scales{};   // (blocks / 256) fp32
    float meanOfLargest = 0;
    std::int64_t numbers = 0;
};

// On the CPU. A number becomes the nearest value, of two the smaller one.
FourBitTensor inFourBits(const at::Tensor& numbers);

// The numbers again, flat, in fp32.
at::Tensor fromFourBits(const FourBitTensor& tensor);

// A matrix whose rows are those of some tensors.
class FourBitMatrix {
public:
    // `rows`: of each tensor, which row of the matrix each of its rows is; not defined: they
    // follow each other, behind those of the tensor before.
    struct Part {
        FourBitTensor tensor{};
        at::Tensor rows{};  // (rows of the tensor) int64
        std::int64_t count = 0;
    };
    FourBitMatrix(std::vector<Part> parts, std::int64_t columns, const at::TensorOptions& options);

    std::int64_t rows() const { return rows_; }
    std::int64_t columns() const { return columns_; }
    std::int64_t bytes() const;

    // (rows, columns), in the options' type and on their device.
    at::Tensor values() const;
    // So many of its rows, of the same memory.
    std::shared_ptr<const FourBitMatrix> some(std::int64_t first, std::int64_t count) const;

private:
    std::vector<Part> parts_;
    std::int64_t firstRow_ = 0;  // of those of the parts
    std::int64_t rows_ = 0;
    std::int64_t columns_;
    at::TensorOptions options_;
};

}  // namespace ringscope
