#include "kernels/verify/evaluate_program.h"

#include "backend/plan/batch_schedule.h"
#include "backend/text/token_text.h"
#include "kernels/model/checkpoint_values.h"
#include "kernels/rank/compute_threads.h"
#include "kernels/rank/counting_allocator.h"
#include "kernels/rank/plan_text.h"
#include "kernels/rank/rank_link.h"
#include "kernels/train/rank_model.h"
#include "kernels/verify/tensor_dump.h"

#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace ringscope {
namespace {

constexpr std::int64_t logitsAtOnce = 1 << 22;  // scalars that ranks exchange
constexpr std::int64_t gradientsAtOnce = 1 << 22;

// One sequence after another, with the next token as label; the last one of each has none.
TokenBatch batchOf(const TokenText& text, const TrainConfig& train) {
    TokenBatch batch{.rows = train.batch, .tokens = train.seqLen};
    for (std::int64_t token = 0; token < batch.rows * batch.tokens; ++token) {
        batch.inputs.push_back(text.at(token));
        const bool last = (token + 1) % batch.tokens == 0;
        batch.labels.push_back(last ? ignoredLabel : text.at(token + 1));
    }
    return batch;
}

class RankEvaluation {
public:
    RankEvaluation(const RankArguments& arguments, RankInput& input, const EventWriter& events)
        : arguments_(arguments), input_(input), events_(events) {}

    Result<RankDone> run() {
        MemoryMeter& memory = countCpuTensors();
        RINGSCOPE_CHECK(readJob());
        settleComputeThreads(plan_.config.launch);
        RINGSCOPE_TRY(const TokenText text,
                      TokenText::open(plan_.config.data, plan_.config.model.vocabSize));
        const std::string device = deviceName(plan_.config.launch.device, arguments_.localRank);
        RINGSCOPE_TRY(ranks_, meetRanks(arguments_, input_, events_, device));
        sayHello(arguments_, events_, device);
        RINGSCOPE_TRY(model_, RankModel::make(plan_, *ranks_.group, c10::Device(device)));
        const TokenBatch batch = batchOf(text, plan_.config.train);
        RINGSCOPE_CHECK(dumpLogits(batch));
        const double loss = computeLoss(batch);
        if (job_.gradients) RINGSCOPE_CHECK(dumpGradients());
        if (first())
            events_.tell(RankEvaluated{
                .rank = 0, .loss = loss, .labelledTokens = labelledTokens(batch.labels)});
        ranks_.group->barrier();  // no rank ends while another still sends to it
        return RankDone{.rank = arguments_.rank, .steps = 0, .peakMemory = memory.peak()};
    }

private:
    bool first() const { return arguments_.rank == 0; }

    Result<void> readJob() {
        const Job job = input_.job();
        const auto* evaluation = std::get_if<Evaluation>(&job);
        if (evaluation == nullptr)
            return Error{ErrorCode::InvalidConfig,
                         "this rank was started to evaluate, and its job is another"};
        job_ = *evaluation;
        RINGSCOPE_TRY(plan_, readPlan(job_.configYaml, arguments_.world));
        plan_.config.memory.zero = 1;  // nothing is trained
        plan_.config.memory.offloadParameters = OffloadPlace::None;
        return {};
    }

    // Collective: the sum over all ranks of a tensor in any type, in fp32 at least.
    void sumOverRanks(at::Tensor& values) {
        if (ranks_.group->size() > 1) ranks_.group->allReduceSum(values);
    }

    // The logits of the whole batch, in token order, on rank 0. A rank fills in those of its own
    // tokens, and the rest is zero.
    Result<void> dumpLogits(const TokenBatch& batch) {
        const at::Tensor hidden = model_->hidden(batch, {});  // (B, n, hidden)
        const std::int64_t vocabulary = plan_.config.model.vocabSize;
        const at::ScalarType kept = hidden.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
        at::Tensor all;
        if (first()) all = at::zeros({batch.rows * batch.tokens, vocabulary}, kept);
        const std::vector<std::int64_t> held = rowsOfTokens(batch);
        const std::int64_t step = std::max<std::int64_t>(1, logitsAtOnce / vocabulary);
        for (std::int64_t begin = 0; begin < batch.rows * batch.tokens; begin += step) {
            const std::int64_t count = std::min(step, batch.rows * batch.tokens - begin);
            at::Tensor part = ownLogits(hidden.flatten(0, 1), held, begin, count).to(kept);
            sumOverRanks(part);
            if (first()) all.narrow(0, begin, count).copy_(part);
        }
        if (!first()) return {};
        return dumpTensor(job_.dump, "logits", all.view({batch.rows, batch.tokens, vocabulary}));
    }

