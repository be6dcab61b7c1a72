// JSON of other programs, read strictly and one value at a time: what a caller keeps is all that
// stays in memory.
//
//     JsonCursor json(text, JsonPlaces::Lines);
//     RINGSCOPE_CHECK(json.object([&](const std::string& key) -> Result<void> {
//         if (key != "size") return json.skip();
//         RINGSCOPE_TRY(size, json.whole());
//         return {};
//     }));
//     RINGSCOPE_CHECK(json.end());
//
// Strict: RFC 8259, UTF-8, no key twice in an object, mostJsonLevels levels. Any bytes may be
// given. After an Error the cursor must not be used.
#pragma once

#include "backend/core/result.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace ringscope {

inline constexpr int mostJsonLevels = 64;

enum class JsonKind : std::uint8_t { Null, Bool, Number, Text, List, Object };

// How a sentence says where in the text something stands: "12:5", or "byte 120".
enum class JsonPlaces : std::uint8_t { Lines, Bytes };

// The place of a byte of `text`: lines and columns count from 1, columns in characters.
std::string jsonPlace(std::string_view text, std::size_t byte, JsonPlaces places,
                      std::int64_t firstLine = 1);

class JsonCursor {
public:
    // The text must outlive the cursor. `firstLine`: the number of its first line in the file.
    JsonCursor(std::string_view text, JsonPlaces places, std::int64_t firstLine = 1)
        : text_(text), places_(places), firstLine_(firstLine) {}

    // Of the value that comes next.
    Result<JsonKind> kind();
    // Its first byte.
    std::size_t at();
    // One past the value that was read last.
    std::size_t behind() const { return at_; }

    // Each fails where the value that comes next is of another kind. `member` and `element` must
    // read one value.
    Result<void> object(const std::function<Result<void>(const std::string& key)>& member);
    Result<void> list(const std::function<Result<void>()>& element);
    Result<std::string> text();
    Result<std::string_view> number();  // as it is written
    Result<std::int64_t> whole();       // a number without fraction and exponent that fits
    Result<bool> boolean();
    Result<void> null();

    Result<void> skip();  // whatever value comes next
    Result<void> end();   // fails where more than spaces follow

    // "12:5: <sentence>", of the byte where the cursor stands.
    Error wrong(std::string_view sentence) const;

private:
    void spaces();
    bool take(char wanted);
    bool takeWord(std::string_view word);
    Result<void> enter(char opening, std::string_view what);
    Result<void> escaped(std::string& value);
    Result<std::uint32_t> hexDigits();
    Result<void> codePoint(std::string& value);

    std::string_view text_;
    JsonPlaces places_;
    std::int64_t firstLine_ = 1;
    std::size_t at_ = 0;
    int level_ = 0;
};

}  // namespace ringscope
