// torch.ops.ringscope: what resources/library/ringscope_attention.py calls. Loading the library
// registers them.
#include "kernels/device/number_format.h"
#include "kernels/library/layer.h"

#include <ATen/ops/tensor.h>
#include <torch/library.h>
#include <torch/csrc/distributed/c10d/GroupRegistry.hpp>

#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

namespace ringscope::library {
namespace {

template <typename Value>
Value orThrow(Result<Value> result) {
    TORCH_CHECK_VALUE(result.ok(), result.error().message);
    return std::move(result).value();
}

NumberFormat formatOf(const at::Tensor& tensor) {
    const std::optional<NumberFormat> format = ringscope::formatOf(tensor.scalar_type());
    TORCH_CHECK_VALUE(format, "attention takes float32, float64, bfloat16 or float16; got ",
                      tensor.scalar_type());
    return *format;
}

// Layers are made once and used again: the graph of a backward pass refers to its layer. The
// process group that a name stands for may have become another one since.
class Layers {
public:
    const Layer& of(const LayerSpec& spec, const std::string& group) {
        const std::lock_guard lock(mutex_);
        const std::string key = toJson(spec.problem).dump() + ' ' + spec.mode + ' ' + group;
        const std::shared_ptr<Ranks> ranks = ranksOf(group);
        std::unique_ptr<Layer>& layer = layers_[key];
        if (!layer || layer->ranks() != ranks) layer = orThrow(Layer::make(spec, ranks));
        return *layer;
    }

    void forget() {
        const std::lock_guard lock(mutex_);
        layers_.clear();
        known_.clear();
    }

private:
    struct Known {
        const void* processGroup = nullptr;
        std::shared_ptr<Ranks> ranks;
    };

    std::shared_ptr<Ranks> ranksOf(const std::string& group) {
        const void* found = group.empty() ? nullptr : c10d::resolve_process_group(group).get();
        Known& known = known_[group];
        if (!known.ranks || known.processGroup != found)
            known = {found, orThrow(group.empty() ? singleRank() : ranksOfGroup(group))};
        return known.ranks;
    }

    std::mutex mutex_;
    std::map<std::string, Known> known_;
    std::map<std::string, std::unique_ptr<Layer>> layers_;
};

// Never destroyed: at the end of a process c10d may be gone before it.
Layers& layers() {
    static auto& all = *new Layers();
    return all;
}

AttentionCase caseWith(const std::vector<std::string>& pattern) {
    AttentionCase problem;
    for (const std::string& setting : pattern) {
        const Result<void> read = readPatternSetting(setting, problem);
        TORCH_CHECK_VALUE(read.ok(), read.error().message);
    }
    return problem;
}

// `group`: the name of a process group; empty: one rank by itself.
at::Tensor attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                     const std::string& group, const std::string& mode, std::int64_t ranks,
                     const std::vector<std::string>& pattern, bool causal, at::IntArrayRef window,
                     at::IntArrayRef documents, std::optional<double> scale, double dropout,
                     std::int64_t seed) {
    for (const at::Tensor& tensor : {q, k, v})
        TORCH_CHECK_VALUE(tensor.dim() == 4 && tensor.is_cpu(),
                          "attention takes tensors (batch, tokens, heads, head size) on the CPU; "
                          "got ",
                          tensor.sizes(), " on ", tensor.device());
    LayerSpec spec{.problem = caseWith(pattern), .mode = mode};
    AttentionCase& problem = spec.problem;
    problem.batch = q.size(0);
    problem.tokens = q.size(1) * ranks;
    problem.heads = q.size(2);
    problem.kvHeads = k.size(2);
    problem.headDim = q.size(3);
    problem.causal = causal;
    if (window[0] >= 0 || window[1] >= 0) problem.window = AttentionWindow{window[0], window[1]};
    problem.documents = documents.vec();
    problem.scale = scale;
    problem.dropout = dropout;
    problem.type = formatOf(q);
    const Layer& layer = layers().of(spec, group);
    return layer.attention().attend({.seed = static_cast<std::uint64_t>(seed)}, q.contiguous(),
                                    k.contiguous(), v.contiguous());
}

at::Tensor heldTokens(const std::string& mode, std::int64_t tokens, std::int64_t heads,
                      std::int64_t kvHeads, std::int64_t ranks, std::int64_t rank) {
    const AttentionCase problem{.tokens = tokens, .heads = heads, .kvHeads = kvHeads};
    return at::tensor(at::ArrayRef<std::int64_t>(orThrow(tokensOfRank(
        {.problem = problem, .mode = mode}, static_cast<int>(ranks), static_cast<int>(rank)))));
}

TORCH_LIBRARY(ringscope, library) {
    library.def(
        "attention(Tensor q, Tensor k, Tensor v, str group, str mode, int ranks, str[] pattern, "
        "bool causal, int[2] window, int[] documents, float? scale, float dropout, int seed) -> "
        "Tensor",
        attention);
    library.def(
        "held_tokens(str mode, int tokens, int heads, int kv_heads, int ranks, int rank) -> Tensor",
        heldTokens);
    library.def("forget() -> ()", [] { layers().forget(); });
}

}  // namespace
}  // namespace ringscope::library
