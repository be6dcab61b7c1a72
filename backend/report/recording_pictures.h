// What recordings show, as values, and the sections of a page that show them: ring steps, and
// memory by category.
#pragma once

#include "backend/report/markup.h"
#include "backend/report/report.h"
#include "backend/report/svg_strips.h"

#include <string>
#include <string_view>
#include <vector>

namespace ringscope::reporting {

struct RingTable {
    SpanPass pass = SpanPass::Forward;
    StripTable strips{};
    std::string remark{};  // where ranks or steps are left out
};

// Attention and exposed communication of every rank in every ring step of one configuration.
struct RingPicture {
    std::string label;
    std::string mode;
    std::vector<RingTable> passes{};
};

// All on one scale.
struct RingSteps {
    std::vector<RingPicture> pictures{};
    std::vector<StripKind> kinds{};
    std::string caption{};
    double longest = 0;  // ms that fill a cell
};
RingSteps ringSteps(const Report& report);
inline constexpr std::size_t openPictures = 8;  // the page folds the others

// What the busiest rank held when it held the most, a strip a configuration.
struct MemoryPicture {
    StripTable strips{};
    std::vector<StripKind> kinds{};
};
MemoryPicture memoryPicture(const Report& report);
inline constexpr std::string_view memoryCaption =
    "Tensors of the rank that held the most, when it held the most.";

// Nothing where no recording has ring steps, or memory.
void addRingSteps(Markup& page, const Report& report);
void addMemory(Markup& page, const Report& report);

}  // namespace ringscope::reporting
