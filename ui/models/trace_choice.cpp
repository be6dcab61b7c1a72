#include "ui/models/trace_choice.h"

#include "ui/models/run_row.h"
#include "ui/widgets/parts.h"

#include <QCoreApplication>

namespace ringscope::ui {
namespace {

QString tr(const char* words) { return QCoreApplication::translate("TraceChoice", words); }

// "demo/ring · 2 ranks · 20 Nov 2026 19:20:35"
QString wordsOf(const RunRecord& run) {
    return QStringLiteral("%1 · %2 · %3")
        .arg(text(run.name), countText(run.ranks, "rank"), startedText(run.createdUs));
}

}  // namespace

bool RecordedTraces::holds(const std::filesystem::path& place) const {
    return place.parent_path() == root;
}

std::vector<TraceChoice> traceChoices(const RecordedTraces& recorded,
                                      const std::vector<RunRecord>& runs,
                                      const std::filesystem::path& openedByHand) {
    std::vector<TraceChoice> choices;
    if (!openedByHand.empty() && !recorded.holds(openedByHand))
        choices.push_back(
            {.place = openedByHand, .words = tr("Opened: %1").arg(text(openedByHand.string()))});
    for (const bool reference : {false, true})
        for (const RunRecord& run : runs)
            if (run.reference == reference && recorded.runs.contains(text(run.id.text)))
                choices.push_back({.place = recorded.placeOf(run.id),
                                   .words = wordsOf(run),
                                   .live = !isFinal(run.status)});
    return choices;
}

bool mustRead(const TraceChoice& choice, const std::optional<TraceChoice>& read) {
    return !read || read->place != choice.place || (read->live && !choice.live);
}

}  // namespace ringscope::ui
