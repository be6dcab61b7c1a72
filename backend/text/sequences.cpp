#include "backend/text/sequences.h"

#include "backend/config/data_source.h"
#include "backend/core/mix.h"
#include "backend/core/rounded.h"
#include "backend/core/units.h"
#include "backend/text/document_order.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <numeric>
#include <set>
#include <utility>

namespace ringscope {
namespace {

constexpr std::size_t keptEpochs = 2;

// A token of a sequence that is being cut.
struct ReadToken {
    std::int64_t token = 0;  // in the text
    bool begins = false;     // a document
    bool past = false;       // it stands where no tokens are left, and is no label
};

std::string percent(double share) { return formatRounded(100 * share, 3) + " %"; }

}  // namespace

std::int64_t sampleStart(const SamplePlace& place, std::int64_t textSize) {
    std::uint64_t word = 0x72696e6773636f70U;
    constexpr std::int64_t end = 0;  // so that samples are those of runs already stored
    for (const std::int64_t part : {place.seed, place.step, place.batch, place.row, end})
        word = mixBits(word + static_cast<std::uint64_t>(part) + 0x9e3779b97f4a7c15U);
    return static_cast<std::int64_t>(word % static_cast<std::uint64_t>(textSize));
}

struct Sequences::State {
    // One pass over the documents.
    struct Epoch {
        std::vector<std::int64_t> order{};   // of the documents
        std::vector<std::int64_t> begins{};  // of each in the epoch's tokens, and the end
        std::vector<std::vector<std::int64_t>> packed{};  // of each sequence, its documents
    };

    State(TokenText tokensOfAll, const RunConfig& run)
        : text(std::move(tokensOfAll)), config(run), order(orderOf(run)) {}

    TokenText text;
    RunConfig config;
    DataOrder order;
    std::vector<std::int64_t> trained{};  // documents
    std::vector<std::int64_t> keptOut{};
    std::int64_t tokens = 0;  // that are trained on
    Epoch validation{};       // of the documents that are kept out

    std::mutex mutex{};  // guards what follows
    std::map<std::int64_t, std::shared_ptr<const Epoch>> epochs{};
    std::vector<std::int64_t> packedBefore{0};  // sequences before each epoch

    struct PackedPlace {
        std::shared_ptr<const Epoch> epoch{};
        std::int64_t sequence = 0;
    };

    Result<void> split();
    std::shared_ptr<const Epoch> epoch(std::int64_t number);
    std::shared_ptr<const Epoch> epochLocked(std::int64_t number);
    Epoch madeEpoch(std::vector<std::int64_t> documents) const;
    PackedPlace packedAt(std::int64_t sequence);

    // Whether sequences are whole documents, of which answers alone have labels.
    bool packs() const {
        return config.train.task == TrainTask::Sft || config.data.source == builtinRecall;
    }
    std::int64_t length() const { return config.train.seqLen; }
    std::int64_t number(std::int64_t step, std::int64_t batch, std::int64_t row) const {
        const std::int64_t batches = config.train.gradAccum * config.parallel.dp;
        return (step * batches + batch) * config.train.batch + row;
    }

