#include "backend/migration/source_table.h"

#include "backend/config/field_table.h"
#include "backend/core/text.h"

#include <algorithm>

namespace ringscope {
namespace {

// Keys that LLaMA-Factory and its descendants share.
std::vector<Mark> llamaFactoryMarks(std::vector<Mark> own) {
    const std::vector<Mark> shared = {
        {"sequence_parallel_size", 0.5},
        {"sequence_parallel_mode", 0.6},
        {"sequence_parallel_ulysses_degree", 0.5},
        {"shuffle_for_sequence_parallel", 0.5},
        {"finetuning_type", 0.4},
        {"cutoff_len", 0.3},
        {"stage", 0.3},
        {"model_name_or_path", 0.2},
        {"per_device_train_batch_size", 0.2},
        {"template", 0.1},
    };
    own.insert(own.end(), shared.begin(), shared.end());
    return own;
}

// Every field of an experiment file is a mark of one.
std::vector<Mark> experimentMarks() {
    std::vector<Mark> marks = {{"matrix.", 0.5, true}, {"baseline.", 0.5, true}};
    for (const Field& field : fieldTable()) marks.push_back({field.path, 0.5, true});
    return marks;
}

std::vector<Source> sourceRows() {
    return {
        {.kind = ringscopeKind,
         .help = "an experiment file of Ringscope",
         .marks = experimentMarks(),
         .rules = {},
         .nestedDeepSpeed = {},
         .implied = {},
         .impliedMode = {},
         .impliedPrecision = {}},
        {.kind = alstForkKind,
         .help = "the ALST fork of 360-LLaMA-Factory, YAML",
         .marks = llamaFactoryMarks({{"alst_", 0.7, true},
                                     {"sequence_parallel_mode", 0.9, true, "deepspeed-alst"},
                                     {"enable_profiling", 0.3, true},
                                     {"profiling_", 0.3, true}}),
         .rules = llamaFactoryAlstRules(),
         .nestedDeepSpeed = "deepspeed.",
         .implied = trainerDefaults(),
         .impliedMode = {},
         .impliedPrecision = {}},
        {.kind = llamaFactoryKind,
         .help = "360-LLaMA-Factory and plain LLaMA-Factory, YAML",
         .marks = llamaFactoryMarks({}),
         .rules = llamaFactoryRules(),
         .nestedDeepSpeed = "deepspeed.",
         .implied = trainerDefaults(),
         .impliedMode = "zigzag-ring",
         .impliedPrecision = {}},
        {.kind = "llama-factory-v1",
         .help = "LLaMA-Factory v1 with cp_mode and cp_size, YAML",
         .marks = {{"cp_mode", 0.6, true},
                   {"cp_size", 0.5, true},
                   {"dist_config.", 0.5, true},
                   {"train_dataset", 0.4, true},
                   {"model_class", 0.3, true},
                   {"model", 0.2},
                   {"micro_batch_size", 0.2},
                   {"cutoff_len", 0.2}},
         .rules = llamaFactoryV1Rules(),
         .nestedDeepSpeed = {},
         .implied = {},
         .impliedMode = "ulysses",
         .impliedPrecision = {}},
        {.kind = "arctic",
         .help = "ArcticTraining, YAML",
         .marks = {{"model.name_or_path", 0.6, true},
                   {"data.sources", 0.5, true},
                   {"tiled_mlp_compute", 0.5, true},
                   {"activation_checkpoint_cpu_offload", 0.5, true},
                   {"exit_iteration", 0.4, true},
                   {"sequence_parallel_size", 0.2},
                   {"micro_batch_size", 0.2}},
         .rules = arcticRules(),
         .nestedDeepSpeed = "deepspeed.",
         .implied = {},
         .impliedMode = "ulysses",
         .impliedPrecision = NumberFormat::Bf16},
        {.kind = "accelerate",
         .help = "accelerate's launch configuration, YAML",
         .marks = {{"compute_environment", 0.6, true},
                   {"distributed_type", 0.6, true},
                   {"parallelism_config.", 0.5, true},
                   {"deepspeed_config.deepspeed_config_file", 0.5, true},
                   {"num_processes", 0.3},
                   {"rdzv_backend", 0.3}},
         .rules = accelerateRules(),
         .nestedDeepSpeed = {},
         .implied = {},
         .impliedMode = "ulysses",
         .impliedPrecision = {}},
        {.kind = deepSpeedKind,
         .help = "DeepSpeed, JSON",
         .marks = {{"zero_optimization.", 0.6, true},
                   {"train_micro_batch_size_per_gpu", 0.5, true},
                   {"train_batch_size", 0.5, true},
                   {"bf16.enabled", 0.3, true},
                   {"fp16.enabled", 0.3, true},
                   {"seq_parallel_communication_data_type", 0.4},
                   {"gradient_accumulation_steps", 0.2},
                   {"sequence_parallel_size", 0.2}},
         .rules = deepSpeedRules(),
         .nestedDeepSpeed = {},
         .implied = {},
         .impliedMode = "ulysses",
         .impliedPrecision = {}},
    };
}

bool matches(const Mark& mark, const SourceKey& key) {
    const bool beginning = mark.path.ends_with('.') || mark.path.ends_with('_');
    const bool named = beginning ? key.path.starts_with(mark.path) : key.path == mark.path;
    return named && (mark.value.empty() || key.text == mark.value);
}

// Each mark that is found multiplies what is missing to certainty by 1 - weight.
SourceGuess weigh(const Source& source, const SourceTree& tree) {
    double doubt = 1.0;
    bool decided = std::ranges::none_of(source.marks, &Mark::decisive);
    std::vector<std::string> seen;
    for (const Mark& mark : source.marks) {
        const auto key = std::ranges::find_if(
            tree.keys, [&](const SourceKey& candidate) { return matches(mark, candidate); });
        if (key == tree.keys.end()) continue;
        doubt *= 1.0 - mark.weight;
        decided = decided || mark.decisive;
        if (seen.size() < 4)
            seen.push_back(key->path + " (line " + std::to_string(key->at.line) + ")");
    }
    if (!decided || seen.empty()) return {std::string(source.kind), 0.0, ""};
    return {std::string(source.kind), 1.0 - doubt,
            std::string(source.help) + ": it has " + join(seen, ", ")};
}

}  // namespace

std::span<const Source> sourceTable() {
    static const std::vector<Source> sources = sourceRows();
    return sources;
}

Recognition recognise(const SourceTree& tree) {
    constexpr double enough = 0.3;
    Recognition best;
    for (const Source& source : sourceTable()) {
        SourceGuess guess = weigh(source, tree);
        if (guess.confidence < enough || guess.confidence <= best.guess.confidence) continue;
        best = {&source, std::move(guess)};
    }
    return best;
}

}  // namespace ringscope
