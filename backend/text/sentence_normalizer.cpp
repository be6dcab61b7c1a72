#include "backend/text/sentence_normalizer.h"

#include <string>

namespace ringscope {
namespace {

class SentenceNormalizing {
public:
    SentenceNormalizing(const SentenceModel& model, const PieceTrie& kept, std::string_view text,
                        TextWriter& out)
        : model_(model),
          kept_(kept),
          text_(text),
          out_(out),
          blank_(model.escapeBlanks ? seenBlank : std::string_view(" ")) {}

    void run() {
        const std::size_t begin = model_.removeExtraBlanks ? endOfLeadingBlanks() : 0;
        if (begin >= text_.size()) return;
        if (!model_.blankAsSuffix && model_.addDummyPrefix) put(blank_, {begin, begin});
        afterBlank_ = model_.removeExtraBlanks;
        for (std::size_t at = begin; at < text_.size();) {
            const Replaced next = replacedAt(at);
            put(next, {at, at + next.bytes});
            at += next.bytes;
        }
        if (model_.removeExtraBlanks) dropTrailingBlanks();
        if (model_.blankAsSuffix && model_.addDummyPrefix)
            put(blank_, {text_.size(), text_.size()});
        for (const Written& written : written_) out_.put(written.bytes, written.from);
    }

private:
    struct Replaced {
        std::string_view text{};
        std::size_t bytes = 0;  // of the text before
    };
    struct Written {
        std::string_view bytes{};
        TextRange from{};
    };

    Replaced replacedAt(std::size_t at) const {
        const std::string_view rest = text_.substr(at);
        if (const std::size_t bytes = kept_.longestPrefix(rest).first; bytes > 0)
            return {rest.substr(0, bytes), bytes};
        if (const auto match = model_.charsmap.longest(rest))
            return {match->replacement, match->bytes};
        const Character character = characterAt(text_, at);
        if (isStray(character.value)) return {"\xEF\xBF\xBD", 1};
        return {rest.substr(0, character.bytes), character.bytes};
    }

    std::size_t endOfLeadingBlanks() const {
        std::size_t at = 0;
        while (at < text_.size()) {
            const Replaced next = replacedAt(at);
            if (next.text != " ") break;
            at += next.bytes;
        }
        return at;
    }

    void put(std::string_view bytes, TextRange from) {
        if (!bytes.empty()) written_.push_back({bytes, from});
    }

    // Blanks after a blank are left out, if the model says so.
    void put(const Replaced& next, TextRange from) {
        std::string_view text = next.text;
        while (afterBlank_ && text.starts_with(' ')) text.remove_prefix(1);
        if (!text.empty()) afterBlank_ = text.ends_with(' ');
        if (!model_.removeExtraBlanks) afterBlank_ = false;
        while (!text.empty()) {
            const std::size_t end = text.find(' ');
            if (end == 0) {
                put(blank_, from);
                text.remove_prefix(1);
                continue;
            }
            put(text.substr(0, end), from);
            text.remove_prefix(std::min(end, text.size()));
        }
    }

    void dropTrailingBlanks() {
        while (!written_.empty() && written_.back().bytes.ends_with(blank_)) {
            written_.back().bytes.remove_suffix(blank_.size());
            if (written_.back().bytes.empty()) written_.pop_back();
        }
    }

    const SentenceModel& model_;
    const PieceTrie& kept_;
    std::string_view text_;
    TextWriter& out_;
    std::string_view blank_;
    bool afterBlank_ = false;
    std::vector<Written> written_{};
};

}  // namespace

void normalizeSentence(const SentenceModel& model, const PieceTrie& kept, AlignedText& text) {
    const std::string_view old = text.text();
    text.rewrite([&](TextWriter& out) { SentenceNormalizing(model, kept, old, out).run(); });
}

}  // namespace ringscope
