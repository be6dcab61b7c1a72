// Lines over training steps, one a run, in the modes' colours, markers and strokes. Points are
// added as they arrive; drawing happens at most once per turn of the event loop.
#pragma once

#include <QString>
#include <QWidget>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

class QCPGraph;
class QCustomPlot;

namespace ringscope::ui {

class LineChart : public QWidget {
    Q_OBJECT

public:
    enum class From { Zero, Data };  // where the value axis begins
    enum class Form { Line, Dots };  // Dots: filled markers, and a dotted line between them

    LineChart(const QString& valueLabel, From from, QWidget* parent = nullptr);

    void clear();
    // A second series of a mode is drawn in the same colour: runs are told apart in the list.
    void addPoint(const std::string& series, const std::string& mode, double step, double value,
                  Form form = Form::Line);
    int points(const std::string& series) const;
    // A dotted line where a run goes on from another's checkpoint.
    void setCuts(const std::vector<std::int64_t>& steps);
    int cuts() const;

protected:
    void changeEvent(QEvent* event) override;
    QSize minimumSizeHint() const override;

private:
    struct Series {
        std::string mode;
        Form form = Form::Line;
        QCPGraph* graph = nullptr;
    };
    void style(Series& series);
    void restyle();

    QCustomPlot* plot_;
    From from_;
    std::map<std::string, Series> series_;
};

}  // namespace ringscope::ui
