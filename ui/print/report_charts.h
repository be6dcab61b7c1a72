// The charts of a report, drawn into a part of a page of paper.
#pragma once

#include "backend/report/charts.h"
#include "backend/report/recording_pictures.h"
#include "backend/report/schedules.h"
#include "ui/print/paper.h"

#include <functional>
#include <string>
#include <vector>

namespace ringscope::ui {

// A drawing of known height: pictures stand side by side where both fit.
struct PrintedCard {
    double height = 0;
    std::function<void(Paper& paper, const QRectF& at)> draw;
};

// More than one where a page has no room for all bars. `within`: how wide a card will be.
std::vector<PrintedCard> barCards(const Paper& paper, const reporting::GlanceChart& chart,
                                  double within);
PrintedCard curveCard(const reporting::CurveChart& chart);
PrintedCard lossCard(const Paper& paper, const reporting::LossChart& chart);
PrintedCard ringCard(const reporting::RingPicture& picture, const reporting::RingSteps& all);
std::vector<PrintedCard> memoryCards(const Paper& paper, const reporting::MemoryPicture& picture);

PrintedCard scheduleCard(const reporting::ScheduleDrawing& drawing);

struct LineName {
    std::string mode;
    std::string label;
};

// The names of a plot's lines, in as many rows as they need; moves below them.
void writeNames(Paper& paper, const std::vector<LineName>& names);
double heightOfNames(const Paper& paper, const std::vector<LineName>& names, double within);

// A line of names and colours at the paper's place; moves below it.
void writeLegend(Paper& paper, const std::vector<reporting::StripKind>& kinds);
double heightOfLegend(const Paper& paper, const std::vector<reporting::StripKind>& kinds);

// So many cards a row; moves below them.
void placeCards(Paper& paper, const std::vector<PrintedCard>& cards, int perRow = 2);
// How high the first row of them is.
double heightOfRow(const std::vector<PrintedCard>& cards, int perRow = 2);
// One over the whole width.
void placeCard(Paper& paper, const PrintedCard& card);

inline constexpr double cardGap = 12;
inline constexpr double halfWidth = (Paper::width - cardGap) / 2;

}  // namespace ringscope::ui
