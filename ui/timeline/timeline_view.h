// The timeline: a row a rank, and in it its lanes: what the rank worked on, what it sent and waited
// for, what its tensors held.
//
//   wheel           zooms at the mouse, pans with shift or sideways, scrolls over the labels
//   drag            pans; on the ruler, or with shift, it selects a stretch of time
//   double-click    zooms to the span
//   W S  A D  F     zoom, pan, fit; Home and End go to the ends
//   arrows          step through the spans of a lane, or the changes of a memory lane a pixel or
//                   more apart, and from lane to lane; Enter zooms to the span or into the moment
//   M, P            shows memory or folds it away; goes to the rank's peak
//   Escape          takes the selection away
#pragma once

#include "ui/timeline/lane_table.h"
#include "ui/timeline/timeline_painter.h"

#include <QAbstractScrollArea>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

class QFrame;
class QLabel;

namespace ringscope::ui {

class TimelineView : public QAbstractScrollArea {
    Q_OBJECT

public:
    explicit TimelineView(QWidget* parent = nullptr);

    // What mouse and keys do, for a sheet of shortcuts: keys, words.
    static std::vector<std::pair<QString, QString>> keys();

    void setTrace(std::shared_ptr<const OpenedTrace> trace);
    const OpenedTrace* trace() const { return trace_.get(); }
    // One step of the same ranks, outlined from the begin of each of rank 0's steps; null: none.
    void setPredicted(std::shared_ptr<const OpenedTrace> predicted);
    const OpenedTrace* predicted() const { return predicted_.get(); }
    std::shared_ptr<const OpenedTrace> sharedTrace() const { return trace_; }

    const TimeView& timeView() const { return view_; }
    TimelineLayout places() const;
    // Shows this stretch with some room around it, and the row.
    void zoomTo(const Interval& interval, std::optional<std::size_t> row = {});
    void fit();
    // Shows just this; what is outside of the trace stays empty, within setReach.
    void showStretch(ViewTime from, ViewTime to);
    // For a view beside another one: see TimeView. 0: by itself again.
    void setReach(double span);
    // Makes the span the current one and selects its time; zooms where it could not be seen.
    void goToSpan(std::size_t row, std::uint32_t span);

    std::optional<Interval> selection() const { return selection_; }
    void select(std::optional<Interval> interval);
    std::optional<PieceAt> current() const { return current_; }
    // The trace has a memory lane to show.
    bool hasMemory() const { return lanes_.has(LaneKind::Memory); }
    bool memoryShown() const { return folded_.empty(); }
    void showMemory(bool shown);
    // To the peak of the current row, else of the rank that held the most.
    void goToPeak();
    // What the hover card says; nothing where there is none.
    std::optional<SpanWords> shownWords() const;

Q_SIGNALS:
    void selectionChanged();
    void viewChanged();
    void memoryToggled(bool shown);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void scrollContentsBy(int dx, int dy) override;
    void changeEvent(QEvent* event) override;
    bool viewportEvent(QEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    enum class Drag { None, Pan, Select, Minimap };

    TimelineScene scene() const;
    TimelinePainter& painter();
    void changeView(const std::function<void(TimeView&)>& change);
    void measure();
    TraceTime timeAt(double x) const;
    std::optional<PieceAt> pieceAt(const QPointF& point) const;
    void dragTo(const QPointF& point);
    void hover(std::optional<PieceAt> at, const QPointF& point);
    void showCard(const QPointF& point);
    const TimelineLane& lane(const LanePlace& place) const { return lanes_.at(place); }
    bool stepBy(int direction);
    bool goToLane(int lanes);
    void zoomIntoCurrent(const PieceAt& at);
    void setCurrent(const PieceAt& at);
    void showRow(std::size_t row);

    std::shared_ptr<const OpenedTrace> trace_;
    std::shared_ptr<const OpenedTrace> predicted_;
    TimelineLanes lanes_;           // of trace_
    std::vector<LaneKind> folded_;  // lanes not shown
    TimeView view_;
    std::optional<TimelinePainter> painter_;  // made anew when look, font or size change
    std::optional<Interval> selection_;
    std::optional<PieceAt> current_;
    std::optional<PieceAt> hovered_;
    bool cardOfCurrent_ = false;

    Drag drag_ = Drag::None;
    QPointF pressed_;
    QPointF last_;
    bool moved_ = false;
    TraceTime selectFrom_;

    QFrame* card_;
    QLabel* cardTitle_;
    QLabel* cardText_;
};

}  // namespace ringscope::ui
