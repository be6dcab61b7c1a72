// Two timelines on one time axis: what one shows, the other shows of the same training step, at the
// same scale. Recorded steps are paired by their order, as `trace diff` does it, and each begins at
// the same place in both; behind the last common one the last is the measure.
//
//   first    | step 3 ######____|step 4 #####
//   second   | step 7 ###|step 8 ###                 zoomed into the second pair:
//
//   first    |   step 4 #####|
//   second   |   step 8 ###|
#pragma once

#include "ui/timeline/timeline_view.h"

#include <QObject>
#include <vector>

namespace ringscope::ui {

// When each recorded step began on the rank that began it first, counted from the trace's begin.
std::vector<ViewTime> stepBegins(const OpenedTrace& trace);

class LinkedViews : public QObject {
    Q_OBJECT

public:
    // Both outlive this.
    LinkedViews(TimelineView& first, TimelineView& second, QObject* parent = nullptr);

    // To be called with both traces set; the second follows the first from here on, and the first
    // the second.
    void link();
    void unlink();

private:
    void follow(TimelineView& leader, TimelineView& follower);

    TimelineView& first_;
    TimelineView& second_;
    bool linked_ = false;
    bool following_ = false;
};

}  // namespace ringscope::ui
