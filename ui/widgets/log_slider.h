// A number over several powers of two: a slider whose stops are doublings, and a line in which any
// other number is typed. What cannot be read stays in the line, and its reason below.
#pragma once

#include <QString>
#include <QWidget>
#include <functional>
#include <optional>

class QLabel;
class QLineEdit;
class QSlider;

namespace ringscope::ui {

class LogSlider : public QWidget {
    Q_OBJECT

public:
    // Of what is typed; nothing: `expected` is said.
    using Parse = std::function<std::optional<double>(const QString& typed)>;
    using Format = std::function<QString(double value)>;

    LogSlider(const QString& title, const QString& expected, Parse parse, Format format,
              QWidget* parent = nullptr);

    void setTitle(const QString& title);
    // The slider goes from `least` to so many doublings of it.
    void setReach(double least, int doublings);
    void setValue(double value);  // nothing is signalled; what is being typed stays
    double value() const { return value_; }

    QSlider& slider() { return *slider_; }
    QLineEdit& line() { return *line_; }

Q_SIGNALS:
    void chose(double value);  // by the user

private:
    void take(double value);
    void readLine();
    void showSlider();

    QString expected_;
    Parse parse_;
    Format format_;
    double least_ = 1;
    double value_ = 1;

    QLabel* title_;
    QSlider* slider_;
    QLineEdit* line_;
    QLabel* problem_;
};

}  // namespace ringscope::ui
