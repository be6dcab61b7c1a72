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

Source experimentRow() {
    return {.kind = ringscopeKind,
            .help = "an experiment file of Ringscope",
            .marks = experimentMarks(),
            .rules = {},
            .nestedDeepSpeed = {},
            .implied = {},
            .impliedMode = {}};
}

Source forkRow() {
    return {.kind = alstForkKind,
            .help = "the ALST fork of 360-LLaMA-Factory",
            .marks = llamaFactoryMarks({{"alst_", 0.7, true},
                                        {"sequence_parallel_mode", 0.9, true, "deepspeed-alst"},
                                        {"enable_profiling", 0.3, true},
                                        {"profiling_", 0.3, true}}),
            .rules = llamaFactoryAlstRules(),
            .nestedDeepSpeed = "deepspeed.",
            .implied = trainerDefaults(),
            .impliedMode = {}};
}

Source llamaFactoryRow() {
    return {.kind = llamaFactoryKind,
            .help = "360-LLaMA-Factory and plain LLaMA-Factory",
            .marks = llamaFactoryMarks({{"hyper_parallel_cp_size", 0.6},
                                        {"launcher.program", 0.5, false, "llamafactory-cli*"}}),
            .rules = llamaFactoryRules(),
            .nestedDeepSpeed = "deepspeed.",
            .implied = trainerDefaults(),
            .impliedMode = "zigzag-ring"};
}

Source bridgeRow() {
    return {.kind = bridgeKind,
            .help = "LLaMA-Factory's Megatron bridge",
            .marks = llamaFactoryMarks({{"context_parallel_size", 0.6, true},
                                        {"tensor_model_parallel_size", 0.5, true},
                                        {"pipeline_model_parallel_size", 0.5, true}}),
            .rules = llamaFactoryBridgeRules(),
            .nestedDeepSpeed = "deepspeed.",
            .implied = trainerDefaults(),
            .impliedMode = "p2p"};
}

Source v1Row() {
    return {.kind = "llama-factory-v1",
            .help = "LLaMA-Factory v1 with cp_mode and cp_size",
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
            .impliedMode = "ulysses"};
}

Source arcticRow() {
    return {.kind = "arctic",
            .help = "ArcticTraining",
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
            .impliedPrecision = NumberFormat::Bf16};
}

Source accelerateRow() {
    return {.kind = accelerateKind,
            .help = "accelerate's launch configuration",
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
            .layer = SourceLayer::Launch};
}

Source deepSpeedRow() {
    return {.kind = deepSpeedKind,
            .help = "DeepSpeed",
            .marks = {{"zero_optimization.", 0.6, true},
                      {"train_micro_batch_size_per_gpu", 0.5, true},
                      {"train_batch_size", 0.4, true},
                      {"bf16.enabled", 0.3, true},
                      {"fp16.enabled", 0.3, true},
                      {"seq_parallel_communication_data_type", 0.4},
                      {"gradient_accumulation_steps", 0.2},
                      {"sequence_parallel_size", 0.2}},
            .rules = deepSpeedRules(),
            .nestedDeepSpeed = {},
            .implied = {},
            .impliedMode = "ulysses",
            .layer = SourceLayer::Engine};
}

Source axolotlRow() {
    return {.kind = axolotlKind,
            .help = "axolotl",
            .marks = {{"base_model", 0.5, true},
                      {"sequence_len", 0.5, true},
                      {"sample_packing", 0.3, true},
                      {"sequence_parallel_degree", 0.5, true},
                      {"ring_attn_func", 0.5, true},
                      {"datasets", 0.2},
                      {"adapter", 0.2},
                      {"micro_batch_size", 0.2}},
            .rules = axolotlRules(),
            .nestedDeepSpeed = "deepspeed.",
            .implied = {},
            .impliedMode = "varlen_llama3",
            .impliedPrecision = NumberFormat::Bf16};
}

Source torchtitanRow() {
    return {.kind = torchtitanKind,
            .help = "torchtitan",
            .marks = {{"parallelism.", 0.5, true},
                      {"model.flavor", 0.6, true},
                      {"training.seq_len", 0.5, true},
                      {"training.local_batch_size", 0.5, true},
                      {"activation_checkpoint.mode", 0.4, true},
                      {"job.config_file", 0.6, true},
                      {"lr_scheduler.", 0.2},
                      {"training.steps", 0.2},
                      {"job.", 0.2}},
            .rules = torchtitanRules(),
            .nestedDeepSpeed = {},
            .implied = {},
            .impliedMode = "allgather",
            .impliedPrecision = NumberFormat::Bf16};
}

