// The look: one table of colours that window, charts, SVG and HTML share, so that a mode has the
// same colour everywhere. "#RRGGBB"; contrast was computed against both backgrounds.
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
