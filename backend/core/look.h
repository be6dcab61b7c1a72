// Colours and marks: one table that the window, its charts and the HTML reports share, so that a
// mode looks the same everywhere. Colours are "#RRGGBB"; a test computes their contrast.
#pragma once

#include <span>
#include <string_view>

namespace ringscope {

struct ColourPair {
    std::string_view light;
    std::string_view dark;
};

struct Look {
    ColourPair background{"#FFFFFF", "#16191F"};
    ColourPair panel{"#F5F6F8", "#1E222A"};
    ColourPair line{"#D5D9E0", "#363C48"};
    ColourPair text{"#1B1F27", "#E7EAF0"};
    ColourPair mutedText{"#59616F", "#A3ACBA"};
    ColourPair accent{"#1F5FBF", "#7FB0FF"};
    ColourPair good{"#1B7F4D", "#5CCB93"};
    ColourPair caution{"#9A5B00", "#F0B35A"};
    ColourPair bad{"#B3261E", "#FF8A80"};
};
inline constexpr Look look;

// What a span of a timeline is; quieter than the modes, because it covers areas. Waiting has
// transfer's hue and is hatched; exposed communication is underlined in `bad`.
struct SpanLook {
    ColourPair attention{"#5B86B5", "#7AA6D6"};
    ColourPair compute{"#9FB4C7", "#5C7085"};
    ColourPair transfer{"#C77D2E", "#E0A15C"};
    ColourPair copy{"#8E6BB0", "#B196CF"};
    ColourPair host{"#B7BDC7", "#596273"};
};
inline constexpr SpanLook spanLook;

// What memory is for: colours of their own, which no span has; a hue is the same in both looks.
// Listed as they are stacked, from below: what stays the whole step under what comes and goes.
// Neighbours stay apart for eyes that see no red and green; what fills most of a lane is lighter.
struct MemoryLook {
    ColourPair other{"#657B79", "#999B9B"};
    ColourPair parameters{"#1B4F41", "#71FAD4"};
    ColourPair gradients{"#954F5C", "#EC8B9D"};
    ColourPair optimizer{"#353761", "#C9CDF9"};
    ColourPair communication{"#826B14", "#B99812"};
    ColourPair activations{"#7B3C8A", "#E09BEF"};
    ColourPair logits{"#5D2312", "#F9BCA9"};
    ColourPair workspace{"#296F30", "#67B76C"};
};
inline constexpr MemoryLook memoryLook;

enum class Marker { Cross, Square, Circle, Diamond, Triangle, TriangleInverted, Star, Plus };
enum class Stroke { Solid, Dashed, Dotted, DashDot };

struct ModeLook {
    std::string_view mode;
    ColourPair colour;
    Marker marker = Marker::Circle;
    Stroke stroke = Stroke::Solid;
};
std::span<const ModeLook> modeLookTable();

// A mode without a row of its own gets the muted text colour and a plain square.
const ModeLook& modeLook(std::string_view mode);
std::string_view markerGlyph(Marker marker);  // "◆"

}  // namespace ringscope
