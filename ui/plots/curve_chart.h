// A figure over lengths or numbers of ranks: both axes logarithmic, a line per mode in its colour,
// marker and stroke, the interval of the repeats as a vertical line.
#pragma once

#include <QLabel>
#include <QWidget>
#include <string>
#include <vector>

class QCustomPlot;

namespace ringscope::ui {

struct CurveSeries {
    struct Point {
        double at = 0;
        double value = 0;  // above 0, else it is left out
        double low = 0;    // an interval is drawn where low < high
        double high = 0;
    };
    QString label;
    std::string mode;
    std::vector<Point> points;  // ascending
};

class CurveChart : public QWidget {
    Q_OBJECT

public:
    explicit CurveChart(QWidget* parent = nullptr);

    // `axis`: what the points are at, "tokens".
    void setCurves(std::vector<CurveSeries> curves, const QString& axis);
    const std::vector<CurveSeries>& curves() const { return curves_; }

protected:
    void changeEvent(QEvent* event) override;
    QSize minimumSizeHint() const override;

private:
    void draw();
    void drawCurve(const CurveSeries& curve);
    void setAxes();

    QCustomPlot* plot_;
    QString axis_;
    std::vector<CurveSeries> curves_;
};

// Whose line has which colour and marker, on as many lines as it needs.
class CurveLegend : public QLabel {
    Q_OBJECT

public:
    using QLabel::QLabel;

    void setCurves(const std::vector<CurveSeries>& curves);

protected:
    void changeEvent(QEvent* event) override;

private:
    void write();

    std::vector<std::pair<QString, std::string>> entries_;  // label, mode
};

}  // namespace ringscope::ui
