#include "kernels/model/projection.h"

#include "kernels/model/chunks.h"
#include "kernels/model/products.h"

#include <utility>

namespace ringscope {
namespace {

// What is kept of a projection besides its weight and bias.
struct KeptBeside : torch::CustomClassHolder {
    explicit KeptBeside(const Projection& projection)
        : packed(projection.packed), beside(projection.beside), dropout(projection.dropout) {}
    std::shared_ptr<const FourBitMatrix> packed;
    std::vector<LowRank> beside;
    RowDropout dropout;
};

at::Tensor columnsOf(const LowRank& part, const at::Tensor& out) {
    return out.narrow(1, part.firstRow, part.b.value.size(0));
}

}  // namespace

at::Tensor Projection::matrix() const { return packed ? packed->values() : weight.value.detach(); }

void Projection::addBeside(at::Tensor& out, const at::Tensor& in, std::int64_t first) const {
    for (const LowRank& part : beside) {
        const at::Tensor low = product(dropout.of(in, first, part.key), part.a.value.detach().t());
        at::Tensor columns = columnsOf(part, out);
        addScaledProduct(columns, low, part.b.value.detach().t(), part.scale);
    }
}

void Projection::addBesideBack(at::Tensor& dIn, const at::Tensor& dOut, std::int64_t first) const {
    for (const LowRank& part : beside) {
        const at::Tensor dLow = product(columnsOf(part, dOut), part.b.value.detach());
        if (dropout.drops())
            dIn.add_(dropout.of(product(dLow, part.a.value.detach()), first, part.key), part.scale);
        else
            addScaledProduct(dIn, dLow, part.a.value.detach(), part.scale);
    }
}

at::Tensor Projection::apply(const at::Tensor& in, std::int64_t first) const {
    at::Tensor out = product(in, matrix().t());
    if (bias.defined()) out.add_(bias.value.detach());
    addBeside(out, in, first);
    return out;
}

void Projection::applyInto(at::Tensor& out, const at::Tensor& in, std::int64_t first) const {
    productInto(out, in, matrix().t());
    if (bias.defined()) out.add_(bias.value.detach());
    addBeside(out, in, first);
}

at::Tensor Projection::addedTo(const at::Tensor& addend, const at::Tensor& in,
                               std::int64_t first) const {
    at::Tensor out = sumWithProduct(addend, in, matrix().t());
    if (bias.defined()) out.add_(bias.value.detach());
    addBeside(out, in, first);
    return out;
}

void Projection::addedInto(at::Tensor& out, const at::Tensor& addend, const at::Tensor& in,
                           std::int64_t first) const {
    sumWithProductInto(out, addend, in, matrix().t());
    if (bias.defined()) out.add_(bias.value.detach());
    addBeside(out, in, first);
}

void Projection::addGradients(const at::Tensor& dOut, const at::Tensor& in,
                              std::int64_t first) const {
    if (weight.gradient.defined()) {
        at::Tensor dWeight = weight.gradient;
        addProduct(dWeight, dOut.t(), in);
    }
    if (bias.defined() && bias.gradient.defined()) {
        at::Tensor dBias = bias.gradient;
        dBias.add_(dOut.to(dBias.scalar_type()).sum(0));
    }
    for (const LowRank& part : beside) {
        const at::Tensor d = columnsOf(part, dOut);
        const at::Tensor given = dropout.of(in, first, part.key);
        at::Tensor dA = part.a.gradient;
        at::Tensor dB = part.b.gradient;
        addProduct(dB, d.t(), product(given, part.a.value.detach().t()), part.scale);
        addProduct(dA, product(d, part.b.value.detach()).t(), given, part.scale);
    }
}

at::Tensor Projection::back(const at::Tensor& dOut, std::int64_t first) const {
    at::Tensor dIn = product(dOut, matrix());
    addBesideBack(dIn, dOut, first);
    return dIn;
}

void Projection::backInto(at::Tensor& dIn, const at::Tensor& dOut, std::int64_t first) const {
    productInto(dIn, dOut, matrix());
    addBesideBack(dIn, dOut, first);
}

void keep(torch::autograd::AutogradContext* context, const std::string& name,
          const Projection& projection) {
    keep(context, name + ".weight", projection.weight);
    keep(context, name + ".bias", projection.bias);
    if (projection.packed == nullptr && projection.beside.empty()) return;
    context->saved_data[name + ".beside"] =
        c10::IValue::make_capsule(c10::make_intrusive<KeptBeside>(projection));
}

Projection keptProjection(torch::autograd::AutogradContext* context, const std::string& name) {
    Projection projection{.weight = kept(context, name + ".weight"),
                          .bias = kept(context, name + ".bias")};
    const auto found = context->saved_data.find(name + ".beside");
    if (found == context->saved_data.end()) return projection;
    const auto capsule = found->second.toCapsule();
    const auto& more = static_cast<const KeptBeside&>(*capsule);
    projection.packed = more.packed;
    projection.beside = more.beside;
    projection.dropout = more.dropout;
    return projection;
}

}  // namespace ringscope