    template <typename Read>
    TokenSequence cut(Read read) const;
    TokenSequence sample(const SamplePlace& place) const;
    TokenSequence stream(std::int64_t sequence);
    TokenSequence packed(const Epoch& epoch, std::int64_t number) const;
    TokenSequence packed(std::int64_t sequence);
    ReadToken validationToken(std::int64_t place) const;
};

Result<void> Sequences::State::split() {
    const double share = config.data.validation;
    const std::int64_t all = text.documents();
    if (order == DataOrder::Samples) {
        const auto kept = static_cast<std::int64_t>(share * static_cast<double>(text.size()));
        tokens = text.size() - (share > 0 ? std::max<std::int64_t>(kept, 1) : 0);
        if (tokens > 0) return {};
        return Error{ErrorCode::InvalidConfig,
                     fmt::format("data.validation {} leaves none of {} tokens to train on; use "
                                 "less, or more data",
                                 share, formatCount(text.size()))};
    }
    if (share > 0) keptOut = documentsKeptOut(all, share);
    if (!keptOut.empty()) validation = madeEpoch(keptOut);
    for (std::int64_t document = 0; document < all; ++document)
        if (!std::ranges::binary_search(keptOut, document)) {
            trained.push_back(document);
            tokens += text.document(document).size();
        }
    if (!trained.empty()) return {};
    return Error{ErrorCode::InvalidConfig,
                 fmt::format("data.validation {} leaves none of {} to train on; use less, more "
                             "documents, or data.order samples, which keeps the end of the text",
                             share, all == 1 ? "1 document" : fmt::format("{} documents", all))};
}

Sequences::State::Epoch Sequences::State::madeEpoch(std::vector<std::int64_t> documents) const {
    Epoch epoch;
    epoch.order = std::move(documents);
    std::vector<std::int64_t> sizes;
    for (const std::int64_t document : epoch.order) sizes.push_back(text.document(document).size());
    if (packs()) {
        epoch.packed = firstFit(sizes, length());
        return epoch;
    }
    epoch.begins.push_back(0);
    std::partial_sum(sizes.begin(), sizes.end(), std::back_inserter(epoch.begins));
    return epoch;
}

std::shared_ptr<const Sequences::State::Epoch> Sequences::State::epoch(std::int64_t number) {
    const std::lock_guard lock(mutex);
    return epochLocked(number);
}

std::shared_ptr<const Sequences::State::Epoch> Sequences::State::epochLocked(std::int64_t number) {
    if (const auto kept = epochs.find(number); kept != epochs.end()) return kept->second;
    const auto made = std::make_shared<const Epoch>(madeEpoch(
        order == DataOrder::Shuffled ? shuffledDocuments(trained, config.train.seed, number)
                                     : trained));
    if (epochs.size() == keptEpochs) epochs.erase(epochs.begin());
    epochs.emplace(number, made);
    return made;
}

// The epoch of a packed sequence, and its number there. How many an epoch has depends on its order.
Sequences::State::PackedPlace Sequences::State::packedAt(std::int64_t sequence) {
    const std::lock_guard lock(mutex);
    while (packedBefore.back() <= sequence) {
        const std::int64_t last = std::ssize(packedBefore) - 1;
        packedBefore.push_back(packedBefore.back() + std::ssize(epochLocked(last)->packed));
    }
    const std::int64_t number =
        std::ranges::upper_bound(packedBefore, sequence) - packedBefore.begin() - 1;
    return {epochLocked(number), sequence - packedBefore[static_cast<std::size_t>(number)]};
}

// One sequence of tokens that follow each other, as `read(token)` gives them.
template <typename Read>
TokenSequence Sequences::State::cut(Read read) const {
    TokenSequence row;
    const bool apart = keepsDocumentsApart(config);
    if (apart) row.documents.push_back(0);
    auto here = read(0);
    for (std::int64_t token = 0; token < length(); ++token) {
        if (here.begins) row.begins.push_back(token);
        const auto next = read(token + 1);
        const bool ends = apart && next.begins;
        row.inputs.push_back(text.at(here.token));
        row.labels.push_back(ends || next.past ? ignoredLabel : text.at(next.token));
        if (ends && token + 1 < length()) row.documents.push_back(token + 1);
        here = next;
    }
    if (apart) row.documents.push_back(length());
    return row;
}

// The text repeats: after the last token that is trained on comes the first.
TokenSequence Sequences::State::sample(const SamplePlace& place) const {
    const std::int64_t start = sampleStart(place, tokens);
    const bool several = text.documents() > 1;
    return cut([&](std::int64_t token) {
        const std::int64_t at = (start + token) % tokens;
        return ReadToken{at, at == 0 || (several && text.beginsDocument(at))};
    });
}

TokenSequence Sequences::State::stream(std::int64_t sequence) {
    std::int64_t number = sequence * length() / tokens;
    std::int64_t place = sequence * length() % tokens;  // in the epoch
    std::shared_ptr<const Epoch> now = epoch(number);
    auto document = std::ranges::upper_bound(now->begins, place) - now->begins.begin() - 1;
    return cut([&](std::int64_t) {
        if (place == tokens) {
            now = epoch(++number);
            place = 0;
            document = 0;
        }
        while (place >= now->begins[static_cast<std::size_t>(document) + 1]) ++document;
        const auto index = static_cast<std::size_t>(document);
        const std::int64_t within = place - now->begins[index];
        ++place;
        return ReadToken{text.document(now->order[index]).begin + within, within == 0};
    });
}

TokenSequence Sequences::State::packed(std::int64_t sequence) {
    const auto [found, number] = packedAt(sequence);
    return packed(*found, number);
}

TokenSequence Sequences::State::packed(const Epoch& epoch, std::int64_t number) const {
    TokenSequence row;
    for (const std::int64_t index : epoch.packed[static_cast<std::size_t>(number)]) {
        const TokenStretch document = text.document(epoch.order[static_cast<std::size_t>(index)]);
        const std::int64_t end = std::min(document.end, document.begin + length());
        row.documents.push_back(std::ssize(row.inputs));
        for (std::int64_t token = document.begin; token < end; ++token) {
            const bool labelled = token + 1 < document.end && text.learned(token + 1);
            row.inputs.push_back(text.at(token));
            row.labels.push_back(labelled ? text.at(token + 1) : ignoredLabel);
        }
    }
    row.begins = row.documents;
    row.padding = length() - std::ssize(row.inputs);
    if (row.padding > 0) row.documents.push_back(std::ssize(row.inputs));
    row.inputs.resize(static_cast<std::size_t>(length()), text.facts().padding);
    row.labels.resize(static_cast<std::size_t>(length()), ignoredLabel);
    row.documents.push_back(length());
    if (!keepsDocumentsApart(config)) row.documents.clear();  // there is but one
    return row;
}

Result<Sequences> Sequences::make(TokenText text, const RunConfig& config) {
    auto state = std::make_shared<State>(std::move(text), config);
    RINGSCOPE_CHECK(state->split());
    return Sequences(std::move(state));
}

TokenSequence Sequences::at(std::int64_t step, std::int64_t number, std::int64_t row) const {
    State& state = *state_;
    if (state.order == DataOrder::Samples)
        return state.sample(
            {.seed = state.config.train.seed, .step = step, .batch = number, .row = row});
    const std::int64_t sequence = state.number(step, number, row);
    return state.packs() ? state.packed(sequence) : state.stream(sequence);
}

// Of the tokens that are kept out.
ReadToken Sequences::State::validationToken(std::int64_t place) const {
    if (place >= text.size() - tokens) return {.token = validationToken(0).token, .past = true};
    if (order == DataOrder::Samples) {
        const std::int64_t at = tokens + place;
        return {at, place == 0 || text.beginsDocument(at)};
    }
    const auto document =
        std::ranges::upper_bound(validation.begins, place) - validation.begins.begin() - 1;
    const auto index = static_cast<std::size_t>(document);
    const std::int64_t within = place - validation.begins[index];
    return {text.document(validation.order[index]).begin + within, within == 0};
}

std::int64_t Sequences::validationSequences() const {
    if (state_->packs()) return std::ssize(state_->validation.packed);
    const std::int64_t labels = std::max<std::int64_t>(validationTokens() - 1, 0);
    return (labels + state_->length() - 1) / state_->length();
}

TokenSequence Sequences::validationAt(std::int64_t sequence) const {
    const State& state = *state_;
    if (state.packs()) return state.packed(state.validation, sequence);
    const std::int64_t first = sequence * state.length();
    return state.cut([&](std::int64_t token) { return state.validationToken(first + token); });
}

std::int64_t Sequences::stepsOfEpochs(std::int64_t epochs, std::int64_t most) const {
    State& state = *state_;
    const std::int64_t rowsOfStep = state.number(1, 0, 0);
    if (!state.packs()) {
        const double passes = static_cast<double>(state.tokens) * static_cast<double>(epochs);
        const double steps = std::ceil(passes / static_cast<double>(rowsOfStep) /
                                       static_cast<double>(state.length()));
        return steps < static_cast<double>(most) ? static_cast<std::int64_t>(steps) : most;
    }
    std::int64_t rows = 0;
    for (std::int64_t epoch = 0; epoch < epochs && rows < most * rowsOfStep; ++epoch)
        rows += std::ssize(state.epoch(epoch)->packed);
    return std::min((rows + rowsOfStep - 1) / rowsOfStep, most);
}

const TokenText& Sequences::text() const { return state_->text; }

std::int64_t Sequences::trainedDocuments() const {
    return state_->order == DataOrder::Samples ? state_->text.documents()
                                               : std::ssize(state_->trained);
}

std::int64_t Sequences::validationDocuments() const { return std::ssize(state_->keptOut); }
std::int64_t Sequences::trainedTokens() const { return state_->tokens; }
std::int64_t Sequences::validationTokens() const { return state_->text.size() - state_->tokens; }
const std::vector<std::int64_t>& Sequences::keptOut() const { return state_->keptOut; }

std::vector<TokenStretch> Sequences::trainedStretches() const {
    if (state_->packs()) return {};
    if (state_->order == DataOrder::Samples) return {{0, state_->tokens}};
    std::vector<TokenStretch> all;
    for (const std::int64_t document : state_->trained) all.push_back(text().document(document));
    return all;
}

std::vector<std::string> Sequences::sentences() const {
    const State& state = *state_;
    std::vector<std::string> all = state.text.facts().remarks;
    const std::int64_t documents = state.text.documents();
    all.push_back(fmt::format("data: {} of {} ({})", formatCount(state.text.size()) + " tokens",
                              documents == 1 ? "1 document" : formatCount(documents) + " documents",
                              nameOf(state.order)));
    if (validationTokens() > 0)
        all.push_back(
            fmt::format("data.validation: {} tokens ({}) are kept out of training: {}",
                        formatCount(validationTokens()),
                        percent(static_cast<double>(validationTokens()) /
                                static_cast<double>(state.text.size())),
                        state.order == DataOrder::Samples
                            ? std::string("the end of the text")
                            : fmt::format("{} of {} documents", formatCount(validationDocuments()),
                                          formatCount(documents))));
    if (state.order == DataOrder::Samples) return all;
    std::int64_t longer = 0;
    for (const std::int64_t document : state.trained)
        longer += state.text.document(document).size() > state.length() ? 1 : 0;
    if (state.packs() && longer > 0)
        all.push_back(
            fmt::format("{} of {} documents are longer than train.seq_len ({}); what "
                        "does not fit is left out",
                        formatCount(longer), formatCount(std::ssize(state.trained)),
                        formatCount(state.length())));
    return all;
}

namespace {

SequenceBatch joined(std::vector<TokenSequence> rows) {
    SequenceBatch batch{.rows = std::move(rows)};
    std::set<std::int64_t> borders;
    for (const TokenSequence& row : batch.rows)
        borders.insert(row.documents.begin(), row.documents.end());
    batch.documents.assign(borders.begin(), borders.end());
    for (TokenSequence& row : batch.rows)
        for (std::size_t i = 1; i + 1 < batch.documents.size(); ++i)
            row.labels[static_cast<std::size_t>(batch.documents[i] - 1)] = ignoredLabel;
    return batch;
}

}  // namespace

SequenceBatch batchRows(const Sequences& sequences, const TrainConfig& train, std::int64_t step,
                        std::int64_t number) {
    std::vector<TokenSequence> rows;
    for (std::int64_t row = 0; row < train.batch; ++row)
        rows.push_back(sequences.at(step, number, row));
    return joined(std::move(rows));
}

std::int64_t validationBatches(const Sequences& sequences, const TrainConfig& train) {
    const std::int64_t all = (sequences.validationSequences() + train.batch - 1) / train.batch;
    return std::min(all, train.validateBatches);
}

SequenceBatch validationRows(const Sequences& sequences, const TrainConfig& train,
                             std::int64_t number) {
    std::vector<TokenSequence> rows;
    for (std::int64_t row = 0; row < train.batch; ++row) {
        const std::int64_t sequence = number * train.batch + row;
        const bool any = sequence < sequences.validationSequences();
        rows.push_back(sequences.validationAt(any ? sequence : 0));
        if (!any) std::ranges::fill(rows.back().labels, ignoredLabel);
    }
    return joined(std::move(rows));
}

}  // namespace ringscope
