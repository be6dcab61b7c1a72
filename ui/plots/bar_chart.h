// Horizontal bars, one a row, in the modes' colours: a median with the interval of its repeats, and
// beside a measured figure the predicted one as an outline. Labels take at most two fifths of the
// width and are cut at their end; with many rows the chart asks for height and is scrolled.
#pragma once

#include <QWidget>
#include <optional>
#include <string>
#include <vector>

class QCustomPlot;

namespace ringscope::ui {

struct BarRow {
    QString label;
    std::string mode;
    std::optional<double> value;
    double low = 0;  // an interval is drawn where low < high
    double high = 0;
    std::optional<double> predicted;
    QString shown;         // written at the bar's end
    bool heading = false;  // no bar: the label is the title of the rows below
};

class BarChart : public QWidget {
    Q_OBJECT

public:
    explicit BarChart(QWidget* parent = nullptr);

    void setRows(std::vector<BarRow> rows);
    const std::vector<BarRow>& rows() const { return rows_; }

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    QSize minimumSizeHint() const override;

private:
    void draw();
    void fitAxis();      // leaves room for the figures at the bars' ends
    void writeLabels();  // cut to their share of the width
    void drawRow(const BarRow& row, double key);

    QCustomPlot* plot_;
    std::vector<BarRow> rows_;
};

}  // namespace ringscope::ui
