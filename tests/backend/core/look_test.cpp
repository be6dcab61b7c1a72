#include "backend/core/look.h"

#include "backend/config/mode_names.h"

#include <gtest/gtest.h>
#include <array>
#include <cmath>
#include <set>
#include <string>

namespace ringscope {
namespace {

double channel(std::string_view colour, std::size_t at) {
    const double value = std::stoi(std::string(colour.substr(at, 2)), nullptr, 16) / 255.0;
    return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
}

double luminance(std::string_view colour) {
    return 0.2126 * channel(colour, 1) + 0.7152 * channel(colour, 3) + 0.0722 * channel(colour, 5);
}

// As WCAG 2 defines it.
double contrast(std::string_view a, std::string_view b) {
    const double la = luminance(a), lb = luminance(b);
    return (std::max(la, lb) + 0.05) / (std::min(la, lb) + 0.05);
}

TEST(Look, KeepsTextReadableOnBothGrounds) {
    for (const ColourPair& text :
         {look.text, look.mutedText, look.accent, look.good, look.caution, look.bad}) {
        for (const ColourPair& ground : {look.background, look.panel}) {
            EXPECT_GE(contrast(text.light, ground.light), 4.5) << text.light;
            EXPECT_GE(contrast(text.dark, ground.dark), 4.5) << text.dark;
        }
    }
}

TEST(Look, KeepsEveryModeVisible) {
    for (const ModeLook& mode : modeLookTable()) {
        EXPECT_GE(contrast(mode.colour.light, look.background.light), 4.2) << mode.mode;
        EXPECT_GE(contrast(mode.colour.dark, look.background.dark), 6.0) << mode.mode;
    }
}

TEST(Look, TellsModesApartByMarkerAndLineToo) {
    std::set<std::pair<Marker, Stroke>> seen;
    for (const std::string_view mode : {"none", "legacy", "ring", "zigzag", "ulysses"})
        EXPECT_TRUE(seen.insert({modeLook(mode).marker, modeLook(mode).stroke}).second) << mode;
    std::set<std::string_view> colours;
    for (const ModeLook& mode : modeLookTable())
        EXPECT_TRUE(colours.insert(mode.colour.light).second) << mode.mode;
}

TEST(Look, HasARowForEveryModeAndForNoOther) {
    std::set<std::string_view> rows;
    for (const ModeLook& mode : modeLookTable()) rows.insert(mode.mode);
    EXPECT_EQ(rows, std::set<std::string_view>(modeChoices.begin(), modeChoices.end()));
}

TEST(Look, DrawsAnUnknownModeMutedWithASquare) {
    const ModeLook& unknown = modeLook("a mode of tomorrow");
    EXPECT_EQ(unknown.colour.light, look.mutedText.light);
    EXPECT_EQ(markerGlyph(unknown.marker), "■");
}

TEST(Look, HasAGlyphOfItsOwnForEveryMarker) {
    std::set<std::string_view> glyphs;
    for (const Marker marker :
         {Marker::Cross, Marker::Square, Marker::Circle, Marker::Diamond, Marker::Triangle,
          Marker::TriangleInverted, Marker::Star, Marker::Plus})
        EXPECT_TRUE(glyphs.insert(markerGlyph(marker)).second);
}

}  // namespace
}  // namespace ringscope
