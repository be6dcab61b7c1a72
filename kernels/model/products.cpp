#include "kernels/model/products.h"

#include <ATen/ops/addmm.h>
#include <ATen/ops/mm.h>

namespace ringscope {
namespace {

bool isWidened(const at::Tensor& factor) {
    return factor.is_cpu() && factor.element_size() == 2 && !multipliesTwoBytes();
}

at::Tensor wide(const at::Tensor& tensor) { return tensor.to(at::kFloat); }

}  // namespace

bool multipliesTwoBytes() {
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
    static const bool amx = __builtin_cpu_supports("amx-bf16") != 0;
    return amx;
#else
    return false;
#endif
}

at::Tensor product(const at::Tensor& a, const at::Tensor& b) {
    return isWidened(a) ? at::mm(wide(a), wide(b)).to(a.scalar_type()) : at::mm(a, b);
}

void productInto(at::Tensor& out, const at::Tensor& a, const at::Tensor& b) {
    if (isWidened(a))
        out.copy_(at::mm(wide(a), wide(b)));
    else
        at::mm_out(out, a, b);
}

at::Tensor sumWithProduct(const at::Tensor& addend, const at::Tensor& a, const at::Tensor& b) {
    return isWidened(a) ? at::addmm(wide(addend), wide(a), wide(b)).to(a.scalar_type())
                        : at::addmm(addend, a, b);
}

void sumWithProductInto(at::Tensor& out, const at::Tensor& addend, const at::Tensor& a,
                        const at::Tensor& b) {
    if (isWidened(a))
        out.copy_(at::addmm(wide(addend), wide(a), wide(b)));
    else
        at::addmm_out(out, addend, a, b);
}

void addProduct(at::Tensor& sum, const at::Tensor& a, const at::Tensor& b, double scale) {
    if (sum.scalar_type() == a.scalar_type())
        sum.addmm_(a, b, 1, scale);
    else if (isWidened(a))
        sum.addmm_(wide(a), wide(b), 1, scale);
    else
        sum.add_(at::mm(a, b), scale);
}

void addScaledProduct(at::Tensor& out, const at::Tensor& a, const at::Tensor& b, double scale) {
    if (isWidened(a))
        out.add_(at::mm(wide(a), wide(b)), scale);
    else
        out.addmm_(a, b, 1, scale);
}

}  // namespace ringscope
