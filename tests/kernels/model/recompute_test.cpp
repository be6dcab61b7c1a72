// What a model says of the parameters it uses, and where the inputs of its layers wait.
#include "kernels/model/recompute.h"
#include "kernels/model/transformer.h"
#include "tests/kernels/model/plain_model.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace ringscope {
namespace {

using test::plainCount;
using test::plainKinds;
using test::plainTable;
using test::seededParameters;

class Notes final : public UnitKeeper {
public:
    void useValues(int unit, SpanPass pass) override {
        note("use", unit);
        if (pass == SpanPass::Recompute) events.back() += " again";
    }
    void dropValues(int unit) override { note("drop", unit); }
    void openGradients(int unit) override { note("open", unit); }
    void closeGradients(int unit) override { note("close", unit); }

    std::vector<std::string> events;

private:
    void note(const char* what, int unit) {
        events.push_back(what + std::string(" ") + std::to_string(unit));
    }
};

class Shelf final : public ActivationStore {
public:
    void put(const at::Tensor& tensor) override { waiting.push_back(tensor.clone()); }
    at::Tensor take() override {
        at::Tensor last = waiting.back();
        waiting.pop_back();
        ++taken;
        return last;
    }

    std::vector<at::Tensor> waiting;
    int taken = 0;
};

ModelConfig threeLayers(bool tied) {
    return {.layers = 3,
            .hiddenSize = 16,
            .heads = 2,
            .kvHeads = 1,
            .ffnSize = 24,
            .vocabSize = 40,
            .tiedHead = tied};
}

at::Tensor attend(int /*layer*/, const at::Tensor& q, const LayerKeys& keys) {
    return test::plainAttention(q, keys.k, keys.v, true);
}

struct Passed {
    double loss = 0;
    at::Tensor gradients;
};

Passed pass(const ModelConfig& model, const MemoryConfig& memory, const Elsewhere& elsewhere = {}) {
    const at::TensorOptions options = at::TensorOptions().dtype(at::kDouble);
    Parameters parameters = seededParameters(model, 3, plainCount(model), options);
    const Transformer transformer(model, plainKinds(model), parameters, nullptr, memory);
    const at::Tensor positions = at::arange(20, at::kLong);
    const at::Tensor tokens = positions.expand({2, 20}).contiguous();
    RouterUse routers;
    const at::Tensor loss =
        transformer.loss({tokens, tokens, positions,
                          plainTable(positions, model.headDim(), model.rope.theta, options)},
                         attend, 0.1, routers, elsewhere);
    const double value = loss.item<double>();
    loss.backward();
    return {value, parameters.gradients().clone()};
}

void expectSame(const Passed& actual, const Passed& expected) {
    EXPECT_EQ(actual.loss, expected.loss);
    EXPECT_TRUE(at::equal(actual.gradients, expected.gradients));
}

TEST(Recompute, GivesTheSameBits) {
    const ModelConfig model = threeLayers(false);
    const Passed expected = pass(model, {});
    MemoryConfig memory;
    for (const Recompute recompute : {Recompute::AttentionKept, Recompute::Layers}) {
        memory.recompute = recompute;
        expectSame(pass(model, memory), expected);
    }
    memory.recomputeEvery = 2;
    expectSame(pass(model, memory), expected);
}

TEST(Recompute, LetsTheInputsOfLayersWaitInAStore) {
    const ModelConfig model = threeLayers(false);
    MemoryConfig memory;
    memory.recompute = Recompute::Layers;
    for (const auto& [every, kept] : {std::pair{1, 3}, {2, 2}, {5, 1}}) {
        memory.recomputeEvery = every;
        Shelf shelf;
        expectSame(pass(model, memory, {.store = &shelf}), pass(model, {}));
        EXPECT_EQ(shelf.taken, kept);
        EXPECT_TRUE(shelf.waiting.empty());
    }
}

TEST(UnitKeeper, IsToldWhatAPassUses) {
    Notes notes;
    pass(threeLayers(false), {}, {.keeper = &notes});
    EXPECT_THAT(notes.events, ::testing::ElementsAre(
                                  "use 0", "drop 0", "use 1", "drop 1", "use 2", "drop 2", "use 3",
                                  "drop 3", "use 4", "open 4", "drop 4", "close 4", "use 3",
                                  "open 3", "drop 3", "close 3", "use 2", "open 2", "drop 2",
                                  "close 2", "use 1", "open 1", "drop 1", "close 1", "open 0"));
}

TEST(UnitKeeper, IsToldThatTheHeadUsesTheEmbedding) {
    Notes notes;
    pass(threeLayers(true), {}, {.keeper = &notes});
    const std::vector<std::string> head(notes.events.begin() + 8, notes.events.begin() + 15);
    EXPECT_THAT(head, ::testing::ElementsAre("use 4", "open 4", "use 0", "open 0", "drop 4",
                                             "drop 0", "close 4"));
}

// The last layer of a group stays from its second forward pass to its backward pass.
TEST(UnitKeeper, IsToldOfLayersThatRunAgain) {
    MemoryConfig memory;
    memory.recompute = Recompute::Layers;
    memory.recomputeEvery = 2;
    Notes notes;
    pass(threeLayers(false), memory, {.keeper = &notes});
    const std::vector<std::string> backward(notes.events.begin() + 12, notes.events.end());
    EXPECT_THAT(backward, ::testing::ElementsAre("use 3 again", "use 3", "open 3", "drop 3",
                                                 "close 3", "use 1 again", "drop 1", "use 2 again",
                                                 "use 2", "open 2", "drop 2", "close 2", "use 1",
                                                 "open 1", "drop 1", "close 1", "open 0"));
}

}  // namespace
}  // namespace ringscope
