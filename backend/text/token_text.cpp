#include "backend/text/token_text.h"

#include "backend/config/data_source.h"
#include "backend/core/sha256.h"
#include "backend/core/text.h"
#include "backend/core/units.h"
#include "backend/model/mapped_file.h"
#include "backend/model/npy.h"
#include "backend/text/document_reader.h"
#include "backend/text/recall.h"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>
#include <cstring>
#include <limits>
#include <numeric>
#include <sstream>
#include <utility>
#include <variant>
#include <vector>

namespace ringscope {

struct TokenText::Bytes {
    std::variant<MappedFile, std::string> held;

    std::string_view view() const {
        if (const auto* file = std::get_if<MappedFile>(&held)) return file->bytes();
        return std::get<std::string>(held);
    }
};

namespace {

// Part of the name of a cached file; changes with the rules by which documents become tokens.
constexpr std::string_view tokenRules = "1";

int bytesOfIds(std::int64_t least, std::int64_t most) {
    if (least < 0 || most > std::numeric_limits<std::uint32_t>::max()) return 8;
    return most < 256 ? 1 : most < 65'536 ? 2 : 4;
}

std::int64_t sizeOf(const std::vector<DataFile>& files) {
    std::int64_t bytes = 0;
    for (const DataFile& file : files) bytes += file.bytes;
    return bytes;
}

Result<ChatTemplate> chatTemplateOf(const DataConfig& data, const std::string& program) {
    if (data.chatTemplate != ChatFormat::Auto) return ChatTemplate::named(data.chatTemplate);
    return ChatTemplate::recognised(program);
}

std::optional<std::string> pieceOf(const Tokenizer& tokenizer, std::optional<TokenId> id) {
    return id ? tokenizer.pieceOf(*id) : std::nullopt;
}

// Says how far the reading is, several times a second.
class ReadingReport {
public:
    ReadingReport(const ReadingOptions& options, std::int64_t total)
        : options_(options), total_(total) {}

    Result<void> at(std::int64_t bytes) { return say({.bytes = bytes, .total = total_}); }
    Result<void> waiting() { return say({}); }

private:
    Result<void> say(const ReadingProgress& progress) {
        const auto now = std::chrono::steady_clock::now();
        if (!options_.progress || now < next_) return {};
        next_ = now + std::chrono::milliseconds(100);
        if (options_.progress(progress)) return {};
        return Error{ErrorCode::Cancelled, "reading data.source was cancelled"};
    }

    const ReadingOptions& options_;
    std::int64_t total_;
    std::chrono::steady_clock::time_point next_{};
};

// Sources on their way to tokens.
class TokenMaker {
public:
    TokenMaker(const RunConfig& config, std::vector<DataFile> files, const ReadingOptions& options)
        : config_(config), files_(std::move(files)), report_(options, sizeOf(files_)) {}

    Result<void> prepare() {
        const DataConfig& data = config_.data;
        rules_.paragraphs = data.packing;
        rules_.answersOnly = config_.train.task == TrainTask::Sft;
        if (orderOf(config_) != DataOrder::Samples) rules_.ends = DocumentEnds::Tokenizer;
        // The characters of a text are looked for where its tokens are not there yet.
        if (data.tokenizer != charTokenizer) RINGSCOPE_CHECK(loadTokenizer());
        const bool lines = std::ranges::count(files_, DataKind::JsonLines, &DataFile::kind) > 0;
        return lines ? prepareChat() : Result<void>();
    }

    std::string key() const {
        const DataConfig& data = config_.data;
        std::string all =
            fmt::format("{}\n{}\n{}{}{}\n", tokenRules,
                        data.tokenizer == charTokenizer ? std::string(charTokenizer)
                                                        : tokenizer_->contentHash(),
                        rules_.paragraphs, rules_.answersOnly, static_cast<int>(rules_.ends));
        all += (rules_.chat ? rules_.chat->identity() : chatProblem_) + "\n";
        for (const DataFile& file : files_) all += file.state + "\n";
        return sha256(all).substr(0, 40);
    }

    Result<void> write(std::ostream& out) {
        RINGSCOPE_CHECK(loadTokenizer());
        TokenFileWriter writer(out, bytesOfIds(0, tokenizer_->vocabularySize() - 1),
                               rules_.answersOnly);
        DocumentReader reader(
            rules_, [&](const TextDocument& document) { return add(document, writer); },
            [&](std::int64_t bytes) { return report_.at(bytes); });
        for (const DataFile& file : files_) {
            Result<void> read = reader.read(file);
            if (!read.ok()) return withTemplateProblem(std::move(read).error());
        }
        if (writer.documents() == 0)
            return Error{ErrorCode::InvalidConfig, "data.source '" + config_.data.source +
                                                       "' is empty; name a file with text in it"};
        const SpecialTokens& special = tokenizer_->specialTokens();
        writer.finish(special.padding ? *special.padding : special.end.value_or(0),
                      remarks(reader));
        return {};
    }