Source megatronRow() {
    return {.kind = megatronKind,
            .help = "Megatron-LM",
            .marks = {{"tensor_model_parallel_size", 0.5, true},
                      {"num_attention_heads", 0.3, true},
                      {"train_iters", 0.5, true},
                      {"train_samples", 0.5, true},
                      {"use_mcore_models", 0.5, true},
                      {"cp_comm_type", 0.5, true},
                      {"launcher.program", 0.8, true, "pretrain_*"},
                      {"context_parallel_size", 0.3},
                      {"num_layers", 0.3},
                      {"global_batch_size", 0.2},
                      {"seq_length", 0.2}},
            .rules = megatronRules(),
            .nestedDeepSpeed = {},
            .implied = {},
            .impliedMode = "p2p",
            .sections = {"language_model.", "model_parallel.", "model.", "training.", "train.",
                         "optimizer.", "optim.", "trainer.", "data."}};
}

Source swiftRow() {
    return {.kind = swiftKind,
            .help = "ms-swift",
            .marks = {{"launcher.program", 0.9, true, "swift *"},
                      {"launcher.program", 0.9, true, "megatron *"},
                      {"launcher.program", 0.9, true, "swift.cli.*"},
                      {"train_type", 0.5, true},
                      {"tuner_type", 0.5, true},
                      {"sft_type", 0.5, true},
                      {"split_dataset_ratio", 0.5, true},
                      {"model_id_or_path", 0.4, true},
                      {"env.SEQUENCE_PARALLEL_IMPL", 0.5, true},
                      {"env.CELOSS_PARALLEL_SIZE", 0.5, true},
                      {"torch_dtype", 0.2},
                      {"per_device_train_batch_size", 0.2},
                      {"max_length", 0.2}},
            .rules = swiftRules(),
            .nestedDeepSpeed = "deepspeed.",
            .implied = {},
            .impliedMode = "ulysses",
            .impliedPrecision = NumberFormat::Bf16,
            .sections = {},
            .further = megatronRules()};
}

Source openRlhfRow() {
    return {.kind = openRlhfKind,
            .help = "OpenRLHF",
            .marks = {{"launcher.program", 0.9, true, "openrlhf.*"},
                      {"micro_train_batch_size", 0.6, true},
                      {"ring_attn_size", 0.6, true},
                      {"pretrain", 0.3},
                      {"max_len", 0.2},
                      {"zero_stage", 0.2}},
            .rules = openRlhfRules(),
            .nestedDeepSpeed = {},
            .implied = {},
            .impliedMode = "llama3",
            .sections = {"ds.", "model.", "data.", "train.", "trainer.", "optim.", "adam.",
                         "actor.", "ckpt.", "logger.", "eval.", "lora."}};
}

Source easyContextRow() {
    return {.kind = easyContextKind,
            .help = "EasyContext",
            .marks = {{"parallel_mode", 0.6, true},
                      {"gradient_accumulate_every", 0.6, true},
                      {"max_train_steps", 0.3},
                      {"seq_length", 0.2}},
            .rules = easyContextRules(),
            .nestedDeepSpeed = {},
            .implied = {},
            .impliedMode = "ulysses",
            .impliedPrecision = NumberFormat::Bf16};
}

Source nemoRow() {
    return {.kind = nemoKind,
            .help = "NeMo with Megatron's models",
            .marks = {{"exp_manager.", 0.6, true},
                      {"trainer.num_nodes", 0.3},
                      {"trainer.devices", 0.3},
                      {"trainer.max_steps", 0.2},
                      {"model.tensor_model_parallel_size", 0.3, true},
                      {"model.context_parallel_size", 0.3, true},
                      {"model.megatron_amp_O2", 0.5, true},
                      {"model.optim.", 0.3},
                      {"model.encoder_seq_length", 0.5, true}},
            .rules = nemoRules(),
            .nestedDeepSpeed = {},
            .implied = {},
            .impliedMode = "p2p"};
}

Source verlRow() {
    return {.kind = verlKind,
            .help = "verl",
            .marks = {{"launcher.program", 0.9, true, "verl.*"},
                      {"actor_rollout_ref.", 0.8, true},
                      {"model.partial_pretrain", 0.8, true},
                      {"ulysses_sequence_parallel_size", 0.3, true},
                      {"engine.ulysses_sequence_parallel_size", 0.6, true},
                      {"data.train_files", 0.3},
                      {"data.micro_batch_size_per_gpu", 0.3},
                      {"trainer.total_epochs", 0.2}},
            .rules = verlRules(),
            .nestedDeepSpeed = {},
            .implied = {},
            .impliedMode = "ulysses",
            .impliedPrecision = NumberFormat::Bf16};
}

Source callsRow() {
    return {.kind = callsKind,
            .help = "Python code that makes or wraps an attention",
            .marks = {{"ring_class", 0.7, true},
                      {"ring_config", 0.7, true},
                      {"ring_preset", 0.7, true},
                      {"dilated_call", 0.7, true},
                      {"attention_call", 0.7, true},
                      {"gathering_call", 0.7, true},
                      {"varlen_call", 0.7, true},
                      {"striped_call", 0.7, true},
                      {"hybrid_call", 0.7, true},
                      {"hybrid_groups", 0.7, true},
                      {"ulysses_call", 0.7, true},
                      {"ulysses_hf", 0.7, true},
                      {"torch_cp", 0.7, true},
                      {"torch_rotate", 0.7, true},
                      {"easy_call", 0.7, true},
                      {"trainer_call", 0.6, true},
                      {"parallelism_call", 0.6, true},
                      {"accelerator_call", 0.4, true},
                      {"deepspeed.", 0.5, true}},
            .rules = pythonCallRules(),
            .nestedDeepSpeed = "deepspeed.",
            .implied = {},
            .impliedMode = "ring",
            .sections = {"trainer."},
            .further = trainerRules()};
}

