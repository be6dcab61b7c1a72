// What the colours of the timeline mean: one legend for spans, one for memory.
#pragma once

#include "backend/trace/allocation.h"
#include "ui/timeline/opened_trace.h"

#include <QRectF>
#include <QWidget>
#include <vector>

class QPainter;

namespace ringscope::ui {

// Swatches with words behind them, on as many lines as the width needs.
class LegendLine : public QWidget {
    Q_OBJECT

public:
    explicit LegendLine(QWidget* parent = nullptr);
    QSize sizeHint() const override;  // on one line
    QSize minimumSizeHint() const override;
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;

protected:
    virtual QStringList words() const = 0;
    virtual void paintSwatch(QPainter& painter, const QRectF& box, int entry) const = 0;
    void sayColours();  // to a screen reader
    void paintEvent(QPaintEvent* event) override;

private:
    std::vector<QRectF> places(int width) const;  // of each swatch with its words
};

class TimelineLegend : public LegendLine {
    Q_OBJECT

public:
    explicit TimelineLegend(QWidget* parent = nullptr);
    // Copies, the host, and messages whose other end is missing are listed where the trace has
    // some. `splits`: whether wait is told from transfer, or both are drawn as one.
    void setTrace(const OpenedTrace& opened, bool splits);
    void setPredicted(bool shown);  // outlines of a predicted step

protected:
    QStringList words() const override;
    void paintSwatch(QPainter& painter, const QRectF& box, int entry) const override;

private:
    void follow();

    bool splits_ = true;
    bool unpaired_ = false;
    bool predicted_ = false;
    Shares work_{};  // of all ranks
};

class MemoryLegend : public LegendLine {
    Q_OBJECT

public:
    using LegendLine::LegendLine;
    // As they are stacked, from below; Segments, which is a line, behind them.
    void setCategories(std::vector<MemoryCategory> categories);

protected:
    QStringList words() const override;
    void paintSwatch(QPainter& painter, const QRectF& box, int entry) const override;

private:
    std::vector<MemoryCategory> categories_;
};

}  // namespace ringscope::ui
