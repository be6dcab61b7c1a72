// 12 x 2 vectors of 64 bytes: 24 of AVX-512's 32 registers hold sums.
#include "kernels/vector/vector_code.h"

#ifdef RINGSCOPE_GENERATIONS
#pragma GCC target("arch=x86-64-v4")
#include "kernels/block/cpu/strip_product_tile.h"

namespace ringscope {

void multiplyV4(const StripProduct<float>& product) { multiplyIn<64, 12>(product); }
void multiplyV4(const StripProduct<double>& product) { multiplyIn<64, 12>(product); }

}  // namespace ringscope
#endif
