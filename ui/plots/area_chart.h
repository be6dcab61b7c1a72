// What something is made of over time: a band a part, stacked, so that the height is the whole; or
// a curve a part, each from zero. The mouse over it asks for the words of a column.
#pragma once

#include "backend/core/look.h"

#include <QString>
#include <QWidget>
#include <functional>
#include <vector>

class QCustomPlot;

namespace ringscope::ui {

struct AreaPart {
    QString label;
    ColourPair colour;
    std::vector<double> values;  // of columns of one width, as many as the other parts have
};

struct AreaPicture {
    double length = 1;  // of the columns together, on the axis across
    QString across;     // what the axes are of: "ms"
    QString upright;
    std::vector<AreaPart> parts;  // from below
    struct Mark {
        double at = 0;
        QString label;
    };
    std::vector<Mark> marks;                      // ascending; a label that has no room is left out
    std::function<QString(std::size_t)> wordsOf;  // of a column
};

class AreaChart : public QWidget {
    Q_OBJECT

public:
    explicit AreaChart(QWidget* parent = nullptr);

    void setPicture(AreaPicture picture);
    const AreaPicture& picture() const { return picture_; }
    void setStacked(bool stacked);
    bool stacked() const { return stacked_; }
    // What the mouse is told there; empty beside the columns.
    QString wordsAt(const QPoint& place) const;

protected:
    bool event(QEvent* event) override;
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    QSize minimumSizeHint() const override;

private:
    void draw();
    void drawMarks();
    void drawParts();
    std::size_t columns() const;

    QCustomPlot* plot_;
    AreaPicture picture_;
    bool stacked_ = true;
};

}  // namespace ringscope::ui
