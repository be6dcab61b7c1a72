#include "backend/report/data_text.h"

#include "backend/config/data_source.h"
#include "backend/core/text.h"
#include "backend/core/units.h"
#include "backend/plan/run_plan.h"
#include "backend/report/json_rows.h"
#include "backend/report/run_json.h"
#include "backend/report/wording.h"
#include "backend/text/pair_loss.h"
#include "backend/text/utf8.h"

#include <fmt/format.h>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

namespace ringscope {
namespace {

constexpr std::size_t shownCharacters = 400;  // of a document's text in a terminal

std::string counted(std::int64_t count, std::string_view thing) {
    return fmt::format("{} {}{}", formatCount(count), thing, count == 1 ? "" : "s");
}

// The text of tokens, a stretch of it at a time. A stretch is what longer text adds to shorter
// text, because what a token stands for may depend on those before it.
class StretchDecoder {
public:
    StretchDecoder(const Tokenizer& tokenizer, const std::vector<std::int64_t>& ids)
        : tokenizer_(tokenizer), ids_(ids) {}

    // Of tokens [begin, end); stretches are asked for in order.
    std::string text(std::int64_t begin, std::int64_t end) {
        for (std::int64_t token = begin; token < end; ++token)
            taken_.push_back(static_cast<TokenId>(ids_[static_cast<std::size_t>(token)]));
        const Result<std::string> whole = tokenizer_.decode(taken_, Tokenizer::Special::Kept);
        if (!whole.ok()) return "?";
        const std::string added = whole->substr(std::min(before_, whole->size()));
        before_ = whole->size();
        return added;
    }

private:
    const Tokenizer& tokenizer_;
    const std::vector<std::int64_t>& ids_;
    std::vector<TokenId> taken_{};
    std::size_t before_ = 0;
};

// `learned(token)`: whether the model learns to say this token of the sequence.
template <typename Learned>
std::string documentText(const Tokenizer& tokenizer, const std::vector<std::int64_t>& ids,
                         TokenStretch document, bool marked, Learned learned) {
    StretchDecoder decoder(tokenizer, ids);
    std::string text;
    for (std::int64_t begin = document.begin; begin < document.end;) {
        std::int64_t end = begin + 1;
        while (end < document.end && learned(end) == learned(begin)) ++end;
        const std::string part = decoder.text(begin, end);
        text += marked && learned(begin) ? "⟦" + part + "⟧" : part;
        begin = end;
    }
    return text;
}

ShownSequence shownSequence(const TokenSequence& row, const std::optional<Tokenizer>& tokenizer,
                            bool marked) {
    ShownSequence shown{.tokens = std::ssize(row.inputs),
                        .padding = row.padding,
                        .apart = !row.documents.empty(),
                        .ids = row.inputs,
                        .labelIds = row.labels};
    std::set<std::int64_t> all(row.documents.begin(), row.documents.end());
    all.insert(row.begins.begin(), row.begins.end());
    all.insert({0, shown.tokens});
    const std::vector<std::int64_t> borders(all.begin(), all.end());
    const auto labelled = [&](std::int64_t token) {
        return row.labels[static_cast<std::size_t>(token)] != ignoredLabel;
    };
    for (std::size_t i = 0; i + 1 < borders.size(); ++i) {
        ShownDocument document{.begin = borders[i], .end = borders[i + 1]};
        if (row.documents.empty()) document.position = document.begin;
        document.padding = row.padding > 0 && document.begin >= shown.tokens - row.padding;
        for (std::int64_t token = document.begin; token < document.end; ++token)
            document.labels += labelled(token) ? 1 : 0;
        shown.labels += document.labels;
        // A token is learned where the one before it has it as its label.
        if (tokenizer && !document.padding)
            document.text = documentText(
                *tokenizer, row.inputs, {document.begin, document.end}, marked,
                [&](std::int64_t token) { return token > document.begin && labelled(token - 1); });
        shown.documents.push_back(std::move(document));
    }
    return shown;
}

std::string onOneLine(const std::string& text) {
    std::string line;
    std::vector<std::string> characters;
    forEachCharacter(text, [&](char32_t, TextRange range) {
        characters.emplace_back(slice(text, range) == "\n" ? "⏎" : slice(text, range));
    });
    for (std::size_t i = 0; i < characters.size(); ++i) {
        if (characters.size() > shownCharacters && i == shownCharacters / 2) {
            i = characters.size() - shownCharacters / 2;
            line += " … ";
        }
        line += characters[i];
    }
    return reporting::printableLine(line);
}

std::string sequenceText(const ShownSequence& sequence, std::size_t number) {
    const std::int64_t documents = std::ssize(sequence.documents) - (sequence.padding > 0 ? 1 : 0);
    std::string text = fmt::format(
        "\nsequence {} (step {}, batch {}, row {}): {}, {}, {}{}\n", number, sequence.step,
        sequence.batch, sequence.row, counted(sequence.tokens, "token"),
        counted(documents, "document") +
            (documents > 1 && !sequence.apart ? " that see each other" : ""),
        counted(sequence.labels, "label"),
        sequence.padding > 0 ? fmt::format(", {} of padding", formatCount(sequence.padding)) : "");
    for (const ShownDocument& document : sequence.documents) {
        const std::string place = fmt::format("  tokens {}–{}", formatCount(document.begin),
                                              formatCount(document.end - 1));
        if (document.padding) {
            text += place + ": padding\n";
            continue;
        }
        text += fmt::format("{}, positions {}–{}, {}\n", place, formatCount(document.position),
                            formatCount(document.position + document.end - document.begin - 1),
                            counted(document.labels, "label"));
        if (!document.text.empty()) text += "    " + onOneLine(document.text) + "\n";
    }
    return text;
}

std::string sharesText(const std::vector<ModeShares>& modes) {
    std::string text =
        "\nOf the first step, on each rank (attention: pairs of queries and keys, "
        "all heads and layers):\n\n";
    text += fmt::format("  {:<15} {:>5} {:>12} {:>12} {:>16} {:>9}\n", "mode", "rank", "tokens",
                        "labels", "attention", "of mean");
    for (const ModeShares& mode : modes) {
        if (!mode.refusal.empty()) {
            text += fmt::format("  {:<15} cannot run: {}\n", mode.mode, mode.refusal);
            continue;
        }
        RankShare sum;
        for (const RankShare& share : mode.ranks) sum += share;
        const double mean = static_cast<double>(sum.pairs) / static_cast<double>(mode.ranks.size());
        for (std::size_t rank = 0; rank < mode.ranks.size(); ++rank) {
            const RankShare& share = mode.ranks[rank];
            text += fmt::format("  {:<15} {:>5} {:>12} {:>12} {:>16} {:>8.2f}×\n",
                                rank == 0 ? mode.mode : "", rank, formatCount(share.tokens),
                                formatCount(share.labels), formatCount(share.pairs),
                                mean > 0 ? static_cast<double>(share.pairs) / mean : 1);
        }
    }
    return text;
}

nlohmann::ordered_json sequenceJson(const ShownSequence& sequence) {
    nlohmann::ordered_json documents = nlohmann::ordered_json::array();
    for (const ShownDocument& document : sequence.documents)
        documents.push_back({{"begin", document.begin},
                             {"end", document.end},
                             {"position", document.position},
                             {"labels", document.labels},
                             {"padding", document.padding},
                             {"text", document.text}});
    return {{"step", sequence.step},
            {"batch", sequence.batch},
            {"row", sequence.row},
            {"apart", sequence.apart},
            {"tokens", sequence.tokens},
            {"labels", sequence.labels},
            {"padding", sequence.padding},
            {"ids", sequence.ids},
            {"label_ids", sequence.labelIds},
            {"documents", std::move(documents)}};
}

nlohmann::ordered_json modeJson(const ModeShares& mode) {
    nlohmann::ordered_json json{{"mode", mode.mode}};
    if (!mode.refusal.empty()) {
        json["refusal"] = mode.refusal;
        return json;
    }
    json["imbalance"] = imbalance(mode.ranks);
    json["ranks"] = nlohmann::ordered_json::array();
    for (std::size_t rank = 0; rank < mode.ranks.size(); ++rank)
        json["ranks"].push_back({{"rank", rank},
                                 {"tokens", mode.ranks[rank].tokens},
                                 {"labels", mode.ranks[rank].labels},
                                 {"attention_pairs", mode.ranks[rank].pairs}});
    return json;
}

}  // namespace

ModeShares modeShares(const RunConfig& config, const Sequences& sequences) {
    ModeShares shares{.mode = config.parallel.mode};
    const Result<RunPlan> plan = planRun(config);
    if (!plan.ok()) {
        shares.refusal = plan.error().message;
        return shares;
    }
    shares.mode = plan->config.parallel.mode;
    shares.ranks.resize(static_cast<std::size_t>(plan->ranks));
    const int group = plan->ranks / plan->replicas;
    for (std::int64_t batch = 0; batch < plan->microSteps * plan->replicas; ++batch) {
        const SequenceBatch rows = batchRows(sequences, config.train, 0, batch);
        std::vector<bool> labelled;
        for (const TokenSequence& row : rows.rows)
            for (const std::int64_t label : row.labels) labelled.push_back(label != ignoredLabel);
        const std::vector<RankShare> own = rankShares(*plan, labelled, rows.documents);
        const auto first = static_cast<std::size_t>(batch % plan->replicas * group);
        for (std::size_t rank = 0; rank < own.size(); ++rank)
            shares.ranks[first + rank] += own[rank];
    }
    return shares;
}

Result<ShownData> shownData(const std::string& name, const std::vector<RunConfig>& configs,
                            std::int64_t sequences, const ReadingOptions& options) {
    const RunConfig& config = configs.front();
    RINGSCOPE_TRY(TokenText tokens, TokenText::open(config, options));
    RINGSCOPE_TRY(const Sequences all, Sequences::make(std::move(tokens), config));
    std::optional<Tokenizer> tokenizer;
    if (config.data.tokenizer != idTokenizer) {
        RINGSCOPE_TRY(tokenizer, tokenizerOf(config));
    }
    ShownData data{.name = name,
                   .source = config.data.source,
                   .tokenizer = config.data.tokenizer,
                   .task = std::string(nameOf(config.train.task)),
                   .order = std::string(nameOf(orderOf(config))),
                   .facts = all.text().facts(),
                   .validationTokens = all.validationTokens(),
                   .validationDocuments = all.validationDocuments(),
                   .pairLoss = pairLoss(all),
                   .sentences = all.sentences()};
    const std::int64_t batches = config.train.gradAccum * config.parallel.dp;
    for (std::int64_t number = 0; number < sequences; ++number) {
        const std::int64_t row = number % config.train.batch;
        const std::int64_t batch = number / config.train.batch % batches;
        const std::int64_t step = number / config.train.batch / batches;
        if (step >= config.train.steps) break;
        const SequenceBatch rows = batchRows(all, config.train, step, batch);
        TokenSequence one = rows.rows[static_cast<std::size_t>(row)];
        one.documents = rows.documents;
        ShownSequence shown = shownSequence(one, tokenizer, all.text().facts().answersOnly);
        shown.step = step;
        shown.batch = batch;
        shown.row = row;
        data.sequences.push_back(std::move(shown));
    }
    for (const RunConfig& each : configs) data.modes.push_back(modeShares(each, all));
    return data;
}

std::string dataText(const ShownData& data) {
    std::string text = data.name == data.source ? "" : reporting::printableLine(data.name) + ": ";
    text += fmt::format("{} by {}, train.task {}\n", reporting::printableLine(data.source),
                        reporting::printableLine(data.tokenizer), data.task);
    for (const std::string& sentence : data.sentences)
        text += reporting::printableLine(sentence) + "\n";
    if (data.pairLoss)
        text += fmt::format(
            "a model that knows the token before alone has a validation loss of "
            "{:.4f}\n",
            *data.pairLoss);
    for (std::size_t i = 0; i < data.sequences.size(); ++i)
        text += sequenceText(data.sequences[i], i);
    return text + sharesText(data.modes);
}

std::string dataJson(const ShownData& data) {
    nlohmann::ordered_json json{
        {"schema_version", jsonSchemaVersion},
        {"name", data.name},
        {"source", data.source},
        {"tokenizer", data.tokenizer},
        {"task", data.task},
        {"order", data.order},
        {"tokens", data.facts.tokens},
        {"documents", data.facts.documents},
        {"labels", data.facts.labelled},
        {"hash", data.facts.hash},
        {"validation",
         {{"tokens", data.validationTokens},
          {"documents", data.validationDocuments},
          {"pair_loss",
           data.pairLoss ? nlohmann::ordered_json(*data.pairLoss) : nlohmann::ordered_json()}}},
        {"remarks", data.sentences},
        {"sequences", nlohmann::ordered_json::array()},
        {"modes", nlohmann::ordered_json::array()}};
    for (const ShownSequence& sequence : data.sequences)
        json["sequences"].push_back(sequenceJson(sequence));
    for (const ModeShares& mode : data.modes) json["modes"].push_back(modeJson(mode));
    return reporting::jsonDump(json);
}

std::string tokenCacheText(const TokenCache& cache) {
    std::string text;
    std::int64_t bytes = 0;
    const std::vector<TokenCache::Entry> entries = cache.entries();
    for (const TokenCache::Entry& entry : entries) {
        text += fmt::format("{:>10}  {}\n", formatBytes({entry.bytes}),
                            reporting::printableLine(entry.file.string()));
        bytes += entry.bytes;
    }
    return text + fmt::format(
                      "{} of tokens in {}, {}; what was not used for longest goes when all "
                      "take more than {}\n",
                      counted(std::ssize(entries), "file"),
                      reporting::printableLine(cache.folder().string()), formatBytes({bytes}),
                      formatBytes({mostBytesOfTokens}));
}

std::string tokenCacheJson(const TokenCache& cache) {
    nlohmann::ordered_json json{{"schema_version", jsonSchemaVersion},
                                {"folder", cache.folder().string()},
                                {"most_bytes", mostBytesOfTokens},
                                {"files", nlohmann::ordered_json::array()}};
    for (const TokenCache::Entry& entry : cache.entries())
        json["files"].push_back({{"file", entry.file.string()}, {"bytes", entry.bytes}});
    return reporting::jsonDump(json);
}

}  // namespace ringscope