    Result<void> waiting() { return report_.waiting(); }
    Result<Tokenizer> tokenizer() {
        RINGSCOPE_CHECK(loadTokenizer());
        return *tokenizer_;
    }

private:
    Result<void> loadTokenizer() {
        if (tokenizer_) return {};
        const std::string& name = config_.data.tokenizer;
        Result<Tokenizer> tokenizer =
            name == charTokenizer ? ofCharacters() : Tokenizer::load(name);
        if (!tokenizer.ok()) {
            Error error = std::move(tokenizer).error();
            const bool ofSource = error.message.starts_with("data.source");
            return ofSource ? error : std::move(error).in("data.tokenizer");
        }
        tokenizer_ = *std::move(tokenizer);
        rules_.tokens = {pieceOf(*tokenizer_, tokenizer_->specialTokens().beginning),
                         pieceOf(*tokenizer_, tokenizer_->specialTokens().end)};
        return {};
    }

    Result<Tokenizer> ofCharacters() {
        std::string all;
        DocumentRules plain{.paragraphs = false};
        if (config_.data.chatTemplate != ChatFormat::Auto)
            plain.chat = ChatTemplate::named(config_.data.chatTemplate);
        DocumentReader reader(
            plain,
            [&](const TextDocument& document) -> Result<void> {
                all += document.text;
                return {};
            },
            [&](std::int64_t) { return report_.at(0); });
        for (const DataFile& file : files_) RINGSCOPE_CHECK(reader.read(file));
        return Tokenizer::ofCharacters(all);
    }

    // A template that is not known matters only where there are conversations.
    Result<void> prepareChat() {
        const DataConfig& data = config_.data;
        std::optional<std::string> program;
        if (data.chatTemplate == ChatFormat::Auto) {
            if (std::ranges::find(tokenizerWords, data.tokenizer) != tokenizerWords.end())
                return {};
            RINGSCOPE_TRY(program, chatProgramOf(data.tokenizer));
            if (!program) return {};
        }
        Result<ChatTemplate> chat = chatTemplateOf(data, program.value_or(""));
        if (chat.ok())
            rules_.chat = *std::move(chat);
        else
            chatProblem_ = chat.error().message;
        return {};
    }

    Error withTemplateProblem(Error error) const {
        const std::size_t at = error.message.find(": messages need a chat template");
        if (chatProblem_.empty() || at == std::string::npos) return error;
        error.message = error.message.substr(0, at) + ": " + chatProblem_;
        return error;
    }

    Result<void> add(const TextDocument& document, TokenFileWriter& writer) {
        ids_.clear();
        learned_.clear();
        const auto around = document.ends == DocumentEnds::Tokenizer ? Tokenizer::Around::Added
                                                                     : Tokenizer::Around::LeftOut;
        Result<void> encoded =
            rules_.answersOnly ? encodeAnswers(document, around) : encodeAll(document, around);
        if (!encoded.ok()) return std::move(encoded).error().in("data.source: " + document.place);
        const std::optional<TokenId> end = tokenizer_->specialTokens().end;
        if (document.ends == DocumentEnds::Tokenizer && end) {
            if (ids_.empty() || ids_.back() != *end) {
                ids_.push_back(*end);
                learned_.push_back(true);
            }
            learned_.back() = true;
        }
        if (!ids_.empty()) writer.add(ids_, learned_);
        if (ids_.empty()) ++withoutTokens_;
        return {};
    }

    Result<void> encodeAll(const TextDocument& document, Tokenizer::Around around) {
        RINGSCOPE_TRY(const std::vector<TokenId> ids, tokenizer_->encode(document.text, around));
        ids_.assign(ids.begin(), ids.end());
        learned_.assign(ids_.size(), true);
        return {};
    }

    // A token is learned where one of its bytes is.
    Result<void> encodeAnswers(const TextDocument& document, Tokenizer::Around around) {
        RINGSCOPE_TRY(const std::vector<Token> tokens, tokenizer_->tokens(document.text, around));
        for (const Token& token : tokens) {
            ids_.push_back(token.id);
            learned_.push_back(std::ranges::any_of(document.learned, [&](const TextRange& learned) {
                return token.range.begin < learned.end && learned.begin < token.range.end;
            }));
        }
        return {};
    }

