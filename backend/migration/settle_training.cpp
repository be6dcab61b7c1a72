#include "backend/config/field_table.h"
#include "backend/core/text.h"
#include "backend/migration/draft.h"

#include <algorithm>

namespace ringscope {
namespace {

constexpr std::int64_t largestBatch = 4096;

// What no key says: by the program's name ("train_dpo", "dpo.py"), or by keys of a loss of pairs.
std::string impliedStage(Draft& draft) {
    if (const KeyVerdict* const key = draft.keyOf(Role::Program)) {
        const std::string program = toLower(key->old);
        for (const std::string_view stage : {"dpo", "orpo", "kto", "grpo", "ppo"})
            if (program.find(stage) != std::string::npos) return std::string(stage);
        if (program.ends_with("_rm") || program.ends_with("rm.py")) return "rm";
    }
    const bool pairs = std::ranges::any_of(draft.keys, [](const KeyVerdict& key) {
        return key.reason == noPairs && key.verdict == Verdict::Dropped;
    });
    const bool learner = std::ranges::any_of(draft.keys, [](const KeyVerdict& key) {
        return key.reason == noLearner && key.verdict == Verdict::Dropped;
    });
    return pairs ? "dpo" : learner ? "grpo" : "";
}

// What stands for a stage that Ringscope does not train: of pairs twice the batch, of an actor's
// training on its own answers that of a data set's.
std::string decideStage(Draft& draft, KeyVerdict* key, const std::string& stage, bool pairs,
                        bool learner) {
    const std::string doubled = std::to_string(2 * draft.config().train.batch);
    const DecisionOption answers{std::string(learnsAnswersOption), "train.task sft",
                                 "answers alone are learned, as the actor learns its own; the data "
                                 "must have them, as prompt and completion or as messages"};
    const DecisionOption both{"pairs", "twice the batch, train.batch " + doubled,
                              "a chosen and a rejected sequence go through the model together, as "
                              "in dpo and rm; a reference model's forward pass is still left out"};
    const std::string less = learner
                                 ? "nothing is generated or rated, and no reference model runs: "
                                 : "no second sequence of a pair and no reference model: ";
    return draft.decide(
        {.id = "stage",
         .question = "Ringscope trains next-token prediction, not " + stage +
                     "; which load should stand for it?",
         .key = {},
         .options = {{"next-token", "the same batch", less + "less memory and time than " + stage},
                     learner ? answers : both},
         .defaultOption = pairs ? "pairs" : "next-token",
         .chosen = {}},
        key);
}

// What a pair of sequences becomes. Prompts and answers are settleData()'s.
void settleStage(Draft& draft) {
    KeyVerdict* key = draft.keyOf(Role::Stage);
    const std::string stage = key != nullptr ? toLower(key->old) : impliedStage(draft);
    if (stage == "sft" || stage.empty()) return;
    if (key != nullptr && (stage == "pt" || stage == "lm"))
        return hold(*key, "every token is learned, as in pretraining");
    const bool pairs = stage == "dpo" || stage == "rm" || stage == "simpo" || stage == "orpo" ||
                       stage == "ipo" || stage == "cpo";
    const bool learner = draft.source().kind == verlKind || stage == "ppo" || stage == "grpo";
    if (key != nullptr && !pairs && !learner && stage != "kto")
        return endanger(*key, "no known stage; Ringscope trains next-token prediction");

    const std::string chosen = decideStage(draft, key, stage, pairs, learner);
    if (key != nullptr && chosen == learnsAnswersOption) key->newPath = "train.task";
    if (chosen != "pairs") return;
    std::int64_t& batch = draft.config().train.batch;
    batch = std::min(2 * batch, largestBatch);
    draft.sequencesOfSample = 2;
    if (key != nullptr) key->newPath = "train.batch";
}

void settleBatch(Draft& draft) {
    KeyVerdict* key = draft.keyOf(Role::Batch);
    if (key == nullptr) return;
    if (key->verdict == Verdict::Converted) key->verdict = Verdict::Renamed;
    draft.setField(static_cast<std::size_t>(key - draft.keys.data()));
}

void settleSteps(Draft& draft) {
    TrainConfig& train = draft.config().train;
    if (KeyVerdict* key = draft.keyOf(Role::Steps)) {
        const std::optional<std::int64_t> steps = draft.integerOf(Role::Steps);
        if (steps && *steps <= 0) {
            hold(*key, "no limit; Ringscope makes " + std::to_string(train.steps) + " steps");
        } else {
            if (key->verdict == Verdict::Converted) key->verdict = Verdict::Renamed;
            draft.setField(static_cast<std::size_t>(key - draft.keys.data()));
        }
    }
    train.warmupSteps = std::min(train.warmupSteps, train.steps - 1);
}

void settleProfile(Draft& draft) {
    KeyVerdict* profiling = draft.keyOf(Role::Profiling);
    const bool on = draft.switchOf(Role::Profiling).value_or(false);
    std::int64_t counts[3] = {0, 0, 1};
    constexpr Role roles[3] = {Role::ProfilingWait, Role::ProfilingWarmup, Role::ProfilingActive};
    for (int i = 0; i < 3; ++i) {
        KeyVerdict* key = draft.keyOf(roles[i]);
        if (key == nullptr) continue;
        const std::optional<std::int64_t> count = draft.integerOf(roles[i]);
        key->reason = "the traced steps follow those the profiler waits and warms up for";
        if (!count || *count < 0 || *count > 1'000'000)
            endanger(*key, "expected a number of steps; got '" + key->old + "'");
        else
            counts[i] = *count;
        if (!on) hold(*key, "profiling is off, so nothing is lost");
    }
    if (profiling == nullptr) return;
    if (!on) return hold(*profiling, "off, so nothing is lost");
    const std::int64_t begin = counts[0] + counts[1];
    const std::int64_t end = begin + std::max<std::int64_t>(counts[2], 1);
    TrainConfig& train = draft.config().train;
    if (!draft.hasOrigin("train.steps")) train.steps = std::max(train.steps, end);
    if (begin >= train.steps)
        return endanger(*profiling, "the run ends before step " + std::to_string(begin) +
                                        ", the first that would be traced");
    draft.config().profile.steps = StepRange{begin, std::min(end, train.steps)};
    profiling->reason = "these steps are traced";
    draft.setOrigin("profile.steps", *profiling);
}

void setPrecision(Draft& draft, NumberFormat precision, KeyVerdict* key) {
    draft.config().train.precision = precision;
    if (key == nullptr) return;
    key->reason = "weights and activations in " + std::string(nameOf(precision)) +
                  "; sums and the optimizer's copy of the weights in fp32";
    draft.setOrigin("train.precision", *key);
}

void settlePrecision(Draft& draft) {
    // axolotl's "full": also the weights, of which the optimizer keeps a copy in fp32 here.
    if (const std::string* text = draft.textOf(Role::Bf16);
        text != nullptr && toLower(*text) == "full")
        draft.setValue(draft.placeOf(Role::Bf16), "true");
    const bool fp16 = isOn(draft, Role::Fp16);
    const bool pure = isOn(draft, Role::PureBf16);
    const bool bf16 = isOn(draft, Role::Bf16);
    if (pure && !bf16 && !fp16)
        return setPrecision(draft, NumberFormat::Bf16, draft.keyOf(Role::PureBf16));
    if (pure)
        drop(*draft.keyOf(Role::PureBf16),
             "the optimizer keeps a copy of the weights in fp32: more memory, smaller errors");
    KeyVerdict* named = draft.keyOf(Role::Precision);
    const std::string name = named != nullptr ? numberFormatWord(named->old) : "";
    KeyVerdict* const used = draft.keyOf(bf16 ? Role::Bf16 : Role::Fp16);
    if (bf16 && fp16)
        endanger(*draft.keyOf(Role::Fp16), "contradicts " + used->path + ", which is used");
    if ((bf16 || fp16) && named != nullptr) {
        if (name == nameOf(bf16 ? NumberFormat::Bf16 : NumberFormat::Fp16))
            hold(*named, "the same as " + used->path);
        else
            endanger(*named, used->path + " is used instead");
    }
    if (bf16) return setPrecision(draft, NumberFormat::Bf16, draft.keyOf(Role::Bf16));
    if (fp16) return setPrecision(draft, NumberFormat::Fp16, draft.keyOf(Role::Fp16));
    for (const NumberFormat half : {NumberFormat::Bf16, NumberFormat::Fp16})
        if (name == nameOf(half)) return setPrecision(draft, half, named);
    if (named != nullptr && name == "no") return hold(*named, "fp32, which is Ringscope's default");
    if (named != nullptr) return endanger(*named, "no known precision; fp32 is used");
    const bool silent = draft.keyOf(Role::Bf16) == nullptr && draft.keyOf(Role::Fp16) == nullptr;
    if (silent && draft.source().impliedPrecision)
        setPrecision(draft, *draft.source().impliedPrecision, nullptr);
}

void settleLoadedPrecision(Draft& draft) {
    KeyVerdict* const key = draft.keyOf(Role::LoadedPrecision);
    if (key == nullptr) return;
    const std::string name = numberFormatWord(draft.valueOf(*key));
    const bool told = draft.hasOrigin("train.precision") || draft.keyOf(Role::Precision) != nullptr;
    for (const NumberFormat half : {NumberFormat::Bf16, NumberFormat::Fp16})
        if (!told && name == nameOf(half)) return setPrecision(draft, half, key);
    hold(*key, "train.precision says it for weights and activations");
}

// How a loss is scaled, where nothing is in fp16.
void holdLossScale(Draft& draft) {
    if (draft.config().train.precision == NumberFormat::Fp16) return;
    for (KeyVerdict& key : draft.keys)
        if (key.reason == lossScale && key.verdict == Verdict::Dropped)
            hold(key, "nothing is in fp16, so nothing is lost");
}

// GPUs may multiply fp32 matrices in tf32.
void settleTf32(Draft& draft) {
    KeyVerdict* const key = draft.keyOf(Role::Tf32);
    if (key == nullptr) return;
    const bool on = readSwitch(draft, Role::Tf32).value_or(false);
    if (key->verdict == Verdict::Dangerous) return;
    if (!on || draft.config().train.precision != NumberFormat::Fp32)
        return hold(*key, on ? "matrices are multiplied in train.precision, not in fp32"
                             : "fp32 matrices are multiplied in fp32");
    drop(*key, "fp32 matrices are multiplied in fp32: smaller errors, more time");
}

// Every flash attention kernel refuses fp32, so a file that asks for both cannot have trained.
void checkFlashAttention(Draft& draft) {
    if (draft.switchOf(Role::Bf16).value_or(true)) return;
    for (KeyVerdict& key : draft.keys)
        if (key.path == "flash_attn" && key.old.starts_with("flash"))
            endanger(key,
                     "flash attention takes no fp32, but bf16 is off: the old stack cannot "
                     "have run this file unchanged");
}

// Whether documents of a sequence are kept apart; nothing where the file does not ask for it.
std::optional<bool> settleNeatPacking(Draft& draft) {
    KeyVerdict* neat = draft.keyOf(Role::NeatPacking);
    if (neat == nullptr) return std::nullopt;
    if (!draft.switchOf(Role::NeatPacking).value_or(false)) {
        hold(*neat, "off, so nothing is lost");
        return std::nullopt;
    }
    const std::string chosen = draft.decide(
        {.id = "packing",
         .question = neat->path + " keeps documents of a sequence apart; should the experiment?",
         .key = {},
         .options = {{"across", "attend across documents",
                      "queries see earlier documents of their sequence: more work, other losses"},
                     {"apart", "keep documents apart, data.packing true",
                      "as the old stack did; the text's paragraphs are the documents"}},
         .defaultOption = "apart",
         .chosen = {}},
        neat);
    draft.config().data.packing = chosen == "apart";
    return draft.config().data.packing;
}

void settlePacking(Draft& draft) {
    const std::optional<bool> apart = settleNeatPacking(draft);
    KeyVerdict* key = draft.keyOf(Role::Packing);
    if (key == nullptr) return;
    const bool on = draft.switchOf(Role::Packing).value_or(false);
    key->verdict = on ? Verdict::Converted : Verdict::Renamed;
    if (!parseSwitch(draft.valueOf(*key)))
        return endanger(*key, "expected true or false; got '" + key->old + "'");
    if (apart && !on)
        return endanger(*key, "the old stack packed all the same, because neat_packing was on");
    if (apart)
        key->reason = *apart ? "sequences are filled with documents, which neat_packing keeps apart"
                             : "sequences are filled from one text; documents attend to earlier "
                               "ones, as was answered for neat_packing";
    else
        key->reason = on ? "Ringscope always fills sequences from one text and attends across "
                           "documents, which is what packing does without neat_packing"
                         : "sequences are cut from one text and always full; padded ones do not "
                           "occur";
}

}  // namespace

std::string numberFormatWord(std::string name) {
    name = toLower(name);
    if (name.starts_with("torch.")) name = name.substr(6);
    if (const std::size_t mixed = name.find("-mixed"); mixed != std::string::npos)
        name = name.substr(0, mixed);
    if (name == "bfloat16") return "bf16";
    if (name == "float16" || name == "half" || name == "16") return "fp16";
    return name == "float32" || name == "float" || name == "fp32" || name == "32" ? "no" : name;
}

void settleTraining(Draft& draft) {
    settleBatch(draft);
    settleStage(draft);
    settleSteps(draft);
    settleProfile(draft);
    settlePrecision(draft);
    settleLoadedPrecision(draft);
    holdLossScale(draft);
    settleTf32(draft);
    checkFlashAttention(draft);
    settlePacking(draft);
}

}  // namespace ringscope
