#include "kernels/attention/attention.h"

#include "kernels/attention/attention_state.h"
#include "profiler/trace_place.h"

#include <string>

namespace ringscope {
namespace {

bool inTokenOrder(const ShardLayout& layout) {
    std::int64_t next = 0;
    for (const std::vector<TokenSpan>& spans : layout) {
        for (const TokenSpan& span : spans) {
            if (span.begin != next) return false;
            next = span.end;
        }
    }
    return true;
}

Result<void> checkFit(const Schedule& schedule, int rank, const Group& group,
                      const ExecutorRow& executor) {
    const auto ranks = static_cast<int>(schedule.ranks.size());
    if (group.size() != ranks || group.rank() != rank)
        return Error{ErrorCode::InvalidConfig,
                     "the schedule is for rank " + std::to_string(rank) + " of " +
                         std::to_string(ranks) + ", the group has rank " +
                         std::to_string(group.rank()) + " of " + std::to_string(group.size())};
    if (executor.ranksInTokenOrder && !inTokenOrder(schedule.owned))
        return Error{ErrorCode::InvalidConfig,
                     std::string(executorName(schedule.executor)) +
                         " attention needs each rank's tokens before the next rank's"};
    return {};
}

void expectInputs(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
    TORCH_CHECK(q.dim() == 4 && k.dim() == 4 && k.sizes() == v.sizes(),
                "attention takes (B, n, H, D); got q ", q.sizes(), ", k ", k.sizes(), ", v ",
                v.sizes());
    TORCH_CHECK(q.size(0) == k.size(0) && q.size(1) == k.size(1) && q.size(3) == k.size(3) &&
                    q.size(2) % k.size(2) == 0,
                "queries ", q.sizes(), " do not fit keys ", k.sizes());
    TORCH_CHECK(q.is_contiguous() && k.is_contiguous() && v.is_contiguous(),
                "attention takes contiguous q, k and v");
}

}  // namespace

Result<std::unique_ptr<Attention>> Attention::make(const Schedule& schedule, int rank, Group& group,
                                                   const AttentionOptions& options) {
    const ExecutorRow& executor = executorRow(schedule.executor);
    RINGSCOPE_CHECK(checkFit(schedule, rank, group, executor));
    return std::unique_ptr<Attention>(new Attention(std::unique_ptr<State>(new State{
        executor, schedule.ranks[static_cast<std::size_t>(rank)], group, options.scale})));
}

Attention::Attention(std::unique_ptr<State> state) : state_(std::move(state)) {}
Attention::~Attention() = default;

AttentionOutput Attention::forward(const at::Tensor& q, const at::Tensor& k,
                                   const at::Tensor& v) const {
    expectInputs(q, k, v);
    const PurposeScope purpose(state_->group, Purpose::Attention);
    const PlaceScope place;
    tracePlace().pass = SpanPass::Forward;
    AttentionOutput output = state_->executor.forward(state_->part(), {q, k, v});
    output.saved.layer = tracePlace().layer;
    return output;
}

AttentionGradients Attention::backward(const SavedAttention& saved, const at::Tensor& dOut) const {
    const PurposeScope purpose(state_->group, Purpose::Attention);
    const PlaceScope place;
    tracePlace().pass = SpanPass::Backward;
    tracePlace().layer = saved.layer;
    return state_->executor.backward(state_->part(), saved, dOut.contiguous());
}

}  // namespace ringscope
