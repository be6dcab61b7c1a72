// Native sparse attention as ranks compute it, against its definition.
#include "backend/plan/run_plan.h"
#include "kernels/attention/attention.h"
#include "tests/kernels/attention/sparse_reference.h"
#include "tests/kernels/comm/rank_threads.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <string>

namespace ringscope {
namespace {

using test::DenseCompression;
using test::DenseInputs;

struct SparseCase {
    std::string name;
    NsaConfig sizes;
    std::int64_t tokens;
    std::int64_t batch = 1;
    std::int64_t heads = 4;
    std::int64_t kvHeads = 2;
};

constexpr std::int64_t sparseColumns = 8;

const std::vector<SparseCase>& sparseCases() {
    static const std::vector<SparseCase> cases = {
        {"overlapping blocks",
         {.block = 8, .stride = 4, .selectBlock = 8, .selected = 4, .local = 2, .window = 6},
         64,
         2},
        {"blocks side by side",
         {.block = 4, .stride = 4, .selectBlock = 8, .selected = 3, .local = 1, .window = 10},
         48,
         2,
         4,
         4},
        {"one key head",
         {.block = 4, .stride = 2, .selectBlock = 4, .selected = 5, .local = 1, .window = 1},
         48,
         1,
         4,
         1},
        {"nothing left to choose",
         {.block = 8, .stride = 8, .selectBlock = 8, .selected = 3, .local = 2, .window = 48},
         48},
        {"fewer tokens than a block",
         {.block = 32, .stride = 16, .selectBlock = 32, .selected = 16, .local = 2, .window = 5},
         24},
        {"a length that blocks do not divide",
         {.block = 6, .stride = 2, .selectBlock = 6, .selected = 4, .local = 1, .window = 4},
         52},
    };
    return cases;
}

RunConfig sparseConfig(const SparseCase& sparse, const std::string& mode, int ranks) {
    RunConfig config;
    config.model = {.layers = 1,
                    .hiddenSize = sparse.heads * sparseColumns,
                    .heads = sparse.heads,
                    .kvHeads = sparse.kvHeads,
                    .attention = AttentionKind::Nsa,
                    .nsa = sparse.sizes};
    config.train.seqLen = sparse.tokens;
    config.train.batch = sparse.batch;
    config.train.precision = NumberFormat::Fp64;
    config.parallel.mode = mode;
    config.parallel.sp = ranks;
    return config;
}

at::Tensor tokensOfRank(const at::Tensor& whole, const std::vector<TokenSpan>& spans) {
    std::vector<at::Tensor> parts;
    for (const TokenSpan& span : spans) parts.push_back(whole.narrow(1, span.begin, span.size()));
    return at::cat(parts, 1);
}

void putTokensOfRank(at::Tensor& whole, const at::Tensor& part,
                     const std::vector<TokenSpan>& spans) {
    std::int64_t row = 0;
    for (const TokenSpan& span : spans) {
        whole.narrow(1, span.begin, span.size()).add_(part.narrow(1, row, span.size()));
        row += span.size();
    }
}

struct SparseResult {
    at::Tensor out;
    std::vector<at::Tensor> gradients;  // as DenseInputs::tensors()
    std::int64_t mostSent = 0;
};

// All ranks' parts put together.
class RanksTogether {
public:
    RanksTogether(const DenseInputs& inputs, at::Tensor dOut, const RunPlan& plan)
        : inputs_(inputs), dOut_(std::move(dOut)), plan_(plan) {
        result_.out = at::zeros_like(inputs.q);
        for (const at::Tensor& tensor : inputs.tensors())
            result_.gradients.push_back(at::zeros_like(tensor));
    }

    SparseResult run() {
        test::runRanks(plan_.ranks, [this](Group& group) { runRank(group); });
        return result_;
    }

private:
    static Compression withGradients(const DenseCompression& parts) {
        const auto weight = [](const at::Tensor& tensor) {
            return SparseWeight{tensor, at::zeros_like(tensor)};
        };
        return {weight(parts.position), weight(parts.up), weight(parts.down)};
    }

    void runRank(Group& group) {
        const Schedule& schedule = plan_.schedule();
        const auto attention =
            Attention::make(schedule, group.rank(), group, {.turns = plan_.parts[0].headTurns})
                .value();
        const std::vector<TokenSpan> held = heldTokens(schedule, group.rank());
        const auto leaf = [&](const at::Tensor& whole) {
            return tokensOfRank(whole, held).contiguous().requires_grad_();
        };
        const std::vector<at::Tensor> own{leaf(inputs_.q), leaf(inputs_.k), leaf(inputs_.v),
                                          leaf(inputs_.gates)};
        const SparseParts parts{plan_.config.model.nsa, withGradients(inputs_.keys),
                                withGradients(inputs_.values)};
        const at::Tensor out = attention->attend({.sparse = parts}, own[0], own[1], own[2], own[3]);
        // In a replicated model the gradients of a rank's own loss.
        at::Tensor dOut = at::zeros_like(dOut_);
        for (const TokenSpan& span : schedule.owned.spansOf(group.rank()))
            dOut.narrow(1, span.begin, span.size()).copy_(dOut_.narrow(1, span.begin, span.size()));
        out.backward(tokensOfRank(dOut, held));

        const std::lock_guard lock(mutex_);
        if (!schedule.replicated || group.rank() == 0) putTokensOfRank(result_.out, out, held);
        for (std::size_t i = 0; i < own.size(); ++i)
            putTokensOfRank(result_.gradients[i], own[i].grad(), held);
        std::size_t next = own.size();
        for (const Compression* each : {&parts.keys, &parts.values})
            for (const SparseWeight* weight : {&each->position, &each->up, &each->down})
                result_.gradients[next++].add_(weight->gradient);
        result_.mostSent = std::max(result_.mostSent, group.sent().of(Purpose::Attention));
    }

