// The C API alone, against attention written out, in doubles.
#include "resources/library/ringscope_attention.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace {

using ::testing::HasSubstr;

constexpr std::int64_t tokens = 9, size = 4;

ringscope_layer_spec causalSpec() {
    return {.batch = 1,
            .tokens = tokens,
            .heads = 1,
            .kv_heads = 1,
            .head_size = size,
            .type = "fp64",
            .mode = "none",
            .group = nullptr,
            .pattern = nullptr,
            .causal = 1,
            .window_left = -1,
            .window_right = -1,
            .scale = 0};
}

using Rows = std::vector<double>;

Rows madeRows(double begin) {
    Rows rows;
    for (std::int64_t i = 0; i < tokens * size; ++i)
        rows.push_back(std::sin(begin + 0.7 * static_cast<double>(i)));
    return rows;
}

double at(const Rows& rows, std::int64_t row, std::int64_t column) {
    return rows[static_cast<std::size_t>(row * size + column)];
}

// Row by row; a query sees itself and `seen` keys before it.
Rows writtenOut(const Rows& q, const Rows& k, const Rows& v, std::int64_t seen = tokens) {
    Rows out;
    for (std::int64_t row = 0; row < tokens; ++row) {
        double sum = 0;
        Rows mixed(size, 0.0);
        for (std::int64_t key = std::max<std::int64_t>(0, row - seen); key <= row; ++key) {
            double score = 0;
            for (std::int64_t i = 0; i < size; ++i) score += at(q, row, i) * at(k, key, i);
            const double weight = std::exp(score / std::sqrt(static_cast<double>(size)));
            sum += weight;
            for (std::int64_t i = 0; i < size; ++i)
                mixed[static_cast<std::size_t>(i)] += weight * at(v, key, i);
        }
        for (const double value : mixed) out.push_back(value / sum);
    }
    return out;
}

double productOf(const Rows& a, const Rows& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
    return sum;
}

class CApi : public ::testing::Test {
protected:
    ~CApi() override { ringscope_layer_close(layer_); }

    void open(const ringscope_layer_spec& spec) {
        ASSERT_EQ(ringscope_layer_open(&spec, &layer_, why_.data(), why_.size()), 0) << why_.data();
    }
    Rows forward(const Rows& q, const Rows& k, const Rows& v) {
        Rows out(q.size());
        EXPECT_EQ(ringscope_layer_forward(layer_, q.data(), k.data(), v.data(), out.data(),
                                          why_.data(), why_.size()),
                  0)
            << why_.data();
        return out;
    }
    std::string refusal(const ringscope_layer_spec& spec) {
        EXPECT_EQ(ringscope_layer_open(&spec, &layer_, why_.data(), why_.size()), 1);
        return why_.data();
    }

    const Rows q_ = madeRows(0.1), k_ = madeRows(1.3), v_ = madeRows(2.9);
    ringscope_layer* layer_ = nullptr;
    std::array<char, 256> why_{};
};

TEST_F(CApi, ComputesAttention) {
    open(causalSpec());
    const Rows out = forward(q_, k_, v_);
    const Rows wanted = writtenOut(q_, k_, v_);
    for (std::size_t i = 0; i < out.size(); ++i) EXPECT_NEAR(out[i], wanted[i], 1e-12);
}

TEST_F(CApi, ComputesGradientsOfEveryInput) {
    open(causalSpec());
    forward(q_, k_, v_);
    const Rows dOut = madeRows(4.4);
    std::array<Rows, 3> gradients{Rows(q_.size()), Rows(q_.size()), Rows(q_.size())};
    ASSERT_EQ(
        ringscope_layer_backward(layer_, dOut.data(), gradients[0].data(), gradients[1].data(),
                                 gradients[2].data(), why_.data(), why_.size()),
        0)
        << why_.data();
    constexpr double step = 1e-5;
    for (std::size_t input = 0; input < gradients.size(); ++input)
        for (std::size_t i = 0; i < q_.size(); i += 5) {
            const auto moved = [&](double by) {
                std::array<Rows, 3> all{q_, k_, v_};
                all[input][i] += by;
                return productOf(writtenOut(all[0], all[1], all[2]), dOut);
            };
            EXPECT_NEAR(gradients[input][i], (moved(step) - moved(-step)) / (2 * step), 1e-8)
                << "input " << input << ", value " << i;
        }
}

TEST_F(CApi, KeepsToAWindowAndAPattern) {
    ringscope_layer_spec spec = causalSpec();
    spec.window_left = 2;
    open(spec);
    const Rows out = forward(q_, k_, v_);
    const Rows wanted = writtenOut(q_, k_, v_, 2);
    for (std::size_t i = 0; i < out.size(); ++i) EXPECT_NEAR(out[i], wanted[i], 1e-12);

    ringscope_layer_close(layer_);
    layer_ = nullptr;
    const std::array<const char*, 4> pattern{"attention.pattern.kind=block_sparse",
                                             "attention.pattern.block=1",
                                             "attention.pattern.local=2", nullptr};
    spec = causalSpec();
    spec.pattern = pattern.data();
    open(spec);
    const Rows sparse = forward(q_, k_, v_);
    for (std::size_t i = 0; i < sparse.size(); ++i) EXPECT_NEAR(sparse[i], wanted[i], 1e-12);
}

TEST_F(CApi, TellsWhichTokensARankHolds) {
    open(causalSpec());
    ASSERT_EQ(ringscope_layer_tokens(layer_), tokens);
    std::vector<std::int64_t> held(tokens);
    ringscope_layer_held(layer_, held.data());
    for (std::int64_t token = 0; token < tokens; ++token)
        EXPECT_EQ(held[static_cast<std::size_t>(token)], token);
}

TEST_F(CApi, SaysWhatItCannotDo) {
    ringscope_layer_spec spec = causalSpec();
    spec.mode = "rings";
    EXPECT_THAT(refusal(spec), HasSubstr("there is no mode 'rings'"));
    spec = causalSpec();
    spec.type = "int8";
    EXPECT_THAT(refusal(spec), HasSubstr("'int8' is not known"));
    spec = causalSpec();
    spec.group = "nobody";
    EXPECT_THAT(refusal(spec), HasSubstr("nobody"));
    EXPECT_EQ(layer_, nullptr);
    EXPECT_STREQ(ringscope_torch_version(), "2.11.0");
}

TEST_F(CApi, WantsAForwardPassBeforeABackwardPass) {
    open(causalSpec());
    Rows rows(q_.size());
    EXPECT_EQ(ringscope_layer_backward(layer_, q_.data(), rows.data(), rows.data(), rows.data(),
                                       why_.data(), 12),
              1);
    EXPECT_STREQ(why_.data(), "a backward ");  // cut to the room
}

}  // namespace
