// Reads the text of a tokenizer.json into its parts.
#include "backend/text/bpe.h"
#include "backend/text/json_tokenizer.h"
#include "backend/text/unigram.h"
#include "backend/text/whole_words.h"

#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

namespace ringscope {
namespace {

using nlohmann::json;
using PieceIds = std::vector<std::pair<std::string, std::int64_t>>;

// The object "vocab": {"piece": id}.
Result<PieceIds> readPieceIds(JsonPart& part) {
    PieceIds pieces;
    for (const auto& [piece, id] : part.object("vocab").items()) {
        if (!id.is_number_unsigned() ||
            id.get<std::uint64_t>() >
                static_cast<std::uint64_t>(std::numeric_limits<TokenId>::max()))
            return Error{ErrorCode::InvalidConfig, part.pathOf("vocab") + "." + piece +
                                                       ": expected an id; got " + shownJson(id)};
        pieces.emplace_back(piece, id.get<std::int64_t>());
    }
    return pieces;
}

struct ModelKind {
    std::string_view type;
    Result<PieceIds> (*readPieces)(JsonPart& part);
    Result<std::unique_ptr<WordModel>> (*read)(JsonPart& part, const Vocabulary& vocabulary);
};

constexpr std::array modelKinds = {
    ModelKind{"BPE", readPieceIds, readBpe},
    ModelKind{"Unigram", readUnigramPieces, readUnigram},
    ModelKind{"WordPiece", readPieceIds, readWordPiece},
    ModelKind{"WordLevel", readPieceIds, readWordLevel},
};

// Files of old versions do not say the type; what they hold does.
std::size_t guessedModelKind(const json& model) {
    if (!model.is_object()) return 0;
    if (model.contains("merges")) return 0;
    if (model.contains("vocab") && model["vocab"].is_array()) return 1;
    return model.contains("continuing_subword_prefix") ? 2 : 3;
}

Result<void> readModel(const json& model, JsonTokenizerParts& parts) {
    JsonPart part(model, "model");
    std::vector<std::string_view> types;
    for (const ModelKind& kind : modelKinds) types.push_back(kind.type);
    const std::size_t index = part.choice("type", types, guessedModelKind(model));
    if (model.is_object() && model.contains("type") && model["type"] != types[index])
        return part.done();
    const ModelKind& kind = modelKinds[index];
    RINGSCOPE_TRY(PieceIds pieces, kind.readPieces(part));
    Result<Vocabulary> vocabulary = Vocabulary::make(std::move(pieces));
    if (!vocabulary.ok()) return std::move(vocabulary).error().in("model.vocab");
    parts.vocabulary = *std::move(vocabulary);
    RINGSCOPE_TRY(parts.model, kind.read(part, parts.vocabulary));
    RINGSCOPE_CHECK(part.done());
    if (parts.vocabulary.pieceCount() == 0)
        return Error{ErrorCode::InvalidConfig, "model.vocab: expected pieces; it has none"};
    return {};
}

Result<void> readAround(const json* value, JsonTokenizerParts& parts) {
    if (value == nullptr) return {};
    RINGSCOPE_TRY(parts.around, readPostProcessor(*value, "post_processor"));
    for (const std::vector<TokenId>& side : {parts.around.before, parts.around.after})
        for (const TokenId id : side)
            if (parts.vocabulary.pieceOf(id) == nullptr &&
                parts.added.vocabulary().pieceOf(id) == nullptr)
                return Error{ErrorCode::InvalidConfig,
                             "post_processor: no piece has the id " + std::to_string(id) +
                                 " that it puts around a text; get the file again"};
    return {};
}

// How batches are cut and filled is the trainer's matter.
void remarkOnBatches(JsonPart& root, JsonTokenizerParts& parts) {
    if (root.value("truncation") != nullptr)
        parts.remarks.emplace_back(
            "the file asks for texts to be cut (truncation); Ringscope never cuts them");
    if (root.value("padding") != nullptr)
        parts.remarks.emplace_back(
            "the file asks for texts to be filled up (padding); Ringscope never fills them");
}

}  // namespace

Result<std::unique_ptr<JsonTokenizerParts>> readTokenizerJson(std::string_view text) {
    RINGSCOPE_TRY(const json file, parseJson(text));
    JsonPart root(file, "");
    auto parts = std::make_unique<JsonTokenizerParts>();
    root.choice("version", {"1.0"}, 0);
    remarkOnBatches(root, *parts);
    if (const json* value = root.value("normalizer")) {
        RINGSCOPE_TRY(parts->normalizer, readNormalizer(*value, "normalizer"));
    }
    if (const json* value = root.value("pre_tokenizer")) {
        RINGSCOPE_TRY(parts->preTokenizer, readPreTokenizer(*value, "pre_tokenizer"));
    }
    const json& model = root.object("model");
    if (file.is_object() && file.contains("model")) RINGSCOPE_CHECK(readModel(model, *parts));
    const json none = json::array();
    const json& added =
        file.is_object() && file.contains("added_tokens") ? root.list("added_tokens") : none;
    RINGSCOPE_TRY(parts->added,
                  AddedTokens::read(added, parts->vocabulary, parts->normalizer.get()));
    RINGSCOPE_CHECK(readAround(root.value("post_processor"), *parts));
    if (const json* value = root.value("decoder")) {
        RINGSCOPE_TRY(parts->decoder, readDecoder(*value, "decoder"));
    }
    RINGSCOPE_CHECK(root.done());
    return parts;
}

}  // namespace ringscope