    const DenseInputs& inputs_;
    at::Tensor dOut_;
    const RunPlan& plan_;
    std::mutex mutex_;
    SparseResult result_;
};

DenseInputs inputsOf(const SparseCase& sparse) {
    return test::randomInputs(sparse.sizes, sparse.batch, sparse.tokens, sparse.heads,
                              sparse.kvHeads, sparseColumns);
}

double scaleOf() { return 1 / std::sqrt(static_cast<double>(sparseColumns)); }

void expectDefinition(const SparseCase& sparse, const RunConfig& config) {
    SCOPED_TRACE(sparse.name + ", " + config.parallel.mode + ", " +
                 std::to_string(config.parallel.sp) + " ranks");
    const Result<RunPlan> plan = planRun(config);
    ASSERT_TRUE(plan.ok()) << plan.error().message;
    const DenseInputs inputs = inputsOf(sparse);
    const DenseInputs leaves = inputs.leaves();
    const at::Tensor expected = test::denseSparseAttention(sparse.sizes, leaves, scaleOf());
    const at::Tensor dOut = at::randn_like(inputs.q);
    expected.backward(dOut);

    const SparseResult actual = RanksTogether(inputs, dOut, *plan).run();
    EXPECT_LT((actual.out - expected).abs().max().item<double>(), 1e-10);
    const std::vector<at::Tensor> all = leaves.tensors();
    for (std::size_t i = 0; i < all.size(); ++i) {
        const at::Tensor gradient =
            all[i].grad().defined() ? all[i].grad() : at::zeros_like(all[i]);
        EXPECT_LT((actual.gradients[i] - gradient).abs().max().item<double>(), 1e-10) << i;
    }
    EXPECT_EQ(actual.mostSent, plan->attentionBytesPerStep);
}

TEST(SparseAttention, IsItsDefinitionOnOneRank) {
    for (const SparseCase& sparse : sparseCases())
        expectDefinition(sparse, sparseConfig(sparse, "none", 1));
}

TEST(SparseAttention, IsItsDefinitionUnderEveryModeThatHasAllKeys) {
    for (const SparseCase& sparse : sparseCases())
        for (const std::string mode : {"ulysses", "llama3", "ring-allgather", "legacy"})
            for (const int ranks : {2, 4}) {
                if (mode == "ulysses" && sparse.kvHeads < ranks) continue;
                const RunConfig config = sparseConfig(sparse, mode, ranks);
                if (planRun(config).value().padding == 0) expectDefinition(sparse, config);
            }
}

TEST(SparseAttention, IsItsDefinitionWhereMessagesAreMadeSmall) {
    const SparseCase& sparse = sparseCases()[1];
    for (const std::string mode : {"ulysses", "llama3"}) {
        RunConfig config = sparseConfig(sparse, mode, 2);
        std::string before;
        for (std::int64_t limit = planRun(config)->commBufferBytes; limit > 64;
             limit = limit * 3 / 4) {
            config.parallel.commBufferLimit = {limit};
            const Result<RunPlan> plan = planRun(config);
            if (!plan.ok()) break;
            if (plan->smallerMessages == before) continue;
            before = plan->smallerMessages;
            SCOPED_TRACE(before);
            expectDefinition(sparse, config);
        }
        EXPECT_FALSE(before.empty()) << mode;
    }
}

TEST(SparseAttention, NeverShowsALaterToken) {
    const SparseCase& sparse = sparseCases().front();
    const RunPlan plan = planRun(sparseConfig(sparse, "none", 1)).value();
    const DenseInputs inputs = inputsOf(sparse);
    const at::Tensor dOut = at::zeros_like(inputs.q);
    const at::Tensor before = RanksTogether(inputs, dOut, plan).run().out;
    for (const std::int64_t token : {0, 7, 8, 31, 32, 63}) {
        DenseInputs changed = inputs;
        for (at::Tensor* each : {&changed.q, &changed.k, &changed.v, &changed.gates}) {
            *each = each->clone();
            each->select(1, token).mul_(3).add_(1);
        }
        const at::Tensor after = RanksTogether(changed, dOut, plan).run().out;
        EXPECT_TRUE(at::equal(after.narrow(1, 0, token), before.narrow(1, 0, token))) << token;
        EXPECT_FALSE(at::equal(after.select(1, token), before.select(1, token))) << token;
    }
}

TEST(SparseAttention, TakesBlocksByTheirNumbersWhereScoresAreEqual) {
    const SparseCase& sparse = sparseCases().front();
    const RunPlan plan = planRun(sparseConfig(sparse, "none", 1)).value();
    DenseInputs inputs = inputsOf(sparse);
    inputs.q.zero_();  // all blocks that are seen weigh the same
    const at::Tensor expected = test::denseSparseAttention(sparse.sizes, inputs, scaleOf());
    const at::Tensor out = RanksTogether(inputs, at::zeros_like(inputs.q), plan).run().out;
    EXPECT_LT((out - expected).abs().max().item<double>(), 1e-12);
}

TEST(SparseAttention, RefusesGatesWithoutItsParameters) {
    const SparseCase& sparse = sparseCases().front();
    const RunPlan plan = planRun(sparseConfig(sparse, "none", 1)).value();
    const DenseInputs inputs = inputsOf(sparse);
    test::runRanks(1, [&](Group& group) {
        const auto attention = Attention::make(plan.schedule(), 0, group, {}).value();
        EXPECT_ANY_THROW(attention->forward({}, inputs.q, inputs.k, inputs.v, inputs.gates));
    });
}

}  // namespace
}  // namespace ringscope
