// A view of the run list, by a name its user gave it: which runs, in which order, which of their
// columns. Kept in the user's settings.
#pragma once

#include <QString>
#include <QStringList>
#include <vector>

class QSettings;

namespace ringscope::ui {

struct RunView {
    QString name;
    QString filter;       // as typed into the filter box
    QStringList columns;  // titles of those that are shown, from the left
    QString sortedBy;     // a title; empty: the newest first
    bool descending = true;
    bool grouped = false;   // by experiment
    bool archived = false;  // shown, too

    // Whether both show the same, whatever they are called.
    bool showsTheSame(const RunView& other) const;
    bool operator==(const RunView&) const = default;
};

// In the order in which they were saved.
std::vector<RunView> readViews(QSettings& settings);
void writeViews(QSettings& settings, const std::vector<RunView>& views);

}  // namespace ringscope::ui
