#include "kernels/model/four_bit_matrix.h"

#include "backend/model/four_bit.h"
#include "backend/model/safetensors.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <string>

namespace ringscope {
namespace {

// What bitsandbytes makes of some tensors (tests/peers/adapters.py).
class OfBitsandbytes {
public:
    OfBitsandbytes() {
        std::ifstream in(RINGSCOPE_NF4, std::ios::binary);
        file_.assign(std::istreambuf_iterator<char>(in), {});
        table_ = readTensorTable(file_).value();
    }
    at::Tensor tensor(const std::string& name) const {
        const auto entry = std::ranges::find(table_.tensors, name, &TensorEntry::name);
        EXPECT_NE(entry, table_.tensors.end()) << name;
        const auto type = entry->type == TensorType::U8 ? at::kByte : at::kFloat;
        at::Tensor tensor = at::empty(entry->shape, type);
        std::memcpy(tensor.mutable_data_ptr(), file_.data() + entry->begin,
                    entry->end - entry->begin);
        return tensor;
    }

private:
    std::string file_;
    TensorTable table_;
};

TEST(FourBits, AreThoseOfBitsandbytes) {
    const OfBitsandbytes wanted;
    for (const std::string name : {"whole", "tail", "long", "flat", "odd"}) {
        const at::Tensor numbers = wanted.tensor(name + ".numbers");
        const FourBitTensor made = inFourBits(numbers);
        EXPECT_TRUE(at::equal(made.codes, wanted.tensor(name + ".codes"))) << name;
        EXPECT_TRUE(at::equal(made.largest, wanted.tensor(name + ".largest"))) << name;
        // A sum of floats, whose order is the processor's.
        const float mean = wanted.tensor(name + ".mean").item<float>();
        EXPECT_NEAR(made.meanOfLargest, mean, 1e-6F * mean) << name;
        EXPECT_TRUE(at::allclose(made.scales, wanted.tensor(name + ".scales"), 1e-5, 1e-7)) << name;
        const at::Tensor again = fromFourBits(made).view_as(numbers);
        EXPECT_TRUE(at::allclose(again, wanted.tensor(name + ".again"), 1e-5, 1e-7)) << name;
    }
}

TEST(FourBits, TakeTheBytesThatThePlanCounts) {
    for (const std::int64_t rows : {2, 64, 300}) {
        const at::Tensor numbers = at::randn({rows, 96});
        std::vector<FourBitMatrix::Part> parts(1);
        parts[0] = {.tensor = inFourBits(numbers), .count = rows};
        const FourBitMatrix matrix(std::move(parts), 96, at::TensorOptions().dtype(at::kFloat));
        EXPECT_EQ(matrix.bytes(), fourBitBytes(rows * 96));
    }
}

TEST(FourBits, RowsLieWhereTheyAreSaidTo) {
    const at::Tensor numbers = at::randn({6, 64});
    const at::Tensor order = at::tensor({3, 1, 5, 0, 2, 4}, at::kLong);
    std::vector<FourBitMatrix::Part> parts(1);
    parts[0] = {.tensor = inFourBits(numbers), .rows = order, .count = 6};
    const FourBitMatrix matrix(std::move(parts), 64, at::TensorOptions().dtype(at::kFloat));
    const at::Tensor plain = fromFourBits(inFourBits(numbers)).view({6, 64});
    EXPECT_TRUE(at::equal(matrix.values().index_select(0, order), plain));
    EXPECT_TRUE(at::equal(matrix.some(2, 3)->values(), matrix.values().narrow(0, 2, 3)));
}

TEST(FourBits, RowsOfSomeTensorsAreMadeOfThese) {
    std::vector<FourBitMatrix::Part> parts(4);
    for (FourBitMatrix::Part& part : parts)
        part = {.tensor = inFourBits(at::randn({3, 64})), .count = 3};
    const FourBitMatrix matrix(std::move(parts), 64, at::TensorOptions().dtype(at::kFloat));
    const at::Tensor all = matrix.values();
    for (const std::int64_t first : {0, 1, 3, 5, 6})
        for (const std::int64_t count : {1, 3, 5}) {
            const auto some = matrix.some(first, count);
            EXPECT_TRUE(at::equal(some->values(), all.narrow(0, first, count)));
            EXPECT_EQ(some->bytes() * 4 / matrix.bytes(), (first + count - 1) / 3 - first / 3 + 1);
        }
    EXPECT_TRUE(at::equal(matrix.some(3, 6)->some(3, 3)->values(), all.narrow(0, 6, 3)));
}

}  // namespace
}  // namespace ringscope
