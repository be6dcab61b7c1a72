#include "kernels/attention/matrix_product.h"

// Fortran's matrices are columns where ours are rows: each reads ours as its transpose, so the
// operands change places.
extern "C" {
void sgemm_(const char* transA, const char* transB, const int* m, const int* n, const int* k,
            const float* alpha, const float* a, const int* lda, const float* b, const int* ldb,
            const float* beta, float* c, const int* ldc);
void dgemm_(const char* transA, const char* transB, const int* m, const int* n, const int* k,
            const double* alpha, const double* a, const int* lda, const double* b, const int* ldb,
            const double* beta, double* c, const int* ldc);
}

namespace ringscope {
namespace {

void gemm(char transA, char transB, int m, int n, int k, float alpha, const float* a, int lda,
          const float* b, int ldb, float beta, float* c, int ldc) {
    sgemm_(&transA, &transB, &m, &n, &k, &alpha, a, &lda, b, &ldb, &beta, c, &ldc);
}
void gemm(char transA, char transB, int m, int n, int k, double alpha, const double* a, int lda,
          const double* b, int ldb, double beta, double* c, int ldc) {
    dgemm_(&transA, &transB, &m, &n, &k, &alpha, a, &lda, b, &ldb, &beta, c, &ldc);
}

int narrow(std::int64_t value) { return static_cast<int>(value); }

}  // namespace

template <typename T>
void timesTransposed(Matrix<const T> a, Matrix<const T> b, Matrix<T> c, std::int64_t rows,
                     std::int64_t columns, std::int64_t inner, T alpha) {
    gemm('T', 'N', narrow(columns), narrow(rows), narrow(inner), alpha, b.first, narrow(b.stride),
         a.first, narrow(a.stride), T(0), c.first, narrow(c.stride));
}

template <typename T>
void addProduct(Matrix<const T> a, Matrix<const T> b, Matrix<T> c, std::int64_t rows,
                std::int64_t columns, std::int64_t inner, T alpha) {
    gemm('N', 'N', narrow(columns), narrow(rows), narrow(inner), alpha, b.first, narrow(b.stride),
         a.first, narrow(a.stride), T(1), c.first, narrow(c.stride));
}

template <typename T>
void addTransposedProduct(Matrix<const T> a, Matrix<const T> b, Matrix<T> c, std::int64_t rows,
                          std::int64_t columns, std::int64_t inner, T alpha) {
    gemm('N', 'T', narrow(columns), narrow(rows), narrow(inner), alpha, b.first, narrow(b.stride),
         a.first, narrow(a.stride), T(1), c.first, narrow(c.stride));
}

#define RINGSCOPE_MATRIX_PRODUCTS(T)                                                              \
    template void timesTransposed(Matrix<const T>, Matrix<const T>, Matrix<T>, std::int64_t,      \
                                  std::int64_t, std::int64_t, T);                                 \
    template void addProduct(Matrix<const T>, Matrix<const T>, Matrix<T>, std::int64_t,           \
                             std::int64_t, std::int64_t, T);                                      \
    template void addTransposedProduct(Matrix<const T>, Matrix<const T>, Matrix<T>, std::int64_t, \
                                       std::int64_t, std::int64_t, T);

RINGSCOPE_MATRIX_PRODUCTS(float)
RINGSCOPE_MATRIX_PRODUCTS(double)

}  // namespace ringscope
