// Whether a result is the same as a reference, by two questions:
//
//   the largest error of all   max |x - reference| <= 2.5 max |unsharded - reference| + floor
//   the mean error of a slice  the same with root mean squares over 32 or more tokens
//
// `unsharded` is the kernel of mode none in the same number format, so a mode may have the error
// that rounding causes and a little more. The second question finds what the first cannot: under a
// causal mask late outputs are small, and a wrong one may be smaller than the rounding of an early
// one.
#pragma once

#include "backend/config/precision.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ringscope {

struct Rows {
    std::int64_t firstToken = 0;
    std::int64_t tokens = 0;
    std::size_t width = 1;  // values of one token
};

// Errors of one tensor. Rows may be added in any order, those of a batch one after the other. Equal
// values, infinities too, have no error. A value that is not a number, or infinite where the other
// is not, has an infinite error.
class ErrorMeter {
public:
    explicit ErrorMeter(std::int64_t tokens);

    // `reference` and `value` hold rows.tokens * rows.width values each.
    void add(const Rows& rows, const double* reference, const double* value);

    double largest() const { return largest_; }
    double magnitude() const { return magnitude_; }  // the largest finite |reference|

    struct Slice {
        std::int64_t begin = 0;  // tokens
        std::int64_t end = 0;
        double error = 0;  // root mean square
        double size = 0;   // root mean square of the reference
    };
    std::vector<Slice> slices() const;

private:
    struct Sums {
        double errors = 0;
        double references = 0;
        std::int64_t count = 0;
    };

    std::int64_t tokens_;
    std::vector<Sums> sums_;
    double largest_ = 0;
    double magnitude_ = 0;
};

struct TensorVerdict {
    bool ok = false;
    double maxError = 0;
    double tolerance = 0;
    ErrorMeter::Slice worstSlice{};  // closest to its tolerance, or furthest beyond
    double sliceTolerance = 0;
};

// Both meters must have been filled against the same reference.
TensorVerdict judge(const ErrorMeter& result, const ErrorMeter& unsharded, NumberFormat type);

}  // namespace ringscope
