#include "kernels/model/row_dropout.h"

#include "backend/core/mix.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>

namespace ringscope {
namespace {

// Kept numbers' factor, or 0, of each.
at::Tensor factorsOf(const RowDropout& dropout, const at::Tensor& like, std::int64_t first,
                     std::uint64_t key) {
    const std::int64_t rows = like.size(0);
    const std::int64_t columns = like.size(1);
    at::Tensor factors = at::empty({rows, columns}, like.options().device(at::kCPU));
    const std::int64_t* tokens = dropout.rows.const_data_ptr<std::int64_t>() + first;
    constexpr double steps = 1ULL << 32U;
    const auto dropped = static_cast<std::uint64_t>(dropout.share * steps);
    const std::uint64_t start = mixBits(dropout.seed + key);
    AT_DISPATCH_FLOATING_TYPES_AND2(
        at::kBFloat16, at::kHalf, factors.scalar_type(), "rowDropout", [&] {
            auto* out = factors.mutable_data_ptr<scalar_t>();
            const auto kept = static_cast<scalar_t>(1 / (1 - dropout.share));
            at::parallel_for(0, rows, 64, [&](std::int64_t begin, std::int64_t end) {
                for (std::int64_t row = begin; row < end; ++row) {
                    const std::uint64_t token =
                        mixBits(start + static_cast<std::uint64_t>(tokens[row]));
                    for (std::int64_t column = 0; column < columns; ++column) {
                        const std::uint64_t word =
                            mixBits(token + static_cast<std::uint64_t>(column));
                        out[row * columns + column] =
                            (word >> 32U) < dropped ? static_cast<scalar_t>(0) : kept;
                    }
                }
            });
        });
    return factors.to(like.device());
}

}  // namespace

at::Tensor RowDropout::of(const at::Tensor& in, std::int64_t first, std::uint64_t key) const {
    if (!drops()) return in;
    return in * factorsOf(*this, in, first, key);
}

}  // namespace ringscope
