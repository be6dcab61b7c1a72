#include "backend/report/recording_pictures.h"

#include "backend/core/units.h"
#include "backend/report/svg_marks.h"
#include "backend/report/svg_strips.h"
#include "backend/report/wording.h"
#include "backend/trace/memory_look.h"

#include <fmt/format.h>
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace ringscope::reporting {
namespace {

constexpr int mostRanks = 16;  // drawn; the pattern repeats beyond
constexpr int mostSteps = 16;

const std::vector<StripKind>& stepKinds() {
    static const std::vector<StripKind> kinds = {
        {"var(--attention)", "attention"},
        {"var(--transfer)", "exposed transfer"},
        {"var(--transfer)", "exposed wait", true},
    };
    return kinds;
}

struct RingTable {
    SpanPass pass = SpanPass::Forward;
    StripTable strips{};
    bool cut = false;  // ranks or steps are left out
};

double msOf(std::int64_t ns, const Recording& recording) {
    return static_cast<double>(ns) / 1e6 / static_cast<double>(recording.steps);
}

StripCell cellOf(const RingStepFigures& step, const Recording& recording) {
    const CommunicationFigures& communication = step.communication;
    const std::int64_t wait = recording.splits ? communication.wait : 0;
    const double attention = msOf(step.attention, recording);
    const double exposed = msOf(communication.exposed, recording);
    return {{attention, msOf(communication.exposed - wait, recording), msOf(wait, recording)},
            fmt::format("rank {}, {} ring step {}: attention {} ms, exposed {} ms{}", step.rank,
                        spanPassName(step.pass), step.ringStep, formatSignificant(attention),
                        formatSignificant(exposed),
                        recording.splits ? fmt::format(", {} ms of it wait",
                                                       formatSignificant(msOf(wait, recording)))
                                         : std::string())};
}

RingTable ringTable(const Recording& recording, SpanPass pass) {
    std::map<std::pair<int, int>, const RingStepFigures*> figures;
    std::set<int> ranks;
    std::set<int> steps;
    for (const RingStepFigures& step : recording.ringSteps) {
        if (step.pass != pass) continue;
        figures[{step.rank, step.ringStep}] = &step;
        ranks.insert(step.rank);
        steps.insert(step.ringStep);
    }
    RingTable table{pass, {}, ranks.size() > mostRanks || steps.size() > mostSteps};
    for (const int step : steps)
        if (std::ssize(table.strips.columns) < mostSteps)
            table.strips.columns.push_back(fmt::format("step {}", step));
    for (const int rank : ranks) {
        if (std::ssize(table.strips.rows) == mostRanks) break;
        StripRow row{"", fmt::format("rank {}", rank), {}};
        for (const int step : steps) {
            if (std::ssize(row.cells) == mostSteps) break;
            const auto found = figures.find({rank, step});
            row.cells.push_back(found == figures.end() ? StripCell{{0, 0, 0}, "no such step"}
                                                       : cellOf(*found->second, recording));
        }
        table.strips.rows.push_back(std::move(row));
    }
    return table;
}

struct RingPicture {
    const Recording* recording = nullptr;
    std::vector<RingTable> passes{};
};

std::vector<RingPicture> ringPictures(const Report& report) {
    std::vector<RingPicture> pictures;
    for (const Recording& recording : report.recordings) {
        RingPicture picture{&recording};
        for (const SpanPass pass : {SpanPass::Forward, SpanPass::Backward})
            if (RingTable table = ringTable(recording, pass); !table.strips.rows.empty())
                picture.passes.push_back(std::move(table));
        if (!picture.passes.empty()) pictures.push_back(std::move(picture));
    }
    // A cell is as wide in one picture as in all others.
    std::size_t columns = 0;
    for (const RingPicture& picture : pictures)
        for (const RingTable& pass : picture.passes)
            columns = std::max(columns, pass.strips.columns.size());
    for (RingPicture& picture : pictures)
        for (RingTable& pass : picture.passes)
            pass.strips.room = columns - pass.strips.columns.size();
    return pictures;
}

void addRingPicture(Markup& page, const RingPicture& picture, double longest) {
    page.open("figure").open("figcaption");
    addMarker(page, picture.recording->mode);
    page.element("b", picture.recording->label).close();
    for (const RingTable& pass : picture.passes) {
        page.element("p", spanPassName(pass.pass), {{"class", "bars-title"}});
        page.append(drawStrips(pass.strips, stepKinds(), longest));
        if (pass.cut)
            page.element("p", fmt::format("the first {} ranks and steps are shown", mostRanks),
                         {{"class", "muted"}});
    }
    page.close();
}

// Of all recordings together, in the order of the stack: those that any rank held.
std::vector<MemoryCategory> heldCategories(const Report& report) {
    std::vector<MemoryCategory> held;
    for (const MemoryCategory category : memoryStack())
        for (const Recording& recording : report.recordings)
            if (recording.memory &&
                recording.memory->held[static_cast<std::size_t>(category)] > 0) {
                held.push_back(category);
                break;
            }
    return held;
}

std::string memoryVariable(MemoryCategory category) {
    return fmt::format("var(--memory-{})", static_cast<int>(category));
}

StripRow memoryRow(const Recording& recording, const std::vector<MemoryCategory>& categories) {
    StripCell cell;
    std::int64_t all = 0;
    for (const MemoryCategory category : categories) {
        const std::int64_t bytes = recording.memory->held[static_cast<std::size_t>(category)];
        cell.parts.push_back(static_cast<double>(bytes));
        all += bytes;
        if (bytes > 0)
            cell.words += fmt::format("{}{} {}", cell.words.empty() ? "" : ", ",
                                      memoryCategoryName(category), formatBytes({bytes}));
    }
    return {recording.mode, recording.label, {std::move(cell)}, formatBytes({all})};
}

// The same in numbers: a column a category.
void addMemoryNumbers(Markup& page, const Report& report,
                      const std::vector<MemoryCategory>& categories) {
    page.open("details").element("summary", "Memory as a table");
    page.open("div", {{"class", "scroll"}, {"tabindex", "0"}}).open("table").open("thead");
    page.open("tr").element("th", "configuration", {{"scope", "col"}});
    page.element("th", "rank", {{"class", "number"}, {"scope", "col"}});
    for (const MemoryCategory category : categories)
        page.element("th", memoryCategoryName(category), {{"class", "number"}, {"scope", "col"}});
    page.close().close().open("tbody");
    for (const Recording& recording : report.recordings) {
        if (!recording.memory) continue;
        page.open("tr").element("th", recording.label, {{"scope", "row"}});
        page.element("td", std::to_string(recording.memory->rank), {{"class", "number"}});
        for (const MemoryCategory category : categories)
            page.element("td",
                         formatBytes({recording.memory->held[static_cast<std::size_t>(category)]}),
                         {{"class", "number"}});
        page.close();
    }
    page.close().close().close().close();
}

}  // namespace

void addRingSteps(Markup& page, const Report& report) {
    const std::vector<RingPicture> pictures = ringPictures(report);
    if (pictures.empty()) return;
    double longest = 0;
    bool splits = false;
    for (const RingPicture& picture : pictures) {
        splits = splits || picture.recording->splits;
        for (const RingTable& pass : picture.passes)
            longest = std::max(longest, longestStrip(pass.strips));
    }
    std::vector<StripKind> named = stepKinds();
    if (!splits) named = {named[0], {named[1].fill, "exposed communication"}};
    page.open("section").element("h2", "Ring steps");
    page.element(
        "p",
        fmt::format("What each rank spent a ring step on, all layers together; a full cell "
                    "is {} ms in every picture.",
                    formatSignificant(longest)),
        {{"class", "muted"}});
    page.append(drawStripLegend(named)).append(defineStripHatch());
    page.open("div", {{"class", "charts"}});
    for (const RingPicture& picture : pictures) addRingPicture(page, picture, longest);
    page.close().close();
}

void addMemory(Markup& page, const Report& report) {
    const std::vector<MemoryCategory> categories = heldCategories(report);
    if (categories.empty()) return;
    StripTable table;
    for (const Recording& recording : report.recordings)
        if (recording.memory) table.rows.push_back(memoryRow(recording, categories));
    std::vector<std::string> fills;
    for (const MemoryCategory category : categories) fills.push_back(memoryVariable(category));
    std::vector<StripKind> kinds;
    for (std::size_t i = 0; i < categories.size(); ++i)
        kinds.push_back({fills[i], memoryCategoryName(categories[i])});
    page.open("section").element("h2", "Memory by category");
    page.element("p", "Tensors of the rank that held the most, when it held the most.",
                 {{"class", "muted"}});
    page.append(drawStripLegend(kinds)).open("figure", {{"class", "memory"}});
    page.append(drawStrips(table, kinds, longestStrip(table))).close();
    addMemoryNumbers(page, report, categories);
    page.close();
}

}  // namespace ringscope::reporting
