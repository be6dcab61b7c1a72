// A second trace under the first one: its choice, its lanes on the same time axis, and what changed
// from the first to the second. The page puts the three widgets where they belong.
#pragma once

#include "ui/live/trace_loader.h"
#include "ui/models/trace_choice.h"
#include "ui/timeline/linked_views.h"

#include <QObject>
#include <memory>
#include <vector>

class QLabel;

namespace ringscope::ui {

class ChoiceBox;
class TimelineView;
class TraceDiffPanel;

class TraceBeside : public QObject {
    Q_OBJECT

public:
    // `first` shows the first trace, and outlives this.
    explicit TraceBeside(TimelineView& first, QObject* parent = nullptr);
    ~TraceBeside() override;

    ChoiceBox& choice() { return *choice_; }  // "no second trace" first
    QWidget& lanes() { return *lanes_; }      // hidden while there is none
    TraceDiffPanel& figures() { return *figures_; }
    TimelineView& timeline() { return *second_; }

    void setChoices(std::vector<TraceChoice> choices);
    // What `first` shows now; its place is empty where it shows nothing.
    void setFirst(const TraceChoice& choice);
    // Both are read and compared.
    bool on() const { return diff_ != nullptr; }
    QString sentence() const;  // what changed, or why there is nothing to see
    bool settled() const { return loader_.idle(); }

Q_SIGNALS:
    void changed();                      // on() or sentence()
    void failed(const QString& reason);  // the second trace cannot be read
    void idled();

private:
    void listChoices();
    void load();
    void show(const std::shared_ptr<const OpenedTrace>& trace);
    void compare();
    void leave();
    QString nameOf(const TraceChoice& choice, const OpenedTrace& trace,
                   const OpenedTrace& other) const;

    TimelineView& first_;
    TraceLoader loader_;
    std::vector<TraceChoice> choices_;
    TraceChoice firstChoice_;
    TraceChoice secondChoice_;  // that is shown, or on its way
    std::shared_ptr<const TraceDiff> diff_;

    ChoiceBox* choice_;
    QWidget* lanes_;
    QLabel* caption_;
    TimelineView* second_;
    TraceDiffPanel* figures_;
    LinkedViews* links_;
};

}  // namespace ringscope::ui
