#include "backend/text/decoder.h"

#include "backend/text/byte_alphabet.h"
#include "backend/text/metaspace.h"
#include "backend/text/part_table.h"
#include "backend/text/pattern.h"
#include "backend/text/utf8.h"

#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace ringscope {
namespace {

using DecoderReading = Result<std::unique_ptr<const Decoder>>;
using Pieces = std::vector<std::string>;

std::string joined(const Pieces& pieces) {
    std::string all;
    for (const std::string& piece : pieces) all += piece;
    return all;
}

void replaceAll(std::string& text, std::string_view old, std::string_view fresh) {
    if (old.empty()) return;
    for (std::size_t at = text.find(old); at != std::string::npos;
         at = text.find(old, at + fresh.size()))
        text.replace(at, old.size(), fresh);
}

// Fails where decoding puts in so much that only a damaged or hostile tokenizer does it.
Result<void> checkDecoded(const Pieces& pieces, std::size_t more = 0) {
    constexpr std::size_t most = std::size_t{1} << 30;  // bytes
    std::size_t bytes = more;
    for (const std::string& piece : pieces) bytes += piece.size();
    if (bytes <= most) return {};
    return Error{ErrorCode::InvalidConfig, "the tokenizer's decoder makes " +
                                               std::to_string(bytes) +
                                               " bytes of text; use another tokenizer"};
}

class ByteLevelDecoder : public Decoder {
public:
    Result<void> apply(Pieces& pieces) const override {
        std::string bytes;
        for (const std::string& piece : pieces) bytes += charactersAsBytes(piece).value_or(piece);
        pieces = {std::move(bytes)};
        return {};
    }
};

class MetaspaceDecoder : public Decoder {
public:
    explicit MetaspaceDecoder(MetaspaceOptions options) : options_(std::move(options)) {}
    Result<void> apply(Pieces& pieces) const override {
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            const bool taken = i == 0 && options_.scheme != PrependScheme::Never;
            replaceAll(pieces[i], options_.replacement, taken ? "" : " ");
        }
        return {};
    }

private:
    MetaspaceOptions options_;
};

// Blanks before signs and shortened words, as English has none.
void cleanUp(std::string& text) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 11> rules = {{
        {" .", "."},
        {" ?", "?"},
        {" !", "!"},
        {" ,", ","},
        {" ' ", "'"},
        {" n't", "n't"},
        {" 'm", "'m"},
        {" do not", " don't"},
        {" 's", "'s"},
        {" 've", "'ve"},
        {" 're", "'re"},
    }};
    for (const auto& [old, fresh] : rules) replaceAll(text, old, fresh);
}

class WordPieceDecoder : public Decoder {
public:
    WordPieceDecoder(std::string prefix, bool clean) : prefix_(std::move(prefix)), clean_(clean) {}
    Result<void> apply(Pieces& pieces) const override {
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            std::string& piece = pieces[i];
            if (i > 0 && piece.starts_with(prefix_))
                piece.erase(0, prefix_.size());
            else if (i > 0)
                piece.insert(0, " ");
            if (clean_) cleanUp(piece);
        }
        return {};
    }

private:
    std::string prefix_;
    bool clean_;
};

class BpeDecoder : public Decoder {
public:
    explicit BpeDecoder(std::string suffix) : suffix_(std::move(suffix)) {}
    Result<void> apply(Pieces& pieces) const override {
        for (std::size_t i = 0; i < pieces.size(); ++i)
            replaceAll(pieces[i], suffix_, i + 1 == pieces.size() ? "" : " ");
        return {};
    }

private:
    std::string suffix_;
};

class ReplaceDecoder : public Decoder {
public:
    ReplaceDecoder(Pattern pattern, std::string content)
        : pattern_(std::move(pattern)), content_(std::move(content)) {}
    Result<void> apply(Pieces& pieces) const override {
        for (std::string& piece : pieces) {
            std::vector<TextRange> found;
            RINGSCOPE_CHECK(pattern_.findAll(piece, found));
            RINGSCOPE_CHECK(checkDecoded({}, found.size() * content_.size()));
            std::string replaced;
            std::size_t from = 0;
            for (const TextRange match : found) {
                replaced += slice(piece, {from, match.begin});
                replaced += content_;
                from = match.end;
            }
            piece = replaced + piece.substr(from);
        }
        return {};
    }

private:
    Pattern pattern_;
    std::string content_;
};

class FuseDecoder : public Decoder {
public:
    Result<void> apply(Pieces& pieces) const override {
        pieces = {joined(pieces)};
        return {};
    }
};

class ByteFallbackDecoder : public Decoder {
public:
    Result<void> apply(Pieces& pieces) const override {
        decodeByteFallback(pieces);
        return {};
    }
};

