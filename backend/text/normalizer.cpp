#include "backend/text/normalizer.h"

#include "backend/core/base64.h"
#include "backend/text/byte_alphabet.h"
#include "backend/text/characters.h"
#include "backend/text/charsmap.h"
#include "backend/text/older_unicode.h"
#include "backend/text/part_table.h"
#include "backend/text/pattern.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace ringscope {
namespace {

using NormalizerReading = Result<std::unique_ptr<const Normalizer>>;

// `change(character, range, out)` for each character.
template <typename Change>
void changeCharacters(AlignedText& text, Change change) {
    const std::string_view old = text.text();
    text.rewrite([&](TextWriter& out) {
        forEachCharacter(
            old, [&](char32_t character, TextRange range) { change(character, range, out); });
    });
}

void lowerCase(AlignedText& text) {
    changeCharacters(text, [](char32_t character, TextRange range, TextWriter& out) {
        std::string lower;
        appendLower(lower, character);
        out.put(lower, range);
    });
}

// Up to the next place where the normal forms of both sides are independent.
std::size_t endOfSegment(std::string_view text, std::size_t at, NormalForm form) {
    do {
        at += characterAt(text, at).bytes;
    } while (at < text.size() && !beginsApart(characterAt(text, at).value, form));
    return at;
}

bool isAscii(std::string_view text) {
    for (const char byte : text)
        if (static_cast<unsigned char>(byte) >= 0x80) return false;
    return true;
}

void putNormalForm(AlignedText& text, NormalForm form) {
    const std::string_view old = text.text();
    if (isAscii(old)) return;
    text.rewrite([&](TextWriter& out) {
        for (std::size_t at = 0; at < old.size();) {
            const TextRange segment{at, endOfSegment(old, at, form)};
            at = segment.end;
            const std::string_view piece = slice(old, segment);
            if (piece.size() == 1) {
                out.keep(segment);
                continue;
            }
            // With some beginnings of a segment, what follows does not combine.
            const Character first = characterAt(piece, 0);
            const bool alone = isStray(first.value) || formIsNewer(first.value);
            const std::size_t kept = alone ? first.bytes : 0;
            out.keep({segment.begin, segment.begin + kept});
            const std::string made = inNormalForm(piece.substr(kept), form);
            if (made == piece.substr(kept))
                out.keep({segment.begin + kept, segment.end});
            else
                out.put(made, {segment.begin + kept, segment.end});
        }
    });
}

class NormalFormNormalizer : public Normalizer {
public:
    explicit NormalFormNormalizer(NormalForm form) : form_(form) {}
    Result<void> apply(AlignedText& text) const override {
        putNormalForm(text, form_);
        return {};
    }

private:
    NormalForm form_;
};

class LowercaseNormalizer : public Normalizer {
public:
    Result<void> apply(AlignedText& text) const override {
        lowerCase(text);
        return {};
    }
};

class BertNormalizer : public Normalizer {
public:
    explicit BertNormalizer(JsonPart& part)
        : clean_(part.flag("clean_text", true)),
          ideographs_(part.flag("handle_chinese_chars", true)),
          lower_(part.flag("lowercase", true)),
          accents_(part.flag("strip_accents", lower_)) {}

    Result<void> apply(AlignedText& text) const override {
        if (clean_) clean(text);
        if (ideographs_) setIdeographsApart(text);
        if (accents_) {
            putNormalForm(text, NormalForm::D);
            changeCharacters(text, [](char32_t character, TextRange range, TextWriter& out) {
                if (!isNonspacingMark(character)) out.keep(range);
            });
        }
        if (lower_) lowerCase(text);
        return {};
    }

private:
    static void clean(AlignedText& text) {
        changeCharacters(text, [](char32_t character, TextRange range, TextWriter& out) {
            const bool blank = character == '\t' || character == '\n' || character == '\r';
            if (!blank && (character == 0 || character == 0xfffd || isControlOrFormat(character)))
                return;
            if (blank || isWhiteSpace(character))
                out.put(" ", range);
            else
                out.keep(range);
        });
    }

    static void setIdeographsApart(AlignedText& text) {
        changeCharacters(text, [](char32_t character, TextRange range, TextWriter& out) {
            const bool apart = isIdeograph(character);
            if (apart) out.put(" ", range);
            out.keep(range);
            if (apart) out.put(" ", range);
        });
    }

