#include "kernels/generate/generate_program.h"

#include "backend/text/tokenizer.h"
#include "kernels/generate/cached_model.h"
#include "kernels/generate/growing_text.h"
#include "kernels/generate/serve_program.h"
#include "kernels/rank/compute_threads.h"
#include "kernels/rank/counting_allocator.h"
#include "kernels/rank/memory_budget.h"
#include "kernels/rank/plan_text.h"
#include "kernels/rank/rank_link.h"

#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace ringscope {
namespace {

using GenerationClock = std::chrono::steady_clock;

class RankGeneration {
public:
    RankGeneration(const RankArguments& arguments, RankInput& input, const EventWriter& events)
        : arguments_(arguments), input_(input), events_(events) {}

    Result<RankDone> run() {
        try {
            return runWithinBudget();
        } catch (const std::exception&) {
            const std::optional<RefusedAllocation> refused = keptRefusal();
            if (!refused || !plan_.config.memory.budget) throw;
            return tooLittle(*refused);
        }
    }

private:
    bool first() const { return arguments_.rank == 0; }

    Error tooLittle(const RefusedAllocation& refused) const {
        std::int64_t held = 0;
        for (const std::int64_t bytes : refused.live) held += bytes;
        return {ErrorCode::Failed, "a budget of " + formatBytes(*plan_.config.memory.budget) +
                                       " has no room for " + formatBytes(refused.asked) +
                                       " beside the " + formatBytes({held}) +
                                       " that are held; raise it, or share the text among more "
                                       "ranks"};
    }

    Result<RankDone> runWithinBudget() {
        MemoryMeter& memory = countCpuTensors();
        RINGSCOPE_CHECK(readJob());
        limitCpuTensors(plan_.config.memory.budget);
        settleComputeThreads(plan_.config.launch);
        if (serving_) {
            RINGSCOPE_CHECK(serveTexts(arguments_, input_, events_, plan_, *serving_));
            return RankDone{.rank = arguments_.rank, .steps = 0, .peakMemory = memory.peak()};
        }
        RINGSCOPE_CHECK(makeTexts());
        const std::string device = deviceName(plan_.config.launch.device, arguments_.localRank);
        RINGSCOPE_TRY(ranks_, meetRanks(arguments_, input_, events_, device));
        sayHello(arguments_, events_, device);
        RINGSCOPE_TRY(model_, CachedModel::make(plan_.config, *ranks_.group, c10::Device(device)));
        RINGSCOPE_CHECK(goOn());
        ranks_.group->barrier();  // no rank ends while another still sends to it
        return RankDone{.rank = arguments_.rank, .steps = 0, .peakMemory = memory.peak()};
    }

    Result<void> readJob() {
        const Job job = input_.job();
        const auto* generation = std::get_if<Generation>(&job);
        if (generation == nullptr)
            return Error{ErrorCode::InvalidConfig,
                         "this rank was started to generate, and its job is another"};
        const std::optional<GenerationRequest> request = generationFromText(generation->request);
        serving_ = servingJobFromText(generation->request);
        if (!request && !serving_)
            return Error{ErrorCode::InvalidConfig, "this rank cannot read what it is to generate"};
        if (request) request_ = *request;
        RINGSCOPE_TRY(plan_, readPlan(generation->configYaml, arguments_.world));
        return {};
    }

    // Rank 0 alone knows the texts.
    Result<void> makeTexts() {
        if (!first()) return {};
        std::optional<Tokenizer> tokenizer;
        if (!request_.tokenizer.empty()) {
            RINGSCOPE_TRY(tokenizer, Tokenizer::load(request_.tokenizer));
        }
        for (int number = 0; number < request_.texts; ++number)
            texts_.emplace_back(request_, number, tokenizer);
        return {};
    }

    Result<void> goOn() {
        const GenerationClock::time_point began = GenerationClock::now();
        RINGSCOPE_TRY(at::Tensor logits,
                      model_->prefill(request_.prompt,
                                      {.more = request_.maxTokens - 1, .texts = request_.texts}));
        std::optional<Nanos> firstToken;
        while (true) {
            RINGSCOPE_TRY(const std::vector<std::int64_t> tokens, agree(logits));
            if (!firstToken) firstToken = GenerationClock::now() - began;
            if (tokens.empty()) break;
            RINGSCOPE_TRY(logits, model_->decode(tokens));
        }
        if (first()) tellEnd(*firstToken, GenerationClock::now() - began);
        return {};
    }

    // The next token of every text, the same on all ranks; none where all texts have ended.
    Result<std::vector<std::int64_t>> agree(const at::Tensor& logits) {
        at::Tensor shared = at::zeros({request_.texts + 1}, at::kLong);
        Result<void> picked;
        if (first()) picked = pick(logits, shared);
        if (first() && !picked.ok()) return picked.error();
        if (ranks_.group->size() > 1) {
            shared = shared.to(logits.device());
            ranks_.group->allReduceSum(shared);
            shared = shared.cpu();
        }
        const auto* tokens = shared.const_data_ptr<std::int64_t>();
        if (tokens[request_.texts] == 0) return std::vector<std::int64_t>();
        return std::vector<std::int64_t>(tokens, tokens + request_.texts);
    }

    // Into `shared`, and behind the tokens whether any text goes on. One that has ended repeats its
    // last token until all have.
    Result<void> pick(const at::Tensor& logits, at::Tensor& shared) {
        const at::Tensor rows = logits.to(at::kFloat).cpu().contiguous();
        auto* tokens = shared.mutable_data_ptr<std::int64_t>();
        for (int number = 0; number < request_.texts; ++number) {
            GrowingText& text = texts_[static_cast<std::size_t>(number)];
            const std::int64_t row = std::min<std::int64_t>(number, rows.size(0) - 1);
            if (!text.ended())
                RINGSCOPE_CHECK(grow(number, {rows.const_data_ptr<float>() + row * rows.size(1),
                                              static_cast<std::size_t>(rows.size(1))}));
            tokens[number] = text.last();
            if (!text.ended()) tokens[request_.texts] = 1;
        }
        return {};
    }

    Result<void> grow(int number, std::span<const float> logits) {
        GrowingText& text = texts_[static_cast<std::size_t>(number)];
        const std::int64_t token = text.pick(logits);
        RINGSCOPE_TRY(const TextGrowth growth, text.add(token));
        events_.tell(RankTokens{.rank = 0,
                                .textNumber = number,
                                .tokens = {token},
                                .text = growth.text,
                                .ended = growth.ended});
        return {};
    }

    void tellEnd(Nanos firstToken, Nanos total) {
        std::int64_t made = 0;
        for (const GrowingText& text : texts_) made += text.made();
        events_.tell(RankGenerated{.rank = 0,
                                   .promptTokens = std::ssize(request_.prompt),
                                   .tokens = made,
                                   .first = firstToken,
                                   .total = total,
                                   .cache = {model_->cacheBytes()}});
    }

    RankArguments arguments_;
    RankInput& input_;
    const EventWriter& events_;
    GenerationRequest request_;
    std::optional<ServingJob> serving_;  // then there is no request
    RunPlan plan_;
    MetRanks ranks_;  // outlives the model
    std::unique_ptr<CachedModel> model_;
    std::vector<GrowingText> texts_;
};

}  // namespace

int runGeneration(const RankArguments& arguments, int input, int events) {
    return runProgram(arguments, input, events, "generating", &RankGeneration::run);
}

}  // namespace ringscope