// Takes up to `start` of a character from the beginning of each piece, and up to `stop` from its
// end.
class StripDecoder : public Decoder {
public:
    StripDecoder(std::string content, std::int64_t start, std::int64_t stop)
        : content_(std::move(content)), start_(start), stop_(stop) {}
    Result<void> apply(Pieces& pieces) const override {
        for (std::string& piece : pieces) {
            for (std::int64_t i = 0; i < start_ && piece.starts_with(content_); ++i)
                piece.erase(0, content_.size());
            for (std::int64_t i = 0; i < stop_ && piece.ends_with(content_); ++i)
                piece.resize(piece.size() - content_.size());
        }
        return {};
    }

private:
    std::string content_;
    std::int64_t start_;
    std::int64_t stop_;
};

class DecoderSequence : public Decoder {
public:
    explicit DecoderSequence(std::vector<std::unique_ptr<const Decoder>> parts)
        : parts_(std::move(parts)) {}
    Result<void> apply(Pieces& pieces) const override {
        for (const auto& part : parts_) {
            RINGSCOPE_CHECK(part->apply(pieces));
            RINGSCOPE_CHECK(checkDecoded(pieces));
        }
        return {};
    }

private:
    std::vector<std::unique_ptr<const Decoder>> parts_;
};

DecoderReading readByteLevelDecoder(JsonPart& part) {
    part.flag("add_prefix_space", true);
    part.flag("trim_offsets", true);
    part.flag("use_regex", true);
    return std::make_unique<ByteLevelDecoder>();
}

DecoderReading readMetaspaceDecoder(JsonPart& part) {
    return std::make_unique<MetaspaceDecoder>(readMetaspaceOptions(part));
}

DecoderReading readWordPieceDecoder(JsonPart& part) {
    std::string prefix = part.text("prefix", "##");
    return std::make_unique<WordPieceDecoder>(std::move(prefix), part.flag("cleanup", true));
}

DecoderReading readBpeDecoder(JsonPart& part) {
    return std::make_unique<BpeDecoder>(part.text("suffix", "</w>"));
}

DecoderReading readReplaceDecoder(JsonPart& part) {
    RINGSCOPE_TRY(Pattern pattern, Pattern::read(part));
    return std::make_unique<ReplaceDecoder>(std::move(pattern), part.text("content"));
}

DecoderReading readFuse(JsonPart& /*part*/) { return std::make_unique<FuseDecoder>(); }

DecoderReading readByteFallbackDecoder(JsonPart& /*part*/) {
    return std::make_unique<ByteFallbackDecoder>();
}

DecoderReading readStripDecoder(JsonPart& part) {
    constexpr std::int64_t most = 1 << 20;
    std::string content = part.text("content");
    if (countCharacters(content) != 1)
        part.refuse("content", "expected one character; got '" + content + "'");
    const std::int64_t start = part.number("start", 0, most);
    return std::make_unique<StripDecoder>(std::move(content), start, part.number("stop", 0, most));
}

DecoderReading readDecoderSequence(JsonPart& part) {
    RINGSCOPE_TRY(auto parts, readParts<Decoder>(part, "decoders", readDecoder));
    return std::make_unique<DecoderSequence>(std::move(parts));
}

constexpr std::array decoderKinds = {
    PartKind<Decoder>{"Sequence", readDecoderSequence},
    PartKind<Decoder>{"ByteLevel", readByteLevelDecoder},
    PartKind<Decoder>{"Metaspace", readMetaspaceDecoder},
    PartKind<Decoder>{"WordPiece", readWordPieceDecoder},
    PartKind<Decoder>{"BPEDecoder", readBpeDecoder},
    PartKind<Decoder>{"Replace", readReplaceDecoder},
    PartKind<Decoder>{"Fuse", readFuse},
    PartKind<Decoder>{"ByteFallback", readByteFallbackDecoder},
    PartKind<Decoder>{"Strip", readStripDecoder},
};

std::optional<unsigned> hexDigit(char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    return std::nullopt;
}

std::optional<char> byteOfPiece(std::string_view piece) {
    if (piece.size() != 6 || !piece.starts_with("<0x") || piece.back() != '>') return std::nullopt;
    const std::optional<unsigned> high = hexDigit(piece[3]);
    const std::optional<unsigned> low = hexDigit(piece[4]);
    if (!high || !low) return std::nullopt;
    return static_cast<char>(*high << 4U | *low);
}

}  // namespace

void decodeByteFallback(Pieces& pieces) {
    Pieces decoded;
    std::string bytes;
    const auto flush = [&] {
        if (bytes.empty()) return;
        if (isWellFormed(bytes))
            decoded.push_back(bytes);
        else
            decoded.insert(decoded.end(), bytes.size(), "\xEF\xBF\xBD");
        bytes.clear();
    };
    for (std::string& piece : pieces) {
        if (const std::optional<char> byte = byteOfPiece(piece)) {
            bytes += *byte;
            continue;
        }
        flush();
        decoded.push_back(std::move(piece));
    }
    flush();
    pieces = std::move(decoded);
}

Result<std::unique_ptr<const Decoder>> readDecoder(const nlohmann::json& json,
                                                   const std::string& path) {
    return readPart<Decoder>(json, path, decoderKinds);
}

}  // namespace ringscope
