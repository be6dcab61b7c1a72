#define PCRE2_CODE_UNIT_WIDTH 8

#include "backend/text/regex.h"

#include <pcre2.h>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace ringscope {
namespace {

constexpr std::size_t longestPattern = 16 << 10;  // bytes
constexpr std::uint32_t mostTries = 1'000'000;    // of one match
constexpr std::size_t jitStackBytes = 1 << 20;

// The pattern in PCRE2's words; or why it has none.
class PatternTranslation {
public:
    explicit PatternTranslation(std::string_view pattern) : pattern_(pattern) {}

    Result<std::string> translated() {
        while (at_ < pattern_.size()) RINGSCOPE_CHECK(next());
        return std::move(out_);
    }

private:
    Error refused(std::string_view what) const {
        return {ErrorCode::InvalidConfig, "regular expression '" + std::string(pattern_) +
                                              "': " + std::string(what) +
                                              " means something else in other programs and is not "
                                              "read; write it without"};
    }

    bool follows(std::string_view text) const { return pattern_.substr(at_).starts_with(text); }

    Result<void> next() {
        if (follows("\\")) return escape();
        return inClass_ ? nextInClass() : nextOutside();
    }

    Result<void> nextOutside() {
        if (follows("(?m")) return refused("(?m)");
        if (follows("}+")) return refused("+ after a number of times");
        if (follows("{,")) out_ += "{0";
        if (follows("{,")) return skip(1);
        if (!follows("[")) return copy(1);
        inClass_ = true;
        return copy(follows("[^]") ? 3 : follows("[]") || follows("[^") ? 2 : 1);
    }

    // A class in a class adds to it.
    Result<void> nextInClass() {
        if (follows("&&")) return refused("&& in a class");
        if (follows("[:")) return copy(bytesThrough(":]"));
        if (follows("[^") || follows("[]")) return refused("such a class in a class");
        if (follows("[")) {
            ++inner_;
            return skip(1);
        }
        if (!follows("]")) return copy(1);
        if (inner_ > 0) {
            --inner_;
            return skip(1);
        }
        inClass_ = false;
        return copy(1);
    }

    // From here to the end of the next `text`, or to the pattern's.
    std::size_t bytesThrough(std::string_view text) const {
        const std::size_t found = pattern_.find(text, at_);
        return (found == std::string_view::npos ? pattern_.size() : found + text.size()) - at_;
    }

    Result<void> skip(std::size_t bytes) {
        at_ += bytes;
        return {};
    }

    // To the pattern's end where there are fewer.
    Result<void> copy(std::size_t bytes) {
        const std::string_view copied = pattern_.substr(at_, bytes);
        out_ += copied;
        at_ += copied.size();
        return {};
    }

    Result<void> escape() {
        if (at_ + 1 >= pattern_.size()) return refused("a \\ at the end");
        const char letter = pattern_[at_ + 1];
        const std::string instead = meaning(letter);
        if (letter == 'h' || letter == 'H' || letter == 'K' || letter == 'C')
            return refused(std::string("\\") + letter);
        if ((letter == 'W' || letter == 'b' || letter == 'B') && inClass_)
            return refused(std::string("\\") + letter + " in a class");
        const bool named = follows("\\p{") || follows("\\P{") || follows("\\x{");
        if (instead.empty()) return copy(named ? bytesThrough("}") : 2);
        out_ += instead;
        at_ += 2;
        return {};
    }

    std::string meaning(char letter) const {
        // Alone, \w also means the digits and fractions of Latin-1; in a class it does not.
        static const std::string classWord = R"(\p{Alphabetic}\p{M}\p{Nd}\p{Pc})";
        static const std::string word = classWord + R"(\xb2\xb3\xb9\xbc\xbd\xbe)";
        static const std::string after = "(?<=[" + word + "])";
        static const std::string notAfter = "(?<![" + word + "])";
        static const std::string before = "(?=[" + word + "])";
        static const std::string notBefore = "(?![" + word + "])";
        switch (letter) {
            case 's':
                return R"(\p{White_Space})";
            case 'S':
                return R"(\P{White_Space})";
            case 'd':
                return R"(\p{Nd})";
            case 'D':
                return R"(\P{Nd})";
            case 'w':
                return inClass_ ? classWord : "[" + word + "]";
            case 'W':
                return "[^" + word + "]";
            case 'b':
                return "(?:" + after + notBefore + "|" + notAfter + before + ")";
            case 'B':
                return "(?:" + after + before + "|" + notAfter + notBefore + ")";
            default:
                return "";
        }
    }

