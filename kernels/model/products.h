// Products of matrices whose elements may have two bytes.
//
// A CPU with a unit for those (AMX) multiplies them as they are. Without one, oneDNN's and MKL's
// products of two-byte elements take 1.6 times as long as fp32's (tests/bench/README.md), so they
// are widened first and the result is rounded once.
#pragma once

#include <ATen/core/Tensor.h>

namespace ringscope {

// Whether this machine's CPU multiplies two-byte elements as they are.
bool multipliesTwoBytes();

at::Tensor product(const at::Tensor& a, const at::Tensor& b);
void productInto(at::Tensor& out, const at::Tensor& a, const at::Tensor& b);

// addend + a b
at::Tensor sumWithProduct(const at::Tensor& addend, const at::Tensor& a, const at::Tensor& b);
void sumWithProductInto(at::Tensor& out, const at::Tensor& addend, const at::Tensor& a,
                        const at::Tensor& b);

// sum += scale a b, where the sum may be of a wider type.
void addProduct(at::Tensor& sum, const at::Tensor& a, const at::Tensor& b, double scale = 1);
// The same into rows of a's type, which may be columns of wider ones; rounded once.
void addScaledProduct(at::Tensor& out, const at::Tensor& a, const at::Tensor& b, double scale);

}  // namespace ringscope