    bool clean_;
    bool ideographs_;
    bool lower_;
    bool accents_;
};

class StripNormalizer : public Normalizer {
public:
    StripNormalizer(bool left, bool right) : left_(left), right_(right) {}
    Result<void> apply(AlignedText& text) const override {
        TextRange kept{text.text().size(), text.text().size()};
        bool begun = false;
        forEachCharacter(text.text(), [&](char32_t character, TextRange range) {
            if (isWhiteSpace(character)) return;
            if (!std::exchange(begun, true)) kept.begin = range.begin;
            kept.end = range.end;
        });
        if (!left_) kept.begin = 0;
        if (!right_) kept.end = text.text().size();
        text.rewrite([kept](TextWriter& out) {
            out.keep({kept.begin, std::max(kept.begin, kept.end)});
        });
        return {};
    }

private:
    bool left_;
    bool right_;
};

class StripAccentsNormalizer : public Normalizer {
public:
    Result<void> apply(AlignedText& text) const override {
        changeCharacters(text, [](char32_t character, TextRange range, TextWriter& out) {
            if (!isMark(character)) out.keep(range);
        });
        return {};
    }
};

class ReplaceNormalizer : public Normalizer {
public:
    ReplaceNormalizer(Pattern pattern, std::string content)
        : pattern_(std::move(pattern)), content_(std::move(content)) {}

    Result<void> apply(AlignedText& text) const override {
        std::vector<TextRange> found;
        RINGSCOPE_CHECK(pattern_.findAll(text.text(), found));
        if (found.empty()) return {};
        RINGSCOPE_CHECK(text.checkGrowth(found.size() * content_.size()));
        text.rewrite([&](TextWriter& out) {
            std::size_t from = 0;
            for (const TextRange match : found) {
                out.keep({from, match.begin});
                out.put(content_, match);
                from = match.end;
            }
            out.keep({from, text.text().size()});
        });
        return {};
    }

private:
    Pattern pattern_;
    std::string content_;
};

class PrependNormalizer : public Normalizer {
public:
    explicit PrependNormalizer(std::string prefix) : prefix_(std::move(prefix)) {}
    Result<void> apply(AlignedText& text) const override {
        if (text.text().empty()) return {};
        text.rewrite([&](TextWriter& out) {
            out.put(prefix_, {0, 0});
            out.keep({0, text.text().size()});
        });
        return {};
    }

private:
    std::string prefix_;
};

// What Moses' scripts for translation take out, and turn into blanks.
class NmtNormalizer : public Normalizer {
public:
    Result<void> apply(AlignedText& text) const override {
        changeCharacters(text, [](char32_t character, TextRange range, TextWriter& out) {
            if (isBlank(character))
                out.put(" ", range);
            else if (!isTakenOut(character))
                out.keep(range);
        });
        return {};
    }

private:
    static bool isTakenOut(char32_t c) {
        return (c >= 1 && c <= 8) || c == 0xb || (c >= 0xe && c <= 0x1f) || c == 0x7f ||
               c == 0x8f || c == 0x9f;
    }
    static bool isBlank(char32_t c) {
        return c == 9 || c == 0xa || c == 0xc || c == 0xd || c == 0x1680 ||
               (c >= 0x200b && c <= 0x200f) || c == 0x2028 || c == 0x2029 || c == 0x2581 ||
               c == 0xfeff || c == 0xfffd;
    }
};

// A grapheme of few bytes is replaced as a whole where the table has its beginning; else each of
// its characters is.
class PrecompiledNormalizer : public Normalizer {
public:
    explicit PrecompiledNormalizer(Charsmap map) : map_(std::move(map)) {}
    Result<void> apply(AlignedText& text) const override {
        const std::string_view old = text.text();
        text.rewrite([&](TextWriter& out) {
            for (std::size_t at = 0; at < old.size();) {
                const TextRange grapheme{at, endOfGrapheme(old, at)};
                at = grapheme.end;
                constexpr std::size_t fewBytes = 6;
                if (grapheme.size() < fewBytes && replaced(old, grapheme, out)) continue;
                forEachCharacter(slice(old, grapheme), [&](char32_t, TextRange range) {
                    const TextRange character{grapheme.begin + range.begin,
                                              grapheme.begin + range.end};
                    if (!replaced(old, character, out)) out.keep(character);
                });
            }
        });
        return {};
    }

private:
    bool replaced(std::string_view text, TextRange range, TextWriter& out) const {
        const auto match = map_.shortest(slice(text, range));
        if (match) out.put(match->replacement, range);
        return match.has_value();
    }

