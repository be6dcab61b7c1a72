// What a run is trained on, and what that gives each rank to do: what `ringscope data` prints.
#pragma once

#include "backend/core/result.h"
#include "backend/plan/rank_shares.h"
#include "backend/text/sequences.h"
#include "backend/text/token_cache.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ringscope {

// A document of a sequence, or the part of it that the sequence has.
struct ShownDocument {
    std::int64_t begin = 0;  // in the sequence
    std::int64_t end = 0;
    std::int64_t position = 0;  // of its first token
    std::int64_t labels = 0;
    bool padding = false;  // none of the data's
    std::string text{};    // ⟦ and ⟧ around what is learned, where not all is
};

struct ShownSequence {
    std::int64_t step = 0;
    std::int64_t batch = 0;  // number in the step
    std::int64_t row = 0;
    std::int64_t tokens = 0;
    std::int64_t labels = 0;
    std::int64_t padding = 0;
    bool apart = false;  // its documents do not see each other
    std::vector<std::int64_t> ids{};
    std::vector<std::int64_t> labelIds{};
    std::vector<ShownDocument> documents{};
};

// A mode's ranks in the first step: all of them, of every replica.
struct ModeShares {
    std::string mode{};
    std::string refusal{};  // why it cannot run; empty: it can
    std::vector<RankShare> ranks{};
};

struct ShownData {
    std::string name{};
    std::string source{};
    std::string tokenizer{};
    std::string task{};
    std::string order{};
    TokenFacts facts{};
    std::int64_t validationTokens = 0;
    std::int64_t validationDocuments = 0;
    std::optional<double> pairLoss{};  // backend/text/pair_loss.h
    std::vector<std::string> sentences{};
    std::vector<ShownSequence> sequences{};
    std::vector<ModeShares> modes{};
};

// The first `sequences` sequences of the first configuration's run, and the ranks of each of them.
// All must have the same data and the same lengths.
Result<ShownData> shownData(const std::string& name, const std::vector<RunConfig>& configs,
                            std::int64_t sequences, const ReadingOptions& options);

// The ranks of one mode in the first step.
ModeShares modeShares(const RunConfig& config, const Sequences& sequences);

std::string dataText(const ShownData& data);

// schema_version, name, source, tokenizer, task, order, tokens, documents, labels, validation{},
// remarks[], sequences[] (ids, labels, documents[]), modes[] (ranks[], or a refusal). Ends with a
// newline.
std::string dataJson(const ShownData& data);

std::string tokenCacheText(const TokenCache& cache);
std::string tokenCacheJson(const TokenCache& cache);

}  // namespace ringscope
