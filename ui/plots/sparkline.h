// A line of values without axes: its course, its last point, its ends in words.
#pragma once

#include <QString>
#include <QWidget>
#include <string>
#include <vector>

namespace ringscope::ui {

class Sparkline : public QWidget {
    Q_OBJECT

public:
    explicit Sparkline(const QString& title, QWidget* parent = nullptr);

    // Values that are not finite are left out of the line.
    void setValues(std::vector<double> values, const std::string& mode, const QString& caption);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QString title_;
    QString caption_;
    std::string mode_;
    std::vector<double> values_;
};

}  // namespace ringscope::ui