    static std::size_t endOfGrapheme(std::string_view text, std::size_t at) {
        int state = 0;
        Character character = characterAt(text, at);
        at += character.bytes;
        while (at < text.size()) {
            const Character next = characterAt(text, at);
            if (graphemeEndsBetween(character.value, next.value, state)) break;
            character = next;
            at += next.bytes;
        }
        return at;
    }

    Charsmap map_;
};

class ByteLevelNormalizer : public Normalizer {
public:
    Result<void> apply(AlignedText& text) const override {
        const std::string_view old = text.text();
        text.rewrite([&](TextWriter& out) {
            for (std::size_t at = 0; at < old.size(); ++at)
                out.put(characterOfByte(static_cast<unsigned char>(old[at])), {at, at + 1});
        });
        return {};
    }
};

class NormalizerSequence : public Normalizer {
public:
    explicit NormalizerSequence(std::vector<std::unique_ptr<const Normalizer>> parts)
        : parts_(std::move(parts)) {}
    Result<void> apply(AlignedText& text) const override {
        for (const auto& part : parts_) {
            RINGSCOPE_CHECK(part->apply(text));
            RINGSCOPE_CHECK(text.checkGrowth());
        }
        return {};
    }

private:
    std::vector<std::unique_ptr<const Normalizer>> parts_;
};

template <NormalForm form>
NormalizerReading readNormalForm(JsonPart& /*part*/) {
    return std::make_unique<NormalFormNormalizer>(form);
}

template <typename Kind>
NormalizerReading readPlain(JsonPart& /*part*/) {
    return std::make_unique<Kind>();
}

NormalizerReading readBertNormalizer(JsonPart& part) {
    return std::make_unique<BertNormalizer>(part);
}

NormalizerReading readStripNormalizer(JsonPart& part) {
    const bool left = part.flag("strip_left", true);
    return std::make_unique<StripNormalizer>(left, part.flag("strip_right", true));
}

NormalizerReading readReplaceNormalizer(JsonPart& part) {
    RINGSCOPE_TRY(Pattern pattern, Pattern::read(part));
    return std::make_unique<ReplaceNormalizer>(std::move(pattern), part.text("content"));
}

NormalizerReading readPrependNormalizer(JsonPart& part) {
    return std::make_unique<PrependNormalizer>(part.text("prepend"));
}

NormalizerReading readPrecompiled(JsonPart& part) {
    const std::string words = part.text("precompiled_charsmap", "");
    const std::optional<std::string> bytes = fromBase64(words);
    if (!bytes) part.refuse("precompiled_charsmap", "expected Base64; get the file again");
    Result<Charsmap> map = Charsmap::read(bytes.value_or(""));
    if (!map.ok()) return std::move(map).error().in(part.path());
    return std::make_unique<PrecompiledNormalizer>(*std::move(map));
}

NormalizerReading readNormalizerSequence(JsonPart& part) {
    RINGSCOPE_TRY(auto parts, readParts<Normalizer>(part, "normalizers", readNormalizer));
    return std::make_unique<NormalizerSequence>(std::move(parts));
}

constexpr std::array normalizerKinds = {
    PartKind<Normalizer>{"Sequence", readNormalizerSequence},
    PartKind<Normalizer>{"NFC", readNormalForm<NormalForm::C>},
    PartKind<Normalizer>{"NFD", readNormalForm<NormalForm::D>},
    PartKind<Normalizer>{"NFKC", readNormalForm<NormalForm::KC>},
    PartKind<Normalizer>{"NFKD", readNormalForm<NormalForm::KD>},
    PartKind<Normalizer>{"Lowercase", readPlain<LowercaseNormalizer>},
    PartKind<Normalizer>{"Strip", readStripNormalizer},
    PartKind<Normalizer>{"StripAccents", readPlain<StripAccentsNormalizer>},
    PartKind<Normalizer>{"Replace", readReplaceNormalizer},
    PartKind<Normalizer>{"Prepend", readPrependNormalizer},
    PartKind<Normalizer>{"BertNormalizer", readBertNormalizer},
    PartKind<Normalizer>{"Nmt", readPlain<NmtNormalizer>},
    PartKind<Normalizer>{"Precompiled", readPrecompiled},
    PartKind<Normalizer>{"ByteLevel", readPlain<ByteLevelNormalizer>},
};

}  // namespace

Result<std::unique_ptr<const Normalizer>> readNormalizer(const nlohmann::json& json,
                                                         const std::string& path) {
    return readPart<Normalizer>(json, path, normalizerKinds);
}

}  // namespace ringscope
