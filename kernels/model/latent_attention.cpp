#include "kernels/model/latent_attention.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/stack.h>

namespace ringscope {
namespace {

// x (B, n, heads, columns), all of which turn; differentiable.
at::Tensor rotated(const at::Tensor& x, const RotaryTable& table) {
    const std::int64_t pairs = table.cosine.size(1);
    const at::Tensor cosine = table.cosine.to(x.scalar_type()).view({1, -1, 1, pairs});
    const at::Tensor sine = table.sine.to(x.scalar_type()).view({1, -1, 1, pairs});
    const std::int64_t side = table.interleaved ? 4 : 3;
    const at::Tensor split =
        table.interleaved ? x.unflatten(3, {pairs, 2}) : x.unflatten(3, {2, pairs});
    const at::Tensor low = split.select(side, 0);
    const at::Tensor high = split.select(side, 1);
    return at::stack({low * cosine - high * sine, high * cosine + low * sine}, side).flatten(3);
}

at::Tensor queriesOf(const at::Tensor& x, const LatentParts& parts) {
    if (!parts.queryDown.defined()) return project(x, parts.norm, parts.queryUp);
    return project(project(x, parts.norm, parts.queryDown), parts.queryNorm, parts.queryUp);
}

// Of a projection that makes `columns` for each head, the part of some heads.
Projection headsOf(const Projection& projection, std::int64_t columns, std::int64_t begin,
                   std::int64_t end) {
    const auto part = [&](const Weight& weight) -> Weight {
        if (!weight.defined()) return {};
        const auto rows = [&](const at::Tensor& tensor) {
            return tensor.defined() ? tensor.narrow(0, begin * columns, (end - begin) * columns)
                                    : tensor;
        };
        return {rows(weight.value), rows(weight.gradient)};
    };
    Projection some{.weight = part(projection.weight), .bias = part(projection.bias)};
    if (projection.packed)
        some.packed = projection.packed->some(begin * columns, (end - begin) * columns);
    for (const LowRank& beside : projection.beside) {
        some.beside.push_back(beside);
        some.beside.back().b = part(beside.b);
    }
    return some;
}

}  // namespace

LatentHeads projectLatentHeads(const at::Tensor& x, const LatentParts& parts,
                               const RotaryTable& rotary, std::int64_t heads,
                               const LatentConfig& sizes) {
    const at::Tensor q = queriesOf(x, parts).unflatten(2, {heads, -1});
    const at::Tensor turned = rotated(q.narrow(3, sizes.plainSize, sizes.rotarySize), rotary);
    const at::Tensor latent = project(x, parts.norm, parts.latent);
    const at::Tensor rotaryKey =
        rotated(latent.narrow(2, sizes.size, sizes.rotarySize).unsqueeze(2), rotary).squeeze(2);
    return {at::cat({q.narrow(3, 0, sizes.plainSize), turned}, 3).contiguous(),
            at::cat({latent.narrow(2, 0, sizes.size), rotaryKey}, 2).contiguous()};
}

std::pair<at::Tensor, at::Tensor> expandLatents(const at::Tensor& rows, const LatentParts& parts,
                                                const LatentConfig& sizes, std::int64_t begin,
                                                std::int64_t end) {
    const std::int64_t heads = end - begin;
    const Projection up = headsOf(parts.latentUp, sizes.plainSize + sizes.valueSize, begin, end);
    const at::Tensor expanded =
        project(rows.narrow(2, 0, sizes.size).contiguous(), parts.latentNorm, up)
            .unflatten(2, {heads, -1});
    const at::Tensor rotaryKey =
        rows.narrow(2, sizes.size, sizes.rotarySize).unsqueeze(2).expand({-1, -1, heads, -1});
    const at::Tensor value = expanded.narrow(3, sizes.plainSize, sizes.valueSize);
    const std::int64_t missing = sizes.plainSize + sizes.rotarySize - sizes.valueSize;
    return {at::cat({expanded.narrow(3, 0, sizes.plainSize), rotaryKey}, 3).contiguous(),
            (missing > 0 ? at::constant_pad_nd(value, {0, missing}) : value).contiguous()};
}

}  // namespace ringscope
