// AdamW in 8 bits: against bitsandbytes (tests/peers/adamw8bit.py), for slices, and in training.
#include "kernels/train/adamw_8bit.h"

#include "backend/core/mix.h"
#include "backend/model/safetensors.h"
#include "backend/plan/optimizer_state.h"
#include "kernels/train/adamw.h"
#include "tests/kernels/train/training.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

namespace ringscope {
namespace {

using test::TrainedRank;

// tests/fixtures/adamw8bit.safetensors
class Recorded {
public:
    Recorded() {
        std::ifstream in(RINGSCOPE_ADAMW8BIT, std::ios::binary);
        file_.assign(std::istreambuf_iterator<char>(in), {});
        table_ = readTensorTable(file_).value();
    }
    at::Tensor tensor(const std::string& name) const {
        const auto entry = std::ranges::find(table_.tensors, name, &TensorEntry::name);
        EXPECT_NE(entry, table_.tensors.end()) << name;
        at::Tensor tensor = at::empty(entry->shape, at::kFloat);
        std::memcpy(tensor.mutable_data_ptr(), file_.data() + entry->begin,
                    entry->end - entry->begin);
        return tensor;
    }

private:
    std::string file_;
    TensorTable table_;
};

double apart(const at::Tensor& one, const at::Tensor& other) {
    return ((one - other).norm() / other.norm()).item<double>();
}

// The numbers and gradients of tests/peers/adamw8bit.py.
at::Tensor madeNumbers(std::uint64_t stream, std::int64_t count) {
    at::Tensor numbers = at::empty({count}, at::kFloat);
    float* out = numbers.mutable_data_ptr<float>();
    for (std::int64_t i = 0; i < count; ++i)
        out[i] =
            static_cast<float>(mixBits((stream << 32U) + static_cast<std::uint64_t>(i)) >> 44U) /
                (1 << 20) -
            0.5F;
    return numbers;
}

at::Tensor madeGradient(std::uint64_t step, std::int64_t count) {
    at::Tensor gradient = madeNumbers(1 + step, count) + 0.125;
    float* out = gradient.mutable_data_ptr<float>();
    for (std::int64_t i = 0; i < count; ++i)
        out[i] = std::ldexp(out[i], -static_cast<int>(mixBits(static_cast<std::uint64_t>(i)) % 7));
    return gradient;
}

constexpr std::int64_t large = 4096 + 300;
constexpr std::int64_t small = 100;
const AdamWOptions recordedOptions{.lr = 1e-2, .weightDecay = 0.1};

at::TensorOptions singles() { return at::TensorOptions().dtype(at::kFloat); }

struct Trained {
    at::Tensor values;  // of both parameters
    at::Tensor mean;    // of the large one
    at::Tensor square;
};

// 20 steps of a rank that holds [begin, end) of the large parameter, and the small one.
Trained trainSlice(std::int64_t begin, std::int64_t end) {
    const std::int64_t count = end - begin;
    const auto slice = [&](const at::Tensor& all) {
        return at::cat({all.slice(0, begin, end), all.slice(0, large)});
    };
    at::Tensor values = slice(madeNumbers(0, large + small));
    AdamW optimizer(
        count + small, recordedOptions, singles(),
        std::vector<ElementRange>{{.begin = 0, .count = count, .eightBit = true, .skipped = begin},
                                  {.begin = count, .count = small}});
    for (std::uint64_t step = 0; step < 20; ++step)
        optimizer.step(values, slice(madeGradient(step, large + small)), 1);
    return {values, optimizer.eightBitMean(), optimizer.eightBitSquare()};
}

TEST(AdamW8bit, IsCloserToBitsandbytesThanThatIsToItsOwn32Bits) {
    const Recorded recorded;
    const Trained own = trainSlice(0, large);
    const auto whole = [](const at::Tensor& tensor) { return tensor; };
    const auto ofLarge = [](const at::Tensor& tensor) { return tensor.narrow(0, 0, large); };
    const auto expectCloser = [&](const at::Tensor& held, const std::string& what, auto part) {
        const at::Tensor exact = part(recorded.tensor("bits32." + what));
        const at::Tensor peer = part(recorded.tensor("bits8." + what));
        const double allowed = apart(peer, exact);
        EXPECT_LT(apart(held, peer), allowed) << what;
        EXPECT_LT(apart(held, exact), 1.05 * allowed) << what;
        // Where it rounds to the nearest as we do.
        EXPECT_LT(apart(held, part(recorded.tensor("nearest." + what))), 0.05 * allowed) << what;
    };
    expectCloser(own.values, "values", whole);
    expectCloser(own.mean, "mean", ofLarge);
    expectCloser(own.square, "square", ofLarge);
}

TEST(AdamW8bit, LeavesSmallParametersIn32Bits) {
    const Recorded recorded;
    const at::Tensor own = trainSlice(0, large).values.narrow(0, large, small);
    EXPECT_LT(apart(own, recorded.tensor("bits32.values").narrow(0, large, small)), 1e-6);
}

// Its map is rounded several times on the way to fp32, ours once.
TEST(AdamW8bit, WritesNumbersAsBitsandbytesDoes) {
    constexpr double twoRoundings = 2 * 0x1p-23;
    const Recorded recorded;
    for (const auto& [name, map] :
         {std::pair("signed", signedMap()), {"unsigned", unsignedMap()}}) {
        const at::Tensor theirs = recorded.tensor(std::string("map.") + name);
        const at::Tensor numbers = recorded.tensor(std::string("numbers.") + name);
        const at::Tensor codes = recorded.tensor(std::string("codes.") + name);
        const at::Tensor scales = recorded.tensor(std::string("scales.") + name);
        for (std::int64_t i = 0; i < 256; ++i) {
            const auto own = static_cast<double>(map.values[static_cast<std::size_t>(i)]);
            EXPECT_NEAR(own, theirs[i].item<double>(), twoRoundings * std::abs(own))
                << name << " " << i;
        }
        for (std::int64_t i = 0; i < numbers.size(0); ++i) {
            const float number = numbers[i].item<float>();
            const float factor = 1 / scales[i / eightBitBlock].item<float>();
            int expected = codes[i].item<int>();
            if (name == std::string("unsigned") && number > 0) expected = std::max(expected, 1);
            EXPECT_EQ(codeOf(map, number * factor), expected) << name << " " << i;
        }
    }
}

TEST(DynamicMap, FindsTheCodeOfEveryNumberByItsBounds) {
    const std::uint32_t last = std::bit_cast<std::uint32_t>(1.0F);
    for (const DynamicMap* map : {&signedMap(), &unsignedMap()})
        for (std::uint32_t bits = 0; bits <= last; bits += bits < last / 2 ? 1'000'003 : 10'007)
            for (const float number : {std::bit_cast<float>(bits), -std::bit_cast<float>(bits)}) {
                const auto bound = std::ranges::lower_bound(map->bounds, number);
                ASSERT_EQ(codeOf(*map, number), bound - map->bounds.begin()) << number;
            }
}

TEST(DynamicMap, KeepsEveryValueAndRoundsToTheNearest) {
    for (const DynamicMap* map : {&signedMap(), &unsignedMap()}) {
        for (int code = 0; code < 256; ++code)
            EXPECT_EQ(codeOf(*map, map->values[static_cast<std::size_t>(code)]), code);
        EXPECT_EQ(codeOf(*map, std::nextafter(1.0F, 2.0F)), 255);
        EXPECT_EQ(codeOf(*map, std::nextafter(-1.0F, -2.0F)), 0);
        const float middle = (map->values[200] + map->values[201]) / 2;
        EXPECT_EQ(codeOf(*map, std::nextafter(middle, 0.0F)), 200);
        EXPECT_EQ(codeOf(*map, std::nextafter(middle, 1.0F)), 201);
    }
    EXPECT_EQ(signedMap().values.at(static_cast<std::size_t>(codeOf(signedMap(), 1e-9F))), 0);
    EXPECT_GT(unsignedMap().values.at(static_cast<std::size_t>(codeOf(unsignedMap(), 1e-9F))), 0)
        << "a second moment that was not 0 must not become 0";
}

// The rows of an embedding are used now and then: their gradients are 0 in between.
TEST(AdamW8bit, TakesNoLargeStepWhereGradientsStop) {
    at::Tensor values = at::zeros({large});
    AdamW optimizer(large, {.lr = 1}, singles(),
                    std::vector<ElementRange>{{.count = large, .eightBit = true}});
    at::Tensor first = at::full({large}, 1e-4);
    first[0] = 1;
    optimizer.step(values, first, 1);
    for (int step = 0; step < 3; ++step) optimizer.step(values, at::zeros({large}), 1);
    EXPECT_LT(values.abs().max().item<double>(), 4.0) << "four steps of AdamW are at most lr each";
}

TEST(AdamW8bit, DoesNotDependOnSlicesThatBeginAtBlocksOfTheParameter) {
    const Trained whole = trainSlice(0, large);
    const std::int64_t cut = 7 * eightBitBlock;
    const Trained left = trainSlice(0, cut);
    const Trained right = trainSlice(cut, large);
    EXPECT_TRUE(at::equal(at::cat({left.mean, right.mean}), whole.mean));
    EXPECT_TRUE(at::equal(at::cat({left.square, right.square}), whole.square));
    EXPECT_TRUE(at::equal(at::cat({left.values.narrow(0, 0, cut), right.values}), whole.values));
}

TEST(AdamW8bit, DependsOnSlicesInTheBlockTheyCutAlone) {
    const Trained whole = trainSlice(0, large);
    const std::int64_t cut = 7 * eightBitBlock + 100;
    const Trained left = trainSlice(0, cut);
    const Trained right = trainSlice(cut, large);
    const at::Tensor values = at::cat({left.values.narrow(0, 0, cut), right.values});
    const std::int64_t begin = 7 * eightBitBlock;
    EXPECT_TRUE(at::equal(values.slice(0, 0, begin), whole.values.slice(0, 0, begin)));
    EXPECT_TRUE(at::equal(values.slice(0, begin + eightBitBlock),
                          whole.values.slice(0, begin + eightBitBlock)));
    const at::Tensor own = values.narrow(0, begin, eightBitBlock);
    EXPECT_LT(apart(own, whole.values.narrow(0, begin, eightBitBlock)), 0.02);
}

TEST(AdamW8bit, IsTheSameOnSeveralThreads) {
    const std::int64_t count = 300'001;
    const auto run = [&](int threads) {
        const int before = at::get_num_threads();
        at::set_num_threads(threads);
        at::Tensor values = madeNumbers(0, count);
        AdamW optimizer(
            count, {}, singles(),
            std::vector<ElementRange>{{.count = count, .eightBit = true, .skipped = 5}});
        for (std::uint64_t step = 0; step < 3; ++step)
            optimizer.step(values, madeNumbers(1 + step, count), 1);
        at::set_num_threads(before);
        return values;
    };
    EXPECT_TRUE(at::equal(run(1), run(2)));
}

// What a GPU does, here on the CPU: two chunks, whose first and last blocks are not whole.
TEST(AdamW8bit, IsTheSameByTensorOperations) {
    const std::int64_t count = 4096 * eightBitBlock + 77;
    const std::vector<ElementRange> ranges{
        {.begin = 3, .count = count, .eightBit = true, .skipped = 200},
        {.begin = count + 10, .count = 5000, .eightBit = true}};
    const std::int64_t all = count + 5010;
    const AdamW8bit optimizer(ranges);
    AdamW8bit::State loops = optimizer.zeroState(singles());
    AdamW8bit::State tensors = optimizer.zeroState(singles());
    at::Tensor byLoops = madeNumbers(0, all);
    at::Tensor byTensors = byLoops.clone();
    const flat::AdamFactors factors{.gradient = 0.5, .keep = 0.999, .stepSize = 0.01};
    for (std::uint64_t step = 0; step < 2; ++step) {
        const at::Tensor gradient = madeNumbers(1 + step, all);
        optimizer.step(loops, byLoops, gradient, factors);
        optimizer.stepByTensors(tensors, byTensors, gradient, factors);
    }
    EXPECT_TRUE(at::equal(byTensors.narrow(0, 0, 3), madeNumbers(0, 3))) << "outside the ranges";
    EXPECT_LT(apart(byTensors, byLoops), 1e-5);
    EXPECT_LT(apart(optimizer.meanOf(tensors), optimizer.meanOf(loops)), 1e-3);
    EXPECT_LT(apart(optimizer.squareOf(tensors), optimizer.squareOf(loops)), 1e-3);
}

RunConfig widerRun(const std::string& mode, int ranks) {
    RunConfig config = test::smallRun(mode, ranks);
    config.model.hiddenSize = 64;
    config.model.ffnSize = 96;
    config.train.precision = NumberFormat::Fp32;
    config.train.steps = 40;
    return config;
}

// The mean of the last steps' losses: one of them says little.
double endOf(const TrainedRank& rank) {
    double sum = 0;
    for (std::size_t i = rank.steps.size() - 5; i < rank.steps.size(); ++i)
        sum += rank.steps[i].record.loss;
    return sum / 5;
}

TEST(Training, ConvergesWith8BitsAboutAsWith32) {
    RunConfig config = widerRun("none", 1);
    const TrainedRank plain = test::train(config, test::fromProse(config)).front();
    const double start = plain.steps.front().record.loss;
    ASSERT_LT(endOf(plain), 0.8 * start);
    for (const NumberFormat precision : {NumberFormat::Fp32, NumberFormat::Bf16}) {
        for (const int ranks : {1, 2}) {
            config = widerRun(ranks == 1 ? "none" : "zigzag", ranks);
            config.train.optimizer = OptimizerKind::AdamW8bit;
            config.train.precision = precision;
            const std::vector<TrainedRank> trained = test::train(config, test::fromProse(config));
            EXPECT_NEAR(endOf(trained.front()), endOf(plain), 0.02 * start)
                << ranks << " ranks, " << nameOf(precision);
            EXPECT_EQ(trained.front().parameters, trained.back().parameters);
        }
    }
}

TEST(Training, With8BitsTakesStepsOfItsOwn) {
    RunConfig config = widerRun("none", 1);
    config.train.steps = 3;
    const TrainedRank plain = test::train(config, test::fromProse(config)).front();
    config.train.optimizer = OptimizerKind::AdamW8bit;
    const TrainedRank trained = test::train(config, test::fromProse(config)).front();
    EXPECT_EQ(trained.steps[0].record.loss, plain.steps[0].record.loss);
    EXPECT_NE(trained.parameters, plain.parameters);
}

}  // namespace
}  // namespace ringscope