Source trainerRow() {
    return {.kind = "transformers",
            .help = "arguments of transformers' Trainer, as TRL and other scripts take them",
            .marks = {{"per_device_train_batch_size", 0.25},
                      {"model_name_or_path", 0.2},
                      {"dataset_name", 0.3},
                      {"dataset_path", 0.3},
                      {"max_seq_length", 0.3},
                      {"model_max_length", 0.3},
                      {"data_path", 0.3},
                      {"train_file", 0.3},
                      {"max_length", 0.2},
                      {"use_peft", 0.3},
                      {"gradient_accumulation_steps", 0.1},
                      {"learning_rate", 0.1},
                      {"output_dir", 0.1}},
            .rules = trainerRules(),
            .nestedDeepSpeed = "deepspeed.",
            .implied = {},
            .impliedMode = "ulysses"};
}

Source launcherRow() {
    return {.kind = "launcher",
            .help = "a command that starts ranks",
            .marks = {{"launcher.program", 0.4, true}},
            .rules = launcherRules(),
            .nestedDeepSpeed = {},
            .implied = {},
            .impliedMode = "ulysses",
            .layer = SourceLayer::Launch};
}

std::vector<Source> sourceRows() {
    return {experimentRow(), forkRow(),       llamaFactoryRow(), bridgeRow(),      v1Row(),
            arcticRow(),     accelerateRow(), deepSpeedRow(),    axolotlRow(),     torchtitanRow(),
            megatronRow(),   swiftRow(),      openRlhfRow(),     easyContextRow(), nemoRow(),
            verlRow(),       callsRow(),      trainerRow(),      launcherRow()};
}

bool coversMany(std::string_view path) { return path.ends_with('.') || path.ends_with('_'); }

// The key without the section of this source that it stands in.
std::string_view bare(const Source& source, std::string_view name) {
    for (const std::string_view section : source.sections)
        if (name.starts_with(section)) return name.substr(section.size());
    return name;
}

bool matchesValue(const Mark& mark, std::string_view text) {
    if (mark.value.empty()) return true;
    if (!mark.value.ends_with('*')) return text == mark.value;
    return text.starts_with(mark.value.substr(0, mark.value.size() - 1));
}

bool matches(const Source& source, const Mark& mark, const SourceKey& key) {
    for (const std::string_view name : {key.ruleName(), bare(source, key.ruleName())})
        if (coversMany(mark.path) ? name.starts_with(mark.path) : name == mark.path)
            return matchesValue(mark, key.text);
    return false;
}

// Each mark that is found multiplies what is missing to certainty by 1 - weight.
SourceGuess weigh(const Source& source, const SourceTree& tree) {
    double doubt = 1.0;
    bool decided = std::ranges::none_of(source.marks, &Mark::decisive);
    std::vector<std::string> seen;
    for (const Mark& mark : source.marks) {
        const auto key = std::ranges::find_if(tree.keys, [&](const SourceKey& candidate) {
            return matches(source, mark, candidate);
        });
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

const Source* findSource(std::string_view kind) {
    const auto found = std::ranges::find(sourceTable(), kind, &Source::kind);
    return found == sourceTable().end() ? nullptr : &*found;
}

const KeyRule* ruleOf(const Source& source, std::string_view ruleName) {
    if (ruleName.starts_with("launcher.") || ruleName.starts_with("env."))
        return findRule(launcherRules(), ruleName);
    const std::string_view nested = source.nestedDeepSpeed;
    if (!nested.empty() && ruleName.starts_with(nested))
        return findRule(deepSpeedRules(), ruleName.substr(nested.size()));
    if (const KeyRule* rule = findRule(source.rules, ruleName)) return rule;
    const std::string_view name = bare(source, ruleName);
    const KeyRule* rule = name.size() < ruleName.size() ? findRule(source.rules, name) : nullptr;
    return rule != nullptr ? rule : findRule(source.further, name);
}

Recognition recognise(const SourceTree& tree) {
    constexpr double enough = 0.3;
    Recognition best;
    // Arguments of calls and commands may be named as Ringscope's fields are.
    const bool isScript =
        std::ranges::any_of(tree.keys, [](const SourceKey& key) { return !key.rule.empty(); });
    for (const Source& source : sourceTable()) {
        if (isScript && source.kind == ringscopeKind) continue;
        SourceGuess guess = weigh(source, tree);
        if (guess.confidence < enough || guess.confidence <= best.guess.confidence) continue;
        best = {&source, std::move(guess)};
    }
    return best;
}

}  // namespace ringscope
