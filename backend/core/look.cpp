#include "backend/core/look.h"

#include <algorithm>
#include <array>

namespace ringscope {
namespace {

constexpr std::array modeLooks = {
    ModeLook{"none", {"#1B1F27", "#E7EAF0"}, Marker::Cross, Stroke::Dotted},
    ModeLook{"legacy", {"#6B7280", "#9AA3B2"}, Marker::Square, Stroke::Dashed},
    ModeLook{"ring", {"#1F6FB2", "#5AA9E6"}, Marker::Circle, Stroke::Solid},
    ModeLook{"zigzag", {"#B85C00", "#F29E4C"}, Marker::Diamond, Stroke::Solid},
    ModeLook{"ulysses", {"#2E7D32", "#7CCB80"}, Marker::Triangle, Stroke::Solid},
    ModeLook{"striped", {"#0E7C86", "#4EC5CF"}, Marker::TriangleInverted, Stroke::Solid},
    ModeLook{"usp", {"#7A3E9D", "#C08BE0"}, Marker::Star, Stroke::Solid},
    ModeLook{"llama3", {"#A61E4D", "#F07BA6"}, Marker::Plus, Stroke::Solid},
    ModeLook{"ring-allgather", {"#7C5A1E", "#CDA85C"}, Marker::Square, Stroke::DashDot},
    ModeLook{"double-ring", {"#3B4CC0", "#98A6FF"}, Marker::Circle, Stroke::DashDot},
    ModeLook{"dilated-ring", {"#00695C", "#4DB6AC"}, Marker::Star, Stroke::DashDot},
    ModeLook{"dilated-gather", {"#8A3B12", "#E59A6B"}, Marker::Plus, Stroke::DashDot},
    ModeLook{"needed-blocks", {"#4F6B0E", "#B5CC5A"}, Marker::Diamond, Stroke::DashDot},
};
constexpr ModeLook unknownMode{"", look.mutedText, Marker::Square, Stroke::Solid};

}  // namespace

std::span<const ModeLook> modeLookTable() { return modeLooks; }

const ModeLook& modeLook(std::string_view mode) {
    const auto found = std::ranges::find(modeLooks, mode, &ModeLook::mode);
    return found == modeLooks.end() ? unknownMode : *found;
}

std::string_view markerGlyph(Marker marker) {
    switch (marker) {
        case Marker::Cross:
            return "✕";
        case Marker::Square:
            return "■";
        case Marker::Circle:
            return "●";
        case Marker::Diamond:
            return "◆";
        case Marker::Triangle:
            return "▲";
        case Marker::TriangleInverted:
            return "▼";
        case Marker::Star:
            return "★";
        case Marker::Plus:
            return "✚";
    }
    return "■";
}

}  // namespace ringscope
