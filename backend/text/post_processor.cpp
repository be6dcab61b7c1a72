#include "backend/text/post_processor.h"

#include "backend/text/part_table.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <memory>
#include <utility>

namespace ringscope {
namespace {

using nlohmann::json;
using AroundReading = Result<std::unique_ptr<const TokensAround>>;

constexpr std::int64_t largestId = std::numeric_limits<TokenId>::max() - 1;
constexpr std::size_t mostAround = 1024;  // tokens before or after a text

// ["[CLS]", 101] of the key.
TokenId readNamedToken(JsonPart& part, std::string_view key) {
    const json& pair = part.list(key);
    if (pair.size() == 2 && pair[0].is_string() && pair[1].is_number_unsigned() &&
        pair[1].get<std::uint64_t>() <= static_cast<std::uint64_t>(largestId))
        return static_cast<TokenId>(pair[1].get<std::int64_t>());
    part.refuse(key, "expected [\"piece\", id]; got " + shownJson(pair));
    return 0;
}

AroundReading readBertProcessing(JsonPart& part) {
    auto around = std::make_unique<TokensAround>();
    around->before = {readNamedToken(part, "cls")};
    around->after = {readNamedToken(part, "sep")};
    return around;
}

AroundReading readRobertaProcessing(JsonPart& part) {
    part.flag("trim_offsets", true);
    part.flag("add_prefix_space", true);
    return readBertProcessing(part);
}

AroundReading readByteLevelProcessing(JsonPart& part) {
    part.flag("add_prefix_space", true);
    part.flag("trim_offsets", true);
    part.flag("use_regex", true);
    return std::make_unique<TokensAround>();
}

// The ids that the template's names stand for.
using NamedTokens = std::map<std::string, std::vector<TokenId>, std::less<>>;

Result<NamedTokens> readSpecialTokens(JsonPart& part) {
    NamedTokens named;
    for (const auto& [name, row] : part.object("special_tokens").items()) {
        JsonPart token(row, part.pathOf("special_tokens") + "." + name);
        token.text("id");
        std::vector<TokenId> ids;
        for (const json& id : token.list("ids")) {
            if (!id.is_number_unsigned() ||
                id.get<std::uint64_t>() > static_cast<std::uint64_t>(largestId))
                token.refuse("ids", "expected ids; got " + shownJson(id));
            else
                ids.push_back(static_cast<TokenId>(id.get<std::int64_t>()));
        }
        token.list("tokens");
        RINGSCOPE_CHECK(token.done());
        named.emplace(name, std::move(ids));
    }
    return named;
}

// One piece of a template: the ids of a special token, or the text itself (`isText`).
struct TemplatePiece {
    bool isText = false;
    std::vector<TokenId> ids{};
};

Result<TemplatePiece> readTemplatePiece(const json& row, const std::string& path,
                                        const NamedTokens& named) {
    JsonPart piece(row, path);
    const bool isText = piece.value("Sequence") != nullptr;
    const char* key = isText ? "Sequence" : "SpecialToken";
    JsonPart inner(piece.object(key), piece.pathOf(key));
    const std::string name = inner.text("id");
    if (isText && name != "A")
        inner.refuse("id", "expected 'A', the only text there is; got '" + name + "'");
    inner.number("type_id", 0, std::numeric_limits<std::int32_t>::max(), 0);
    RINGSCOPE_CHECK(piece.done());
    RINGSCOPE_CHECK(inner.done());
    if (isText) return TemplatePiece{.isText = true, .ids = {}};
    const auto ids = named.find(name);
    if (ids == named.end())
        return Error{ErrorCode::InvalidConfig,
                     path + ": '" + name + "' is none of special_tokens; get the file again"};
    return TemplatePiece{.isText = false, .ids = ids->second};
}

AroundReading readTemplate(JsonPart& part) {
    RINGSCOPE_TRY(const NamedTokens named, readSpecialTokens(part));
    auto around = std::make_unique<TokensAround>();
    int texts = 0;
    std::size_t index = 0;
    for (const json& row : part.list("single")) {
        const std::string path = part.pathOf("single") + "[" + std::to_string(index++) + "]";
        RINGSCOPE_TRY(const TemplatePiece piece, readTemplatePiece(row, path, named));
        texts += piece.isText ? 1 : 0;
        std::vector<TokenId>& side = texts == 0 ? around->before : around->after;
        side.insert(side.end(), piece.ids.begin(), piece.ids.end());
        if (side.size() > mostAround) part.refuse("single", "puts too many tokens around a text");
    }
    if (texts != 1)
        part.refuse("single",
                    "expected the text once; it is there " + std::to_string(texts) + " times");
    part.leave("pair");  // of two texts, which Ringscope never gives a tokenizer together
    return around;
}

AroundReading readAround(const json& value, const std::string& path);

// Each one puts its tokens around what the one before it made.
AroundReading readProcessorSequence(JsonPart& part) {
    auto around = std::make_unique<TokensAround>();
    RINGSCOPE_TRY(const auto parts, readParts<TokensAround>(part, "processors", readAround));
    for (const auto& outer : parts) {
        around->before.insert(around->before.begin(), outer->before.begin(), outer->before.end());
        around->after.insert(around->after.end(), outer->after.begin(), outer->after.end());
    }
    return around;
}

constexpr std::array processorKinds = {
    PartKind<TokensAround>{"Sequence", readProcessorSequence},
    PartKind<TokensAround>{"TemplateProcessing", readTemplate},
    PartKind<TokensAround>{"ByteLevel", readByteLevelProcessing},
    PartKind<TokensAround>{"BertProcessing", readBertProcessing},
    PartKind<TokensAround>{"RobertaProcessing", readRobertaProcessing},
};

AroundReading readAround(const json& value, const std::string& path) {
    return readPart<TokensAround>(value, path, processorKinds);
}

}  // namespace

Result<TokensAround> readPostProcessor(const json& value, const std::string& path) {
    RINGSCOPE_TRY(const auto around, readAround(value, path));
    return *around;
}

}  // namespace ringscope
