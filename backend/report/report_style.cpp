#include "backend/report/report_style.h"

#include "backend/core/look.h"
#include "backend/report/svg_marks.h"
#include "backend/trace/memory_look.h"
#include "embedded/reportCss.h"

#include <fmt/format.h>
#include <array>

namespace ringscope::reporting {
namespace {

struct NamedColour {
    std::string_view variable;
    ColourPair colour;
};

constexpr std::array named = {
    NamedColour{"--background", look.background},
    NamedColour{"--panel", look.panel},
    NamedColour{"--line", look.line},
    NamedColour{"--text", look.text},
    NamedColour{"--muted", look.mutedText},
    NamedColour{"--accent", look.accent},
    NamedColour{"--good", look.good},
    NamedColour{"--caution", look.caution},
    NamedColour{"--bad", look.bad},
    NamedColour{"--attention", spanLook.attention},
    NamedColour{"--transfer", spanLook.transfer},
};

std::string variables(std::string_view ColourPair::*shade) {
    std::string text;
    for (const NamedColour& colour : named)
        text += fmt::format("{}:{};", colour.variable, colour.colour.*shade);
    for (const ModeLook& mode : modeLookTable())
        text += fmt::format("{}:{};", modeVariable(mode.mode), mode.colour.*shade);
    for (const MemoryCategory category : memoryStack())
        text += fmt::format("--memory-{}:{};", static_cast<int>(category),
                            memoryLookOf(category).*shade);
    return text + fmt::format("{}:{};", modeVariable(""), modeLook("").colour.*shade);
}

}  // namespace

std::string reportStyle() {
    return fmt::format(
        ":root{{color-scheme:light dark;{}}}\n"
        "@media screen and (prefers-color-scheme:dark){{:root{{{}}}}}\n{}",
        variables(&ColourPair::light), variables(&ColourPair::dark), embedded::reportCss);
}

}  // namespace ringscope::reporting