    std::vector<std::string> remarks(const DocumentReader& reader) const {
        std::vector<std::string> remarks;
        constexpr std::size_t shown = 8;
        std::vector<std::string> keys(reader.unread().begin(), reader.unread().end());
        if (const std::size_t all = keys.size(); all > 0) {
            keys.resize(std::min(all, shown));
            remarks.push_back(
                fmt::format("keys of data.source that are not read: {}{}", join(keys, ", "),
                            all > shown ? fmt::format(" and {} more", all - shown) : ""));
        }
        if (withoutTokens_ > 0)
            remarks.push_back(
                fmt::format("{} documents of data.source have no token by this tokenizer and are "
                            "left out",
                            formatCount(withoutTokens_)));
        return remarks;
    }

    const RunConfig& config_;
    std::vector<DataFile> files_;
    ReadingReport report_;
    DocumentRules rules_{};
    std::optional<Tokenizer> tokenizer_{};
    std::string chatProblem_{};
    std::vector<std::int64_t> ids_{};
    std::vector<bool> learned_{};
    std::int64_t withoutTokens_ = 0;
};

// Token ids: each row of a table is a document, anything else is one.
Result<std::string> bytesOfIdFiles(const std::vector<DataFile>& files) {
    std::vector<NpyIntegers> arrays;
    std::int64_t least = 0;
    std::int64_t most = 0;
    for (const DataFile& file : files) {
        RINGSCOPE_TRY(NpyIntegers array, readNpyIntegers(file.path));
        if (array.values.empty())
            return Error{ErrorCode::InvalidConfig,
                         "data.source '" + file.path + "' is empty; name a file with ids in it"};
        const auto [low, high] = std::ranges::minmax(array.values);
        least = std::min(least, low);
        most = std::max(most, high);
        arrays.push_back(std::move(array));
    }
    std::ostringstream out;
    TokenFileWriter writer(out, bytesOfIds(least, most), false);
    for (const NpyIntegers& array : arrays) {
        const std::size_t all = array.values.size();
        const std::size_t row =
            array.shape.size() == 2 ? static_cast<std::size_t>(array.shape[1]) : all;
        for (std::size_t begin = 0; begin < all; begin += row)
            writer.add(std::span(array.values).subspan(begin, row), {});
    }
    writer.finish(0, {});
    return std::move(out).str();
}

// Each sequence is a document.
std::string bytesOfRecall(const TrainConfig& train) {
    std::ostringstream out;
    TokenFileWriter writer(out, /*bytes=*/1, /*answersOnly=*/true);
    for (std::int64_t number = 0; number < recallSequences(train.seqLen); ++number) {
        const RecallSequence made = recallSequence(train.seed, number, train.seqLen);
        writer.add(made.tokens, made.answers);
    }
    writer.finish(0, {});
    return std::move(out).str();
}

// Fails where the vocabulary has no row for one of the tokens.
Result<void> checkVocabulary(const RunConfig& config, const TokenFacts& facts) {
    const DataConfig& data = config.data;
    const std::int64_t vocabSize = config.model.vocabSize;
    if (facts.least >= 0 && facts.most < vocabSize) return {};
    const std::string vocabulary =
        ", but model.vocab_size is " + std::to_string(vocabSize) + "; use ";
    if (data.tokenizer == byteTokenizer)
        return Error{ErrorCode::InvalidConfig, "data.source '" + data.source +
                                                   "' has bytes up to " +
                                                   std::to_string(facts.most) + vocabulary +
                                                   "at least " + std::to_string(facts.most + 1)};
    if (data.tokenizer == idTokenizer)
        return Error{ErrorCode::InvalidConfig,
                     "data.source '" + data.source + "' has token ids from " +
                         std::to_string(facts.least) + " to " + std::to_string(facts.most) +
                         vocabulary + "ids of 0 to " + std::to_string(vocabSize - 1)};
    return Error{ErrorCode::InvalidConfig,
                 "data.tokenizer '" + data.tokenizer + "' makes token ids up to " +
                     std::to_string(facts.most) + vocabulary + "the tokenizer of the model"};
}

}  // namespace

Result<TokenText> TokenText::of(std::shared_ptr<const Bytes> bytes) {
    RINGSCOPE_TRY(TokenParts parts, readTokenParts(bytes->view()));
    return TokenText(std::move(bytes), std::move(parts));
}

Result<TokenText> TokenText::ofFile(const std::filesystem::path& file) {
    RINGSCOPE_TRY(MappedFile mapped, MappedFile::open(file));
    return of(std::make_shared<const Bytes>(Bytes{std::move(mapped)}));
}

Result<TokenText> TokenText::unchecked(const RunConfig& config, const ReadingOptions& options) {
    if (config.data.source == builtinRecall)
        return of(std::make_shared<const Bytes>(Bytes{bytesOfRecall(config.train)}));
    RINGSCOPE_TRY(const std::vector<DataFile> files, dataFiles(config.data));
    if (config.data.tokenizer == idTokenizer) {
        RINGSCOPE_TRY(std::string bytes, bytesOfIdFiles(files));
        return of(std::make_shared<const Bytes>(Bytes{std::move(bytes)}));
    }
    TokenMaker maker(config, files, options);
    RINGSCOPE_CHECK(maker.prepare());
    std::string remark;
    if (sizeOf(files) >= options.leastCached) {
        std::optional<TokenText> found;
        const auto isWhole = [&](const std::filesystem::path& file) {
            Result<TokenText> text = ofFile(file);
            if (text.ok()) found = *std::move(text);
            return found.has_value();
        };
        const Result<std::filesystem::path> cached = options.cache.file(
            maker.key(), {.isWhole = isWhole,
                          .make = [&](std::ostream& out) { return maker.write(out); },
                          .wait = [&] { return maker.waiting(); }});
        if (found) return *std::move(found);
        if (cached.ok()) return ofFile(*cached);
        if (cached.error().code != ErrorCode::Unavailable) return cached.error();
        remark = "tokens are not kept for the next run: " + cached.error().message;
    }
    std::ostringstream out;
    RINGSCOPE_CHECK(maker.write(out));
    RINGSCOPE_TRY(TokenText text, of(std::make_shared<const Bytes>(Bytes{std::move(out).str()})));
    if (!remark.empty()) text.parts_.facts.remarks.push_back(remark);
    return text;
}

Result<TokenText> TokenText::open(const RunConfig& config, const ReadingOptions& options) {
    RINGSCOPE_TRY(TokenText text, unchecked(config, options));
    RINGSCOPE_CHECK(checkVocabulary(config, text.facts()));
    return text;
}

Result<TokenText> TokenText::open(const DataConfig& data, std::int64_t vocabSize) {
    RunConfig config;
    config.data = data;
    config.model.vocabSize = vocabSize;
    return open(config);
}

std::int64_t TokenText::at(std::int64_t position) const {
    const auto token = static_cast<std::size_t>(position % size());
    const auto read = [&]<typename Id>(Id id) {
        std::memcpy(&id, parts_.tokens + token * sizeof id, sizeof id);
        return static_cast<std::int64_t>(id);
    };
    switch (parts_.facts.bytes) {
        case 1:
            return read(std::uint8_t{});
        case 2:
            return read(std::uint16_t{});
        case 4:
            return read(std::uint32_t{});
        default:
            return read(std::int64_t{});
    }
}

bool TokenText::learned(std::int64_t position) const {
    if (parts_.learned == nullptr) return true;
    const auto token = static_cast<std::size_t>(position % size());
    return (static_cast<unsigned char>(parts_.learned[token / 8]) >> (token % 8) & 1U) != 0;
}

std::int64_t TokenText::beginOf(std::int64_t document) const {
    std::int64_t begin = 0;
    std::memcpy(&begin, parts_.begins + static_cast<std::size_t>(document) * sizeof begin,
                sizeof begin);
    return begin;
}

TokenStretch TokenText::document(std::int64_t number) const {
    return {beginOf(number), beginOf(number + 1)};
}

bool TokenText::beginsDocument(std::int64_t position) const {
    const std::int64_t token = position % size();
    std::int64_t low = 0;  // begins at or before the token
    std::int64_t high = documents();
    while (high - low > 1) {
        const std::int64_t middle = (low + high) / 2;
        (beginOf(middle) <= token ? low : high) = middle;
    }
    return beginOf(low) == token;
}

Result<Tokenizer> tokenizerOf(const RunConfig& config) {
    if (config.data.tokenizer == idTokenizer)
        return Error{ErrorCode::InvalidConfig, "token ids have no text: data.tokenizer is ids"};
    RINGSCOPE_TRY(std::vector<DataFile> files, dataFiles(config.data));
    const ReadingOptions options;
    TokenMaker maker(config, std::move(files), options);
    RINGSCOPE_CHECK(maker.prepare());
    return maker.tokenizer();
}

}  // namespace ringscope
