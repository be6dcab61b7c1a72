// 6 x 2 vectors of 32 bytes: 12 of AVX2's 16 registers hold sums.
#include "kernels/vector/vector_code.h"

#ifdef RINGSCOPE_GENERATIONS
#pragma GCC target("arch=x86-64-v3")
#include "kernels/block/cpu/strip_product_tile.h"

namespace ringscope {

void multiplyV3(const StripProduct<float>& product) { multiplyIn<32, 6>(product); }
void multiplyV3(const StripProduct<double>& product) { multiplyIn<32, 6>(product); }

}  // namespace ringscope
#endif
