#include "ui/widgets/log_slider.h"

#include "ui/look/theme.h"
#include "ui/widgets/parts.h"

#include <QHBoxLayout>
#include <QLineEdit>
#include <QSignalBlocker>
#include <QSlider>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <utility>

namespace ringscope::ui {

LogSlider::LogSlider(const QString& title, const QString& expected, Parse parse, Format format,
                     QWidget* parent)
    : QWidget(parent),
      expected_(expected),
      parse_(std::move(parse)),
      format_(std::move(format)),
      title_(makeLabel(title, "small")),
      slider_(new QSlider(Qt::Horizontal)),
      line_(new QLineEdit),
      problem_(makeLabel({}, "badsmall")) {
    slider_->setPageStep(1);
    whenZoomed(*this, [this] {
        line_->setFixedWidth(scaled(92));
        setMinimumWidth(scaled(200));
    });
    problem_->setWordWrap(true);
    problem_->hide();
    setTitle(title);
    QVBoxLayout* layout = column(this, 0, 4);
    layout->addWidget(title_);
    auto* numbers = row(nullptr, 0, 8);
    numbers->addWidget(slider_, 1);
    numbers->addWidget(line_);
    layout->addLayout(numbers);
    layout->addWidget(problem_);
    layout->addStretch();
    connect(slider_, &QSlider::valueChanged, this,
            [this](int stop) { take(std::ldexp(least_, stop)); });
    connect(line_, &QLineEdit::editingFinished, this, &LogSlider::readLine);
    connect(line_, &QLineEdit::textEdited, problem_, &QWidget::hide);
}

void LogSlider::setTitle(const QString& title) {
    title_->setText(title);
    slider_->setAccessibleName(title);
    line_->setAccessibleName(title);
}

void LogSlider::setReach(double least, int doublings) {
    least_ = least;
    const QSignalBlocker quiet(slider_);
    slider_->setRange(0, doublings);
    showSlider();
}

void LogSlider::setValue(double value) {
    value_ = value;
    if (!line_->hasFocus() || !line_->isModified()) line_->setText(format_(value));
    showSlider();
}

void LogSlider::showSlider() {
    const QSignalBlocker quiet(slider_);
    slider_->setValue(static_cast<int>(std::lround(std::log2(std::max(value_, least_) / least_))));
}

void LogSlider::take(double value) {
    value_ = value;
    problem_->hide();
    line_->setText(format_(value));
    Q_EMIT chose(value);
}

void LogSlider::readLine() {
    if (!line_->isModified()) return;
    const std::optional<double> typed = parse_(line_->text());
    problem_->setVisible(!typed);
    problem_->setText(expected_);
    if (!typed) return;
    take(*typed);
    showSlider();
}

}  // namespace ringscope::ui
