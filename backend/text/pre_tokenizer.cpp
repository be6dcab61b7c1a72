#include "backend/text/pre_tokenizer.h"

#include "backend/text/byte_alphabet.h"
#include "backend/text/characters.h"
#include "backend/text/metaspace.h"
#include "backend/text/part_table.h"
#include "backend/text/pattern.h"

#include <array>
#include <string_view>
#include <utility>

namespace ringscope {
namespace {

using PreTokenizerReading = Result<std::unique_ptr<const PreTokenizer>>;

constexpr std::string_view gpt2Pattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

const std::vector<std::string_view> behaviourWords = {"Isolated", "Removed", "MergedWithPrevious",
                                                      "MergedWithNext", "Contiguous"};

// Cuts every word at the matches of the pattern in it.
Result<void> cutAtPattern(Splits& splits, const Pattern& pattern, SplitBehaviour behaviour,
                          bool inverted) {
    const std::string_view text = splits.text.text();
    std::vector<TextRange> found;
    return cutWords(splits, [&](TextRange word, std::vector<TextRange>& words) -> Result<void> {
        found.clear();
        RINGSCOPE_CHECK(pattern.findAll(slice(text, word), found));
        if (word.begin != 0)
            for (TextRange& match : found)
                match = {match.begin + word.begin, match.end + word.begin};
        cutAt(found, word, behaviour, inverted, words);
        return {};
    });
}

// Cuts every word at the characters that `matches`.
template <typename Matches>
Result<void> cutAtCharacters(Splits& splits, SplitBehaviour behaviour, Matches matches) {
    const std::string_view text = splits.text.text();
    std::vector<TextRange> found;
    return cutWords(splits, [&](TextRange word, std::vector<TextRange>& words) -> Result<void> {
        found.clear();
        forEachCharacter(slice(text, word), [&](char32_t character, TextRange range) {
            if (matches(character))
                found.push_back({range.begin + word.begin, range.end + word.begin});
        });
        cutAt(found, word, behaviour, false, words);
        return {};
    });
}

class ByteLevelPreTokenizer : public PreTokenizer {
public:
    ByteLevelPreTokenizer(bool addPrefixSpace, bool useRegex, Pattern words)
        : addPrefixSpace_(addPrefixSpace), useRegex_(useRegex), words_(std::move(words)) {}

    bool endsInByteCharacters() const override { return true; }

    Result<void> applyToBytes(Splits& splits) const override {
        const bool lacksSpace = addPrefixSpace_ && !allBeginWithSpace(splits);
        if (lacksSpace) {
            const std::string_view before = splits.text.text();
            rewriteWords(splits, [&](TextRange word, TextWriter& out) {
                if (before[word.begin] != ' ') out.put(" ", {word.begin, word.begin});
                out.keep(word);
            });
        }
        return useRegex_ ? cutAtPattern(splits, words_, SplitBehaviour::Isolated, false)
                         : Result<void>();
    }

    Result<void> apply(Splits& splits) const override {
        RINGSCOPE_CHECK(applyToBytes(splits));
        const std::string_view before = splits.text.text();
        rewriteWords(splits, [&](TextRange word, TextWriter& out) {
            for (std::size_t at = word.begin; at < word.end; ++at)
                out.put(characterOfByte(static_cast<unsigned char>(before[at])), {at, at + 1});
        });
        return {};
    }

private:
    static bool allBeginWithSpace(const Splits& splits) {
        for (const TextRange word : splits.words)
            if (splits.text.text()[word.begin] != ' ') return false;
        return true;
    }

