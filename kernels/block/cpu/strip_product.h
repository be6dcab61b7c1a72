// Products of a strip, a few rows, by a matrix that is packed in panels (panels.h): what
// attention's tiles are made of. The sums of 12 rows by two vectors stay in registers; one version
// for each generation of x86, the processor decides.
#pragma once

#include <cstdint>

namespace ringscope {

constexpr std::int64_t stripRows = 12;     // most rows of a strip
constexpr std::int64_t lineColumns = 384;  // most columns of what is multiplied from the left
// From one of its rows to the next. No power of two: columns would share a few cache sets.
constexpr std::int64_t lineStride = lineColumns + 16;
constexpr std::int64_t panelColumns = 32;

// c (rows x columns) = a (rows x inner) * b (inner x columns), or is added to.
template <typename T>
struct StripProduct {
    const T* a = nullptr;      // lines, lineStride apart
    bool aTransposed = false;  // a's columns are the lines instead
    const T* b = nullptr;      // where a panel begins
    std::int64_t bPanels = 0;  // from a panel to the next
    std::int64_t bRow = 0;     // of the panels, the first to be multiplied
    T* c = nullptr;            // its rows are cStride apart and hold whole panels
    std::int64_t cStride = 0;
    std::int64_t rows = 0;  // up to stripRows
    std::int64_t inner = 0;
    std::int64_t columns = 0;  // as in Panels: a multiple of 16, to the end of a panel
    bool add = false;
};

void multiply(const StripProduct<float>& product);
void multiply(const StripProduct<double>& product);

// The versions, for processors of x86-64-v4 (AVX-512), v3 (AVX2) and any.
void multiplyV4(const StripProduct<float>& product);
void multiplyV4(const StripProduct<double>& product);
void multiplyV3(const StripProduct<float>& product);
void multiplyV3(const StripProduct<double>& product);
void multiplyAnywhere(const StripProduct<float>& product);
void multiplyAnywhere(const StripProduct<double>& product);

}  // namespace ringscope
