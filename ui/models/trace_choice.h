// Which trace is shown: that of a run of the store, or one opened by hand. A value without Qt's
// widgets; the Traces page lists these and shows one of them.
#pragma once

#include "backend/run/run_record.h"

#include <QSet>
#include <QString>
#include <filesystem>
#include <optional>
#include <vector>

namespace ringscope::ui {

struct TraceChoice {
    std::filesystem::path place;  // folder of the ranks' files, or one file; says which it is
    QString words;                // in the list of choices
    bool live = false;            // the run has not ended: its files may still grow

    bool operator==(const TraceChoice&) const = default;
};

// Where the store's runs have their traces, and which of them do.
struct RecordedTraces {
    std::filesystem::path root;  // a folder a run, named by its id
    QSet<QString> runs;

    std::filesystem::path placeOf(const RunId& run) const { return root / run.text; }
    // The place is a run's folder, whether there is a trace in it or not.
    bool holds(const std::filesystem::path& place) const;
};

// What there is to choose from: what was opened by hand, unless that is empty or a run's, then the
// runs that have a trace, in the order given, references last.
std::vector<TraceChoice> traceChoices(const RecordedTraces& recorded,
                                      const std::vector<RunRecord>& runs,
                                      const std::filesystem::path& openedByHand);

// The choice must be read: nothing or another trace was read before, or one that was still being
// written and has ended since. `read` is empty where nothing was read.
bool mustRead(const TraceChoice& choice, const std::optional<TraceChoice>& read);

}  // namespace ringscope::ui