    bool addPrefixSpace_;
    bool useRegex_;
    Pattern words_;
};

class SplitPreTokenizer : public PreTokenizer {
public:
    SplitPreTokenizer(Pattern pattern, SplitBehaviour behaviour, bool inverted)
        : pattern_(std::move(pattern)), behaviour_(behaviour), inverted_(inverted) {}
    Result<void> apply(Splits& splits) const override {
        return cutAtPattern(splits, pattern_, behaviour_, inverted_);
    }

private:
    Pattern pattern_;
    SplitBehaviour behaviour_;
    bool inverted_;
};

// Runs of word characters, and runs of what is neither those nor blank.
class WhitespacePreTokenizer : public PreTokenizer {
public:
    Result<void> apply(Splits& splits) const override {
        const std::string_view text = splits.text.text();
        return cutWords(splits, [&](TextRange word, std::vector<TextRange>& words) -> Result<void> {
            int last = 0;
            forEachCharacter(slice(text, word), [&](char32_t character, TextRange range) {
                const int kind = isWordCharacter(character) ? 1 : isWhiteSpace(character) ? 0 : 2;
                const TextRange whole{range.begin + word.begin, range.end + word.begin};
                if (kind != 0 && kind == last)
                    words.back().end = whole.end;
                else if (kind != 0)
                    words.push_back(whole);
                last = kind;
            });
            return {};
        });
    }
};

class WhitespaceSplitPreTokenizer : public PreTokenizer {
public:
    Result<void> apply(Splits& splits) const override {
        return cutAtCharacters(splits, SplitBehaviour::Removed, isWhiteSpace);
    }
};

class BertPreTokenizer : public PreTokenizer {
public:
    Result<void> apply(Splits& splits) const override {
        RINGSCOPE_CHECK(cutAtCharacters(splits, SplitBehaviour::Removed, isWhiteSpace));
        return cutAtCharacters(splits, SplitBehaviour::Isolated, isPunctuation);
    }
};

class PunctuationPreTokenizer : public PreTokenizer {
public:
    explicit PunctuationPreTokenizer(SplitBehaviour behaviour) : behaviour_(behaviour) {}
    Result<void> apply(Splits& splits) const override {
        return cutAtCharacters(splits, behaviour_, isPunctuation);
    }

private:
    SplitBehaviour behaviour_;
};

class DigitsPreTokenizer : public PreTokenizer {
public:
    explicit DigitsPreTokenizer(bool individual) : individual_(individual) {}
    Result<void> apply(Splits& splits) const override {
        return cutAtCharacters(
            splits, individual_ ? SplitBehaviour::Isolated : SplitBehaviour::Contiguous, isNumber);
    }

private:
    bool individual_;
};

class DelimiterPreTokenizer : public PreTokenizer {
public:
    explicit DelimiterPreTokenizer(Pattern delimiter) : delimiter_(std::move(delimiter)) {}
    Result<void> apply(Splits& splits) const override {
        return cutAtPattern(splits, delimiter_, SplitBehaviour::Removed, false);
    }

private:
    Pattern delimiter_;
};

class FixedLengthPreTokenizer : public PreTokenizer {
public:
    explicit FixedLengthPreTokenizer(std::int64_t length) : length_(length) {}
    Result<void> apply(Splits& splits) const override {
        const std::string_view text = splits.text.text();
        return cutWords(splits, [&](TextRange word, std::vector<TextRange>& words) -> Result<void> {
            std::int64_t characters = 0;
            forEachCharacter(slice(text, word), [&](char32_t, TextRange range) {
                const TextRange whole{range.begin + word.begin, range.end + word.begin};
                if (characters++ % length_ == 0)
                    words.push_back(whole);
                else
                    words.back().end = whole.end;
            });
            return {};
        });
    }

private:
    std::int64_t length_;
};

class PreTokenizerSequence : public PreTokenizer {
public:
    explicit PreTokenizerSequence(std::vector<std::unique_ptr<const PreTokenizer>> parts)
        : parts_(std::move(parts)) {}