    // Of the batch's tokens [begin, begin + count): (count, vocabulary), 0 where they are another
    // rank's.
    at::Tensor ownLogits(const at::Tensor& hidden, const std::vector<std::int64_t>& held,
                         std::int64_t begin, std::int64_t count) const {
        std::vector<std::int64_t> rows;
        std::vector<std::int64_t> places;
        for (std::int64_t token = begin; token < begin + count; ++token) {
            const std::int64_t row = held[static_cast<std::size_t>(token)];
            if (row < 0) continue;
            rows.push_back(row);
            places.push_back(token - begin);
        }
        at::Tensor part = at::zeros({count, plan_.config.model.vocabSize}, hidden.options());
        if (rows.empty()) return part;
        const at::Device device = hidden.device();
        const at::Tensor own =
            model_->logits(hidden.index_select(0, at::tensor(rows, at::kLong).to(device)));
        part.index_copy_(0, at::tensor(places, at::kLong).to(device), own);
        return part;
    }

    // For each token of the batch the row of this rank's tensors, -1 where it is another's.
    std::vector<std::int64_t> rowsOfTokens(const TokenBatch& batch) const {
        const int rank = ranks_.group->rank();
        const Schedule schedule =
            scheduleOfBatch(plan_, plan_.parts.front(), batch.documents);  // as the model's
        const std::int64_t held = tokenCount(heldTokens(schedule, rank));
        std::vector<std::int64_t> places(static_cast<std::size_t>(batch.tokens), -1);
        std::int64_t next = 0;
        for (const TokenSpan& span : spansBefore(schedule.owned.spansOf(rank), batch.tokens))
            for (std::int64_t token = span.begin; token < span.end; ++token)
                places[static_cast<std::size_t>(token)] = schedule.replicated ? token : next++;
        std::vector<std::int64_t> rows;
        for (std::int64_t row = 0; row < batch.rows; ++row)
            for (const std::int64_t place : places)
                rows.push_back(place < 0 ? -1 : row * held + place);
        return rows;
    }

    // Summed over labelled tokens of all ranks. Leaves the gradients of this rank's part behind.
    double computeLoss(const TokenBatch& batch) {
        model_->parameters().clearGradients();
        const at::Tensor loss = model_->loss(batch, {}, 1);
        at::Tensor sum = at::zeros({1}, at::TensorOptions(at::kDouble));
        sum.fill_(loss.item<double>());
        if (job_.gradients) loss.backward();
        sum = sum.to(model_->tensors().device());
        sumOverRanks(sum);
        return sum.item<double>();
    }

    Result<void> dumpGradients() {
        const at::Tensor own = model_->parameters().gradients();
        at::Tensor flat;
        if (first()) flat = at::zeros({plan_.parameters}, own.options().device(at::kCPU));
        for (std::int64_t begin = 0; begin < plan_.parameters; begin += gradientsAtOnce) {
            const std::int64_t count = std::min(gradientsAtOnce, plan_.parameters - begin);
            at::Tensor part = model_->placed(own, begin, count);
            sumOverRanks(part);
            if (first()) flat.narrow(0, begin, count).copy_(part);
        }
        if (!first()) return {};
        RINGSCOPE_TRY(const Checkpoint checkpoint, Checkpoint::open(*plan_.config.model.from));
        return writeTensorFile(std::filesystem::path(job_.dump) / "gradients.safetensors",
                               namedGradients(checkpoint.places(), flat), {});
    }

    RankArguments arguments_;
    RankInput& input_;
    const EventWriter& events_;
    Evaluation job_;
    RunPlan plan_;
    MetRanks ranks_;  // outlives the model
    std::unique_ptr<RankModel> model_;
};

}  // namespace

int runEvaluation(const RankArguments& arguments, int input, int events) {
    return runProgram(arguments, input, events, "evaluating", &RankEvaluation::run);
}

}  // namespace ringscope
