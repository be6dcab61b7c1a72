// 4 x 2 vectors of 16 bytes, which every processor has, and the choice between the versions.
#include "kernels/block/cpu/strip_product.h"

#include "kernels/block/cpu/strip_product_tile.h"
#include "kernels/vector/vector_code.h"

namespace ringscope {
namespace {

template <typename T>
using Multiply = void (*)(const StripProduct<T>&);

template <typename T>
Multiply<T> fastest() {
#ifdef RINGSCOPE_GENERATIONS
    if (__builtin_cpu_supports("x86-64-v4")) return multiplyV4;
    if (__builtin_cpu_supports("x86-64-v3")) return multiplyV3;
#endif
    return multiplyAnywhere;
}

}  // namespace

void multiplyAnywhere(const StripProduct<float>& product) { multiplyIn<16, 4>(product); }
void multiplyAnywhere(const StripProduct<double>& product) { multiplyIn<16, 4>(product); }

void multiply(const StripProduct<float>& product) {
    static const Multiply<float> chosen = fastest<float>();
    chosen(product);
}
void multiply(const StripProduct<double>& product) {
    static const Multiply<double> chosen = fastest<double>();
    chosen(product);
}

}  // namespace ringscope