    bool endsInByteCharacters() const override {
        return !parts_.empty() && parts_.back()->endsInByteCharacters();
    }
    Result<void> apply(Splits& splits) const override {
        for (const auto& part : parts_) {
            RINGSCOPE_CHECK(part->apply(splits));
            RINGSCOPE_CHECK(splits.text.checkGrowth());
        }
        return {};
    }
    Result<void> applyToBytes(Splits& splits) const override {
        for (std::size_t i = 0; i + 1 < parts_.size(); ++i) {
            RINGSCOPE_CHECK(parts_[i]->apply(splits));
            RINGSCOPE_CHECK(splits.text.checkGrowth());
        }
        return parts_.back()->applyToBytes(splits);
    }

private:
    std::vector<std::unique_ptr<const PreTokenizer>> parts_;
};

PreTokenizerReading readByteLevel(JsonPart& part) {
    const bool prefix = part.flag("add_prefix_space", true);
    const bool useRegex = part.flag("use_regex", true);
    part.flag("trim_offsets", true);
    RINGSCOPE_TRY(Pattern words, Pattern::ofRegex(gpt2Pattern));
    return std::make_unique<ByteLevelPreTokenizer>(prefix, useRegex, std::move(words));
}

SplitBehaviour readBehaviour(JsonPart& part, std::optional<std::size_t> missing) {
    return static_cast<SplitBehaviour>(part.choice("behavior", behaviourWords, missing));
}

PreTokenizerReading readSplit(JsonPart& part) {
    RINGSCOPE_TRY(Pattern pattern, Pattern::read(part));
    const SplitBehaviour behaviour = readBehaviour(part, std::nullopt);
    return std::make_unique<SplitPreTokenizer>(std::move(pattern), behaviour,
                                               part.flag("invert", false));
}

PreTokenizerReading readMetaspace(JsonPart& part) {
    return std::make_unique<MetaspacePreTokenizer>(readMetaspaceOptions(part));
}

PreTokenizerReading readPunctuation(JsonPart& part) {
    return std::make_unique<PunctuationPreTokenizer>(readBehaviour(part, 0));
}

PreTokenizerReading readDigits(JsonPart& part) {
    return std::make_unique<DigitsPreTokenizer>(part.flag("individual_digits", false));
}

PreTokenizerReading readDelimiter(JsonPart& part) {
    const std::string delimiter = part.text("delimiter");
    if (countCharacters(delimiter) != 1)
        part.refuse("delimiter", "expected one character; got '" + delimiter + "'");
    return std::make_unique<DelimiterPreTokenizer>(Pattern::ofText(delimiter));
}

PreTokenizerReading readFixedLength(JsonPart& part) {
    constexpr std::int64_t longest = 1 << 20;
    return std::make_unique<FixedLengthPreTokenizer>(part.number("length", 1, longest, 5));
}

PreTokenizerReading readPreTokenizerSequence(JsonPart& part) {
    RINGSCOPE_TRY(auto parts, readParts<PreTokenizer>(part, "pretokenizers", readPreTokenizer));
    return std::make_unique<PreTokenizerSequence>(std::move(parts));
}

template <typename Kind>
PreTokenizerReading readWithoutKeys(JsonPart& /*part*/) {
    return std::make_unique<Kind>();
}

constexpr std::array preTokenizerKinds = {
    PartKind<PreTokenizer>{"Sequence", readPreTokenizerSequence},
    PartKind<PreTokenizer>{"ByteLevel", readByteLevel},
    PartKind<PreTokenizer>{"Split", readSplit},
    PartKind<PreTokenizer>{"Metaspace", readMetaspace},
    PartKind<PreTokenizer>{"Whitespace", readWithoutKeys<WhitespacePreTokenizer>},
    PartKind<PreTokenizer>{"WhitespaceSplit", readWithoutKeys<WhitespaceSplitPreTokenizer>},
    PartKind<PreTokenizer>{"BertPreTokenizer", readWithoutKeys<BertPreTokenizer>},
    PartKind<PreTokenizer>{"Punctuation", readPunctuation},
    PartKind<PreTokenizer>{"Digits", readDigits},
    PartKind<PreTokenizer>{"CharDelimiterSplit", readDelimiter},
    PartKind<PreTokenizer>{"FixedLength", readFixedLength},
};

}  // namespace

Result<std::unique_ptr<const PreTokenizer>> readPreTokenizer(const nlohmann::json& json,
                                                             const std::string& path) {
    return readPart<PreTokenizer>(json, path, preTokenizerKinds);
}

}  // namespace ringscope
