#include "backend/text/characters.h"

#include "backend/text/older_unicode.h"
#include "backend/text/utf8.h"

#include <utf8proc.h>
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>

namespace ringscope {
namespace {

struct CharacterRange {
    char32_t first = 0;
    char32_t last = 0;
};

template <std::size_t Count>
bool isIn(const std::array<CharacterRange, Count>& ranges, char32_t character) {
    return std::ranges::any_of(ranges, [character](const CharacterRange& range) {
        return character >= range.first && character <= range.last;
    });
}

utf8proc_category_t categoryOf(char32_t character) {
    if (isStray(character)) return UTF8PROC_CATEGORY_CN;
    return utf8proc_category(static_cast<utf8proc_int32_t>(character));
}

bool isOneOf(char32_t character, utf8proc_category_t first, utf8proc_category_t last) {
    const utf8proc_category_t category = categoryOf(character);
    return category >= first && category <= last;
}

// Symbols that Unicode calls alphabetic: letters in circles and squares.
constexpr std::array alphabeticSymbols = {
    CharacterRange{0x24b6, 0x24e9}, CharacterRange{0x1f130, 0x1f149},
    CharacterRange{0x1f150, 0x1f169}, CharacterRange{0x1f170, 0x1f189}};

// Characters without a combining class of their own that are composed with the one before.
constexpr std::array composedWithTheOneBefore = {
    CharacterRange{0x09be, 0x09be},   CharacterRange{0x09d7, 0x09d7},
    CharacterRange{0x0b3e, 0x0b3e},   CharacterRange{0x0b56, 0x0b57},
    CharacterRange{0x0bbe, 0x0bbe},   CharacterRange{0x0bd7, 0x0bd7},
    CharacterRange{0x0cc2, 0x0cc2},   CharacterRange{0x0cd5, 0x0cd6},
    CharacterRange{0x0d3e, 0x0d3e},   CharacterRange{0x0d57, 0x0d57},
    CharacterRange{0x0dcf, 0x0dcf},   CharacterRange{0x0ddf, 0x0ddf},
    CharacterRange{0x102e, 0x102e},   CharacterRange{0x1161, 0x1175},
    CharacterRange{0x11a8, 0x11c2},   CharacterRange{0x1b35, 0x1b35},
    CharacterRange{0x11127, 0x11127}, CharacterRange{0x1133e, 0x1133e},
    CharacterRange{0x11357, 0x11357}, CharacterRange{0x114b0, 0x114b0},
    CharacterRange{0x114ba, 0x114ba}, CharacterRange{0x114bd, 0x114bd},
    CharacterRange{0x115af, 0x115af}, CharacterRange{0x11930, 0x11930}};

utf8proc_option_t optionsOf(NormalForm form) {
    int options = UTF8PROC_STABLE;
    options |=
        form == NormalForm::C || form == NormalForm::KC ? UTF8PROC_COMPOSE : UTF8PROC_DECOMPOSE;
    if (form == NormalForm::KC || form == NormalForm::KD) options |= UTF8PROC_COMPAT;
    return static_cast<utf8proc_option_t>(options);
}

}  // namespace

bool isWhiteSpace(char32_t character) {
    if (character < 0x80) return character == ' ' || (character >= '\t' && character <= '\r');
    if (character == 0x85) return true;
    return isOneOf(character, UTF8PROC_CATEGORY_ZS, UTF8PROC_CATEGORY_ZP);
}

bool isPunctuation(char32_t character) {
    if (character < 0x80)
        return character > ' ' && character < 0x7f &&
               std::isalnum(static_cast<int>(character)) == 0;
    return isOneOf(character, UTF8PROC_CATEGORY_PC, UTF8PROC_CATEGORY_PO) !=
           punctuationIsNewer(character);
}

bool isNumber(char32_t character) {
    return isOneOf(character, UTF8PROC_CATEGORY_ND, UTF8PROC_CATEGORY_NO);
}

bool isMark(char32_t character) {
    return isOneOf(character, UTF8PROC_CATEGORY_MN, UTF8PROC_CATEGORY_ME) != markIsNewer(character);
}

bool isNonspacingMark(char32_t character) {
    return (categoryOf(character) == UTF8PROC_CATEGORY_MN) != nonspacingIsNewer(character);
}

bool isControlOrFormat(char32_t character) {
    const utf8proc_category_t category = categoryOf(character);
    const bool is = category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CF ||
                    category == UTF8PROC_CATEGORY_CO;
    return is != controlIsNewer(character);
}

bool isWordCharacter(char32_t character) {
    if (character < 0x80) return std::isalnum(static_cast<int>(character)) != 0 || character == '_';
    const utf8proc_category_t category = categoryOf(character);
    if (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NL) return true;
    if (category == UTF8PROC_CATEGORY_PC) return true;
    return character == 0x200c || character == 0x200d || isIn(alphabeticSymbols, character);
}

bool isIdeograph(char32_t character) {
    constexpr std::array ideographs = {
        CharacterRange{0x4e00, 0x9fff},   CharacterRange{0x3400, 0x4dbf},
        CharacterRange{0x20000, 0x2a6df}, CharacterRange{0x2a700, 0x2b73f},
        CharacterRange{0x2b740, 0x2b81f}, CharacterRange{0x2b920, 0x2ceaf},
        CharacterRange{0xf900, 0xfaff},   CharacterRange{0x2f800, 0x2fa1f}};
    return isIn(ideographs, character);
}

void appendLower(std::string& text, char32_t character) {
    if (isStray(character)) {
        appendCharacter(text, character);
    } else if (character == 0x130) {  // the only letter that becomes two: i and a dot above
        text += "i\u0307";
    } else {
        const auto lower = utf8proc_tolower(static_cast<utf8proc_int32_t>(character));
        appendCharacter(text, static_cast<char32_t>(lower));
    }
}

bool beginsApart(char32_t character, NormalForm form) {
    if (character < 0x80 || isStray(character) || formIsNewer(character)) return true;
    std::array<utf8proc_int32_t, 32> decomposed{};
    int boundary = 0;
    const int options =
        form == NormalForm::KC || form == NormalForm::KD
            ? static_cast<int>(UTF8PROC_DECOMPOSE) | static_cast<int>(UTF8PROC_COMPAT)
            : static_cast<int>(UTF8PROC_DECOMPOSE);
    const utf8proc_ssize_t count =
        utf8proc_decompose_char(static_cast<utf8proc_int32_t>(character), decomposed.data(),
                                static_cast<utf8proc_ssize_t>(decomposed.size()),
                                static_cast<utf8proc_option_t>(options), &boundary);
    if (count < 1) return true;
    const auto first = static_cast<char32_t>(decomposed.front());
    return utf8proc_get_property(decomposed.front())->combining_class == 0 &&
           !isIn(composedWithTheOneBefore, first);
}

std::string inNormalForm(std::string_view text, NormalForm form) {
    utf8proc_uint8_t* made = nullptr;
    const utf8proc_ssize_t bytes =
        utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                     static_cast<utf8proc_ssize_t>(text.size()), &made, optionsOf(form));
    const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(made, &std::free);
    if (bytes < 0) return std::string(text);
    return {reinterpret_cast<const char*>(made), static_cast<std::size_t>(bytes)};
}

bool graphemeEndsBetween(char32_t before, char32_t after, int& state) {
    if (isStray(before) || isStray(after)) return true;
    utf8proc_int32_t kept = state;
    const bool ends = utf8proc_grapheme_break_stateful(static_cast<utf8proc_int32_t>(before),
                                                       static_cast<utf8proc_int32_t>(after), &kept);
    state = kept;
    return ends;
}

}  // namespace ringscope