    std::string_view pattern_;
    std::size_t at_ = 0;
    bool inClass_ = false;
    int inner_ = 0;  // classes in it that are open
    std::string out_;
};

std::string pcreSentence(int number) {
    std::array<PCRE2_UCHAR, 160> text{};
    pcre2_get_error_message(number, text.data(), text.size());
    return reinterpret_cast<const char*>(text.data());
}

struct FreePcre {
    void operator()(pcre2_code* code) const { pcre2_code_free(code); }
    void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
    void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
    void operator()(pcre2_jit_stack* stack) const { pcre2_jit_stack_free(stack); }
};
template <typename Thing>
using PcreOwner = std::unique_ptr<Thing, FreePcre>;

// What a thread searches with.
struct PcreScratch {
    PcreOwner<pcre2_match_data> match{pcre2_match_data_create(1, nullptr)};
    PcreOwner<pcre2_match_context> context{pcre2_match_context_create(nullptr)};
    PcreOwner<pcre2_jit_stack> stack{pcre2_jit_stack_create(32 << 10, jitStackBytes, nullptr)};

    PcreScratch() {
        pcre2_set_match_limit(context.get(), mostTries);
        pcre2_jit_stack_assign(context.get(), nullptr, stack.get());
    }
};

PcreScratch& pcreScratch() {
    thread_local PcreScratch scratch;
    return scratch;
}

}  // namespace

struct Regex::Code {
    std::string pattern{};
    PcreOwner<pcre2_code> wellFormed{};  // for UTF-8
    PcreOwner<pcre2_code> anyBytes{};    // for the rest
};

Result<Regex> Regex::compile(std::string_view pattern) {
    if (pattern.size() > longestPattern)
        return Error{ErrorCode::InvalidConfig,
                     "a regular expression has at most " + std::to_string(longestPattern) +
                         " bytes; this one has " + std::to_string(pattern.size())};
    RINGSCOPE_TRY(const std::string words, PatternTranslation(pattern).translated());
    auto code = std::make_shared<Code>();
    code->pattern = pattern;
    for (const bool wellFormed : {true, false}) {
        int number = 0;
        PCRE2_SIZE at = 0;
        const std::uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE |
                                      PCRE2_NEVER_BACKSLASH_C |
                                      (wellFormed ? 0U : PCRE2_MATCH_INVALID_UTF);
        PcreOwner<pcre2_code>& made = wellFormed ? code->wellFormed : code->anyBytes;
        made.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(words.data()), words.size(), options,
                                 &number, &at, nullptr));
        if (made == nullptr)
            return Error{ErrorCode::InvalidConfig, "regular expression '" + code->pattern +
                                                       "' cannot be read: " + pcreSentence(number)};
        pcre2_jit_compile(made.get(), PCRE2_JIT_COMPLETE);  // without it, it is only slower
    }
    return Regex(std::move(code));
}

Result<void> Regex::findAll(std::string_view text, std::vector<TextRange>& found) const {
    const bool whole = isWellFormed(text);
    const pcre2_code* code = whole ? code_->wellFormed.get() : code_->anyBytes.get();
    PcreScratch& scratch = pcreScratch();
    std::optional<std::size_t> lastEnd;
    for (std::size_t from = 0; from <= text.size();) {
        const int count = pcre2_match(code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                                      from, whole ? PCRE2_NO_UTF_CHECK : 0U, scratch.match.get(),
                                      scratch.context.get());
        if (count == PCRE2_ERROR_NOMATCH) return {};
        if (count < 0)
            return Error{ErrorCode::Failed,
                         "regular expression '" + code_->pattern +
                             "' cannot be searched for in this text: " + pcreSentence(count)};
        const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(scratch.match.get());
        const TextRange match{ends[0], ends[1]};
        if (match.end < match.begin)
            return Error{ErrorCode::InvalidConfig, "regular expression '" + code_->pattern +
                                                       "' ends before it begins; write it without "
                                                       "\\K"};
        const bool again = match.size() == 0 && lastEnd == match.end;
        if (!again) found.push_back(match);
        lastEnd = match.end;
        from = match.end;
        if (again || match.size() == 0)
            from += from < text.size() ? characterAt(text, from).bytes : 1;
    }
    return {};
}

}  // namespace ringscope
