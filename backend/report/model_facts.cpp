#include "backend/report/model_facts.h"

#include "backend/config/run_config.h"
#include "backend/core/text.h"
#include "backend/core/units.h"
#include "backend/model/adapter_merge.h"
#include "backend/model/checkpoint.h"
#include "backend/model/parameter_list.h"
#include "backend/plan/mask.h"
#include "backend/plan/mode_table.h"
#include "backend/plan/run_plan.h"

#include <fmt/format.h>
#include <algorithm>
#include <map>

namespace ringscope {
namespace {

constexpr std::int64_t cachedBytes = 2;  // of a bf16 scalar

// The part of a model that a parameter belongs to; the first row whose words are in its name.
struct ComponentRow {
    std::string_view words;
    std::string_view component;
};
constexpr auto componentRows = std::to_array<ComponentRow>({{"norm", "norms"},
                                                            {"embedding.", "embedding"},
                                                            {"positions.", "positions"},
                                                            {"head.", "head"},
                                                            {".attention.", "attention"},
                                                            {".ffn.router", "routers"},
                                                            {".ffn.experts.", "experts"},
                                                            {".ffn.shared.", "shared experts"},
                                                            {".ffn.", "feed-forward"}});

std::string_view componentOf(const std::string& parameter) {
    for (const ComponentRow& row : componentRows)
        if (parameter.find(row.words) != parameter.npos) return row.component;
    return "other";
}

void countParameters(ModelFacts& facts) {
    const ModelConfig& model = facts.description.model;
    std::map<std::string_view, std::int64_t> counts;
    for (const ParameterSpec& spec : parameterList(model, facts.layers)) {
        const std::int64_t elements = spec.elements();
        const bool ofExperts = spec.shape.size() == 3;
        counts[componentOf(spec.name)] += elements;
        facts.parameters += elements;
        facts.activeParameters +=
            ofExperts ? elements / model.experts.count * model.experts.perToken : elements;
    }
    for (const ComponentRow& row : componentRows)
        if (counts.contains(row.component))
            facts.components.emplace_back(row.component, counts.at(row.component));
}

void countCache(ModelFacts& facts) {
    const ModelConfig& model = facts.description.model;
    facts.cacheBytes =
        model.layers * model.keyHeads() * (model.headDim() + model.valueDim()) * cachedBytes;
    if (model.attention == AttentionKind::Mla)
        facts.latentBytes =
            model.layers * (model.latent.size + model.latent.rotarySize) * cachedBytes;
}

// As the planner counts them: 2 FLOPs per multiply-add, the backward pass twice the forward one;
// attention's, which recomputes the scores, 2.5 times.
FlopsAtLength flopsAt(const ModelFacts& facts, std::int64_t tokens) {
    const ModelConfig& model = facts.description.model;
    const AttentionConfig& attention = facts.description.attention;
    double pairs = 0;
    for (const LayerKind& kind : facts.layers) {
        AttentionMask mask{.causal = attention.causal};
        if (kind.window) {
            mask.left = attention.window;
            mask.right = attention.windowRight;
        }
        pairs += static_cast<double>(visiblePairs(mask, tokens));
    }
    const auto columns = static_cast<double>(model.heads * (model.headDim() + model.valueDim()));
    const double attended = 2 * pairs * columns / static_cast<double>(tokens);
    const double products = 2 * static_cast<double>(multipliedParameters(model, facts.layers));
    return {tokens, products + attended, 3 * products + 3.5 * attended};
}

// Asks the planner, with a length that divides in every way.
std::string refusalOf(const ModelDescription& description, std::string_view mode, int ranks) {
    RunConfig config;
    config.model = description.model;
    config.attention = description.attention;
    config.train.precision = NumberFormat::Bf16;
    config.train.seqLen = std::int64_t{128} * ranks;
    config.parallel.mode = mode;
    config.parallel.sp = ranks;
    const Result<RunPlan> plan = planRun(config);
    return plan.ok() ? "" : plan.error().message;
}

// One layer of each kind says as much as all of them.
ModelDescription fewLayers(const ModelFacts& facts) {
    ModelDescription few = facts.description;
    std::vector<LayerKind> kinds;
    for (const bool window : {false, true}) {
        const auto found = std::ranges::find(facts.layers, window, &LayerKind::window);
        if (found != facts.layers.end()) kinds.push_back(*found);
    }
    few.model.layers = std::ssize(kinds);
    few.model.layerPattern =
        layerPattern(kinds, {.window = few.attention.window || few.attention.windowRight,
                             .experts = few.model.experts.count > 0});
    return few;
}

void findSizes(ModelFacts& facts) {
    const ModelDescription few = fewLayers(facts);
    for (const Mode& mode : modeTable()) {
        if (!mode.sharded) continue;
        ModeSizes sizes{.mode = std::string(mode.name), .refusals = {}};
        for (int ranks = 1; ranks <= mostShownRanks; ++ranks)
            sizes.refusals.push_back(refusalOf(few, mode.name, ranks));
        facts.modes.push_back(std::move(sizes));
    }
}

std::vector<std::string> filesOf(const Checkpoint& checkpoint) {
    std::map<TensorType, std::uint64_t> bytes;
    for (const StoredTensor& tensor : checkpoint.files().tensors())
        bytes[tensor.type] += tensor.bytes.size();
    std::vector<std::string> files;
    for (const auto& [type, count] : bytes)
        files.push_back(
            fmt::format("{} of {}", formatBytes({static_cast<std::int64_t>(count)}), nameOf(type)));
    return files;
}

// "rank 16, alpha 32, 3,145,728 parameters beside q_proj, v_proj"
Result<std::string> adapterWords(const std::string& folder, const Checkpoint& checkpoint) {
    RINGSCOPE_TRY(const AdapterFolder adapter, AdapterFolder::open(folder));
    ModelConfig model = checkpoint.description().model;
    model.from = folder;
    RINGSCOPE_TRY(const std::vector<LinearLayer> all,
                  linearLayers(model, checkpoint.description().attention));
    RINGSCOPE_TRY(const std::vector<LinearLayer> layers, layersOf(adapter, all));
    const AdapterSettings& settings = adapter.settings();
    std::int64_t parameters = 0;
    for (const LinearLayer& layer : layers)
        parameters += settings.rank * (layer.rows + layer.columns);
    return fmt::format("rank {}, alpha {}, {} parameters beside {}", settings.rank, settings.alpha,
                       formatCount(parameters), join(kindsOf(layers), ", "));
}

}  // namespace

Result<ModelFacts> modelFacts(const ModelDescription& description) {
    ModelFacts facts{.description = description};
    RINGSCOPE_TRY(facts.layers, layerKinds(description.model, description.attention));
    countParameters(facts);
    countCache(facts);
    for (const std::int64_t tokens : shownLengths) facts.flops.push_back(flopsAt(facts, tokens));
    findSizes(facts);
    return facts;
}

Result<ModelFacts> checkpointFacts(const std::string& folder) {
    RINGSCOPE_TRY(const Checkpoint checkpoint, Checkpoint::open(folder));
    RINGSCOPE_TRY(ModelFacts facts, modelFacts(checkpoint.description()));
    facts.name = folder;
    facts.family = checkpoint.family().type;
    facts.files = filesOf(checkpoint);
    if (isAdapterFolder(folder)) {
        RINGSCOPE_TRY(facts.adapter, adapterWords(folder, checkpoint));
    }
    facts.ignoredKeys = checkpoint.ignoredKeys();
    facts.ignoredTensors = checkpoint.ignoredTensors();
    return facts;
}

}  // namespace ringscope
