// Which tokens each sequence of a run holds, in which order. It depends on the data, the seed and
// the sequence's number in the run alone, so every rank makes the same sequences without messages,
// and a step trains on the same ones however ranks split it.
//
//   data.order    sequence n
//   samples       begins anywhere in the text
//   sequential    documents of an epoch one after another, cut into sequences; then the next epoch
//   shuffled      the same, in another order every epoch
//
//   builtin:recall: a document is a sequence, whose answers alone have labels.
//   train.task sft: whole documents are put together by first fit. What stays free is padding: a
//   document of its own, that nothing attends to, without labels.
//
//   | doc 7          | doc 2    | padding |
//   | doc 5                   | doc 9     |
//
// data.validation keeps documents, or the end of the text, out of training. They make sequences of
// their own, in the order of the text, each token once; behind the last one tokens have no label.
#pragma once

#include "backend/config/run_config.h"
#include "backend/core/result.h"
#include "backend/text/token_text.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace ringscope {

inline constexpr std::int64_t ignoredLabel = -100;  // of a token that adds no loss

struct TokenSequence {
    std::vector<std::int64_t> inputs{};
    std::vector<std::int64_t> labels{};  // of each token the next one, or ignoredLabel
    // Where documents begin, then the end; empty: it is all one document.
    std::vector<std::int64_t> documents{};
    std::int64_t padding = 0;            // tokens at the end that are none of the data's
    std::vector<std::int64_t> begins{};  // of the data's documents, also where they are not apart
};

struct SamplePlace {
    std::int64_t seed = 0;
    std::int64_t step = 0;
    std::int64_t batch = 0;  // number in the step, over its micro-steps and all replicas
    std::int64_t row = 0;
};

// Where in a text of `textSize` tokens the sample starts: evenly spread, the same on every rank.
std::int64_t sampleStart(const SamplePlace& place, std::int64_t textSize);

// Rows that attention takes at once.
struct SequenceBatch {
    std::vector<TokenSequence> rows{};
    // Where documents begin in every row, then the end; empty: each row is one document.
    std::vector<std::int64_t> documents{};
};

class Sequences {
public:
    // Fails where data.validation leaves nothing to train on, or to validate.
    static Result<Sequences> make(TokenText text, const RunConfig& config);

    // The row of the step's batch of that number: numbers go over micro-steps and replicas. May be
    // called from several threads.
    TokenSequence at(std::int64_t step, std::int64_t number, std::int64_t row) const;

    const TokenText& text() const;
    // Sequences of what is kept out, and one of them by its number. 0 where nothing is, or too few
    // tokens for a label.
    std::int64_t validationSequences() const;
    TokenSequence validationAt(std::int64_t sequence) const;

    // Steps after which the data was seen so often: the tokens that are trained on, or with
    // train.task sft its sequences. At most `most`.
    std::int64_t stepsOfEpochs(std::int64_t epochs, std::int64_t most) const;

    // Documents of which tokens are trained on, ascending; and those that are kept out.
    std::int64_t trainedDocuments() const;
    std::int64_t validationDocuments() const;
    std::int64_t trainedTokens() const;
    std::int64_t validationTokens() const;
    // What is trained on, ascending. None where not all of it is learned (sft, builtin:recall).
    std::vector<TokenStretch> trainedStretches() const;
    // The documents that are kept out, ascending. None where the end of a text is.
    const std::vector<std::int64_t>& keptOut() const;

    // What the data is, and what becomes of it, a sentence each.
    std::vector<std::string> sentences() const;

private:
    struct State;
    explicit Sequences(std::shared_ptr<State> state) : state_(std::move(state)) {}

    std::shared_ptr<State> state_;
};

// The step's batch of that number. Documents begin in all rows where one begins in one of them, and
// the last token of a document has no label, because the next token belongs to another document.
SequenceBatch batchRows(const Sequences& sequences, const TrainConfig& train, std::int64_t step,
                        std::int64_t number);

// The batches of a validation, train.validate_batches or as many as there are; the same ones each
// time. Rows that the last one lacks have no labels.
std::int64_t validationBatches(const Sequences& sequences, const TrainConfig& train);
SequenceBatch validationRows(const Sequences& sequences, const TrainConfig& train,
                             std::int64_t number);

}  // namespace ringscope
