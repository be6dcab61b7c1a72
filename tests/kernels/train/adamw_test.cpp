#include "kernels/train/adamw.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace ringscope {
namespace {

// The textbook formula, one parameter, in double.
struct PlainAdamW {
    double mean = 0;
    double square = 0;
    double step(double value, double gradient, int time, const AdamWOptions& options) {
        mean = options.beta1 * mean + (1 - options.beta1) * gradient;
        square = options.beta2 * square + (1 - options.beta2) * gradient * gradient;
        const double first = mean / (1 - std::pow(options.beta1, time));
        const double second = square / (1 - std::pow(options.beta2, time));
        value -= options.lr * options.weightDecay * value;
        return value - options.lr * first / (std::sqrt(second) + options.eps);
    }
};

TEST(AdamW, FollowsTheTextbookStepByStep) {
    at::manual_seed(1);
    const AdamWOptions options{.lr = 0.01, .weightDecay = 0.1};
    const at::TensorOptions tensors = at::TensorOptions().dtype(at::kDouble);
    at::Tensor values = at::randn({7}, tensors);
    AdamW optimizer(7, options, tensors);
    std::vector<PlainAdamW> plain(7);
    std::vector<double> expected(7);
    for (int i = 0; i < 7; ++i) expected[static_cast<std::size_t>(i)] = values[i].item<double>();
    for (int time = 1; time <= 5; ++time) {
        const at::Tensor gradient = at::randn({7}, tensors);
        optimizer.step(values, gradient, 0.5);
        for (int i = 0; i < 7; ++i) {
            const auto at = static_cast<std::size_t>(i);
            expected[at] =
                plain[at].step(expected[at], 0.5 * gradient[i].item<double>(), time, options);
            EXPECT_NEAR(values[i].item<double>(), expected[at], 1e-14) << "step " << time;
        }
    }
}

TEST(AdamW, IsTheSameInSinglePrecisionAndOnSeveralThreads) {
    at::manual_seed(2);
    const std::int64_t count = 200'001;
    const at::Tensor start = at::randn({count}, at::kFloat);
    const at::Tensor gradient = at::randn({count}, at::kFloat);
    const auto run = [&](at::ScalarType type, int threads) {
        const int before = at::get_num_threads();
        at::set_num_threads(threads);
        at::Tensor values = start.to(type).clone();
        AdamW optimizer(count, {}, at::TensorOptions().dtype(type));
        for (int step = 0; step < 3; ++step) optimizer.step(values, gradient.to(type), 1.0);
        at::set_num_threads(before);
        return values;
    };
    const at::Tensor single = run(at::kFloat, 1);
    EXPECT_TRUE(at::equal(single, run(at::kFloat, 2)));
    EXPECT_LT((single.to(at::kDouble) - run(at::kDouble, 1)).abs().max().item<double>(), 1e-6);
}

TEST(SumOfSquares, IsTakenInDoubleAndTheSameOnSeveralThreads) {
    at::manual_seed(3);
    const at::Tensor values = at::randn({300'007}, at::kFloat) * 1e3;
    const double exact = values.to(at::kDouble).square().sum().item<double>();
    at::set_num_threads(1);
    const double one = sumOfSquares(values);
    at::set_num_threads(2);
    const double two = sumOfSquares(values);
    at::set_num_threads(1);
    EXPECT_NEAR(one, exact, 1e-12 * exact);
    EXPECT_EQ(one, two);
}

}  // namespace
}  // namespace ringscope
