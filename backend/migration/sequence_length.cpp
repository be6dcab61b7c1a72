#include "backend/migration/sequence_length.h"

#include "backend/config/field_table.h"
#include "backend/config/value_text.h"
#include "backend/core/units.h"
#include "backend/plan/mode_table.h"

#include <optional>
#include <utility>

namespace ringscope {
namespace {

bool isLegal(const RunConfig& config, std::int64_t tokens) {
    RunConfig scratch;
    return findField("train.seq_len")->set(scratch, std::to_string(tokens)).ok() &&
           sequenceFits(config, tokens);
}

// A multiple of twice the ranks suits every mode.
std::optional<std::int64_t> fitting(const RunConfig& config, std::int64_t tokens, bool up) {
    for (const std::int64_t unit : {config.parallel.sp, 2 * config.parallel.sp}) {
        const std::int64_t fit = (tokens + (up ? unit - 1 : 0)) / unit * unit;
        if (isLegal(config, fit)) return fit;
    }
    return std::nullopt;
}

class Lengths {
public:
    explicit Lengths(const RunConfig& config) : config_(config) {}

    void add(std::optional<std::int64_t> tokens, const std::string& consequence) {
        if (!tokens || !isLegal(config_, *tokens)) return;
        for (const DecisionOption& option : options_)
            if (option.id == std::to_string(*tokens)) return;
        options_.push_back(
            {std::to_string(*tokens), formatCount(*tokens) + " tokens", consequence});
    }
    const std::vector<DecisionOption>& options() const { return options_; }

private:
    const RunConfig& config_;
    std::vector<DecisionOption> options_;
};

// The first option is the default. If there is only one, it is used without a decision.
void choose(Draft& draft, const Lengths& lengths, std::string question, KeyVerdict* key) {
    if (lengths.options().empty()) return;
    std::string chosen = lengths.options().front().id;
    if (lengths.options().size() > 1) {
        chosen = draft.decide({.id = "seq_len",
                               .question = std::move(question),
                               .key = {},
                               .options = lengths.options(),
                               .defaultOption = chosen,
                               .chosen = {}},
                              key);
    } else if (key != nullptr) {
        key->verdict = Verdict::Dangerous;
        key->reason = lengths.options().front().consequence;
    }
    static_cast<void>(findField("train.seq_len")->set(draft.config(), chosen));
    if (key != nullptr) draft.setOrigin("train.seq_len", *key);
}

void askForLength(Draft& draft, KeyVerdict* key) {
    const std::string why = key != nullptr ? shown(key->old) + " is no length of a sequence"
                                           : "the file has no key for the length of a sequence";
    constexpr std::int64_t usual[] = {4096, 1024, 16384, 65536};
    Lengths lengths(draft.config());
    for (const std::int64_t tokens : usual)
        lengths.add(fitting(draft.config(), tokens, true),
                    tokens == usual[0]  ? "long enough to see communication, short enough for a CPU"
                    : tokens < usual[0] ? "quick steps; communication weighs more"
                                        : "longer steps; attention weighs more");
    choose(draft, lengths, why + "; how many tokens should it have?", key);
}

// A sequence whose beginning and rest have lengths of their own. Returns whether it has a length.
bool settleParts(Draft& draft) {
    KeyVerdict* const prompt = draft.keyOf(Role::PromptLen);
    KeyVerdict* const answer = draft.keyOf(Role::AnswerLen);
    constexpr std::int64_t most = std::int64_t{1} << 40;
    const std::int64_t first = draft.integerOf(Role::PromptLen).value_or(0);
    const std::int64_t second = draft.integerOf(Role::AnswerLen).value_or(0);
    if (prompt == nullptr || answer == nullptr || first < 1 || second < 1 || first > most ||
        second > most)
        return false;
    const std::string sum = std::to_string(first + second);
    if (!findField("train.seq_len")->set(draft.config(), sum).ok()) return false;
    for (KeyVerdict* key : {prompt, answer}) {
        key->reason = "prompt and answer together: train.seq_len " + sum;
        draft.setOrigin("train.seq_len", *key);
    }
    return true;
}

bool roundsIn360(Draft& draft) {
    if (draft.config().parallel.sp == 1) return false;
    const std::string* mode = draft.textOf(Role::Mode);
    if (draft.source().kind == llamaFactoryKind) return true;
    if (draft.source().kind != alstForkKind) return false;
    return mode != nullptr ? *mode != "deepspeed-alst" : draft.config().parallel.mode == "zigzag";
}

}  // namespace

bool sequenceFits(const RunConfig& config, std::int64_t tokens) {
    const Mode* mode = findMode(config.parallel.mode);
    const bool split = mode != nullptr && mode->sharded;
    AttentionShape shape{.ranks = split ? static_cast<int>(config.parallel.sp) : 1,
                         .tokens = tokens,
                         .heads = config.model.heads,
                         .kvHeads = config.model.kvHeads,
                         .headDim = config.model.headDim(),
                         .ulysses = static_cast<int>(config.parallel.ulysses.value_or(0)),
                         .ulyssesInner = config.parallel.ulyssesOrder == UlyssesOrder::Inner,
                         .innerRing = static_cast<int>(config.parallel.innerRing.value_or(0))};
    if (mode == nullptr) return false;
    shape.tokens = paddedTokens(*mode, shape);
    return mode->schedule(shape).ok();
}

std::int64_t roundedBy360(std::int64_t tokens, std::int64_t ranks) {
    const std::int64_t share = tokens / ranks;
    if (tokens % ranks == 0 && share % 8 == 0) return tokens;
    return (share + 8 - share % 8) * ranks;
}

void settleSequenceLength(Draft& draft) {
    RunConfig& config = draft.config();
    KeyVerdict* key = draft.keyOf(Role::SeqLen);
    if (key == nullptr && settleParts(draft)) return;
    if (key == nullptr) return askForLength(draft, nullptr);
    draft.setField(static_cast<std::size_t>(key - draft.keys.data()));
    if (key->verdict == Verdict::Converted) key->verdict = Verdict::Renamed;
    if (key->verdict == Verdict::Dangerous) return askForLength(draft, key);

    const std::int64_t tokens = config.train.seqLen;
    const std::int64_t rounded =
        roundsIn360(draft) ? roundedBy360(tokens, config.parallel.sp) : tokens;
    if (rounded == tokens) return;
    Lengths lengths(config);
    const std::string ranks = std::to_string(config.parallel.sp) + " ranks";
    lengths.add(rounded, "what the old stack trained on: it rounds up without a message");
    lengths.add(tokens, "as written");
    choose(draft, lengths,
           formatCount(tokens) + " tokens on " + ranks + " became " + formatCount(rounded) +
               " in the old stack, without a message; which length should it be?",
           key);
}

}  // namespace ringscope
