#include "kernels/generate/latent_rows.h"

#include "kernels/model/chunks.h"

#include <ATen/ops/bmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty_like.h>

namespace ringscope {
namespace {

// x (B, 1, heads, columns) by a matrix (columns, wanted) of each head.
at::Tensor byHead(const at::Tensor& x, const at::Tensor& matrices) {
    const at::Tensor ofHeads = x.squeeze(1).transpose(0, 1);  // (heads, B, columns)
    return at::bmm(ofHeads, matrices).transpose(0, 1).unsqueeze(1);
}

}  // namespace

LatentRows::LatentRows(const Parameters& parameters, int layer, const ModelConfig& model)
    : sizes_(model.latent), heads_(model.heads) {
    const std::string prefix = "layers." + std::to_string(layer) + ".attention.";
    parts_.latentUp.weight = parameters.weight(prefix + "latent_up.weight");
    norm_ = {.gain = parameters.weight(prefix + "latent_norm.gain"),
             .kind = NormKind::Rms,
             .gainFromOne = model.gainFromOne,
             .eps = model.latent.normEps};
}

at::Tensor LatentRows::kept(const at::Tensor& latent) const {
    const at::Tensor rows = rowsOf(latent.narrow(2, 0, sizes_.size)).contiguous();
    at::Tensor normed = at::empty_like(rows);
    at::Tensor factors = rowFactors(rows);
    norm_.apply(rows, normed, factors);
    return at::cat({normed.view({latent.size(0), latent.size(1), sizes_.size}),
                    latent.narrow(2, sizes_.size, sizes_.rotarySize)},
                   2);
}

// Of each head, the rows that make `columns` of its columns from `first` on.
at::Tensor LatentRows::weights(std::int64_t first, std::int64_t columns) const {
    return parts_.latentUp.weight.value.detach()
        .view({heads_, sizes_.plainSize + sizes_.valueSize, sizes_.size})
        .narrow(1, first, columns);
}

at::Tensor LatentRows::queries(const at::Tensor& q) const {
    const at::Tensor plain = byHead(q.narrow(3, 0, sizes_.plainSize), weights(0, sizes_.plainSize));
    return at::cat({plain, q.narrow(3, sizes_.plainSize, sizes_.rotarySize)}, 3).contiguous();
}

at::Tensor LatentRows::outputs(const at::Tensor& sums) const {
    return byHead(sums.narrow(3, 0, sizes_.size),
                  weights(sizes_.plainSize, sizes_.valueSize).transpose(1, 2))
        .contiguous();
}

std::pair<at::Tensor, at::Tensor> LatentRows::heads(const at::Tensor& rows) const {
    return expandLatents(rows.contiguous(), parts_, sizes_, 0, heads_);
}

}  // namespace ringscope
