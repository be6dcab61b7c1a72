// The small pieces every page is put together from.
#pragma once

#include "ui/look/icons.h"

#include <QComboBox>
#include <QLabel>
#include <QString>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

class QFrame;
class QHBoxLayout;
class QPushButton;
class QScrollArea;
class QVBoxLayout;
class QWidget;

namespace ringscope::ui {

inline QString text(std::string_view utf8) {
    return QString::fromUtf8(utf8.data(), static_cast<qsizetype>(utf8.size()));
}

// "/data/runs/a.yaml" -> "a.yaml"
QString fileNameOf(const std::string& path);

// "1 run", "4 runs": English grows an s.
QString countText(std::int64_t count, const char* singular);

// `role` is a row of the style sheet: title, head, section, muted, small, good, bad, badsmall,
// caution, figure.
QLabel* makeLabel(const QString& text, const char* role = nullptr, QWidget* parent = nullptr);
// Without a frame; `inside` is as wide as there is room, or as it must be.
QScrollArea* scrolling(QWidget* inside);

// A sentence or more: wrapped, and can be copied.
QLabel* makeSelectableLabel(const char* role = nullptr);
void setRole(QWidget& widget, const char* role);

// One of a row of choices of which one is checked; `last` closes the row.
QPushButton* makeSegment(const QString& text, bool last);

QPushButton* makeButton(const QString& text, QWidget* parent = nullptr);
QPushButton* makeButton(Icon which, const QString& text, QWidget* parent = nullptr);
// The one button of a page that is filled.
QPushButton* makePrimaryButton(Icon which, const QString& text, QWidget* parent = nullptr);

// A panel with the look's border and radius; its layout has the grid's margins.
QFrame* makeCard(QWidget* parent = nullptr);

QVBoxLayout* column(QWidget* owner, int margin = 0, int spacing = 8);
QHBoxLayout* row(QWidget* owner = nullptr, int margin = 0, int spacing = 8);

// Calls `fit` now and after each change of the zoom: for lengths that a widget is told and keeps,
// as widths of columns.
void whenZoomed(QWidget& widget, std::function<void()> fit);

// One line that never asks for more width than there is: what does not fit is elided, and then the
// whole text is the tooltip. Screen readers always get the whole.
class ElidedLabel : public QLabel {
    Q_OBJECT

public:
    explicit ElidedLabel(Qt::TextElideMode mode = Qt::ElideRight, QWidget* parent = nullptr);

    void setFullText(const QString& full);
    const QString& fullText() const { return full_; }
    QSize minimumSizeHint() const override;
    QSize sizeHint() const override;

protected:
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void elide();

    Qt::TextElideMode mode_;
    QString full_;
};

// A combo box with the look's own arrow: the style sheet can only show an image file there. The
// wheel turns it only while it has the focus; elsewhere it scrolls the page, which would otherwise
// stop at every box and change it.
class ChoiceBox : public QComboBox {
    Q_OBJECT

public:
    explicit ChoiceBox(QWidget* parent = nullptr);

    // For names of any length: asks for room for this many letters, and elides what does not fit.
    void setShortest(int letters);

    // Keys and words. What was chosen stays chosen where it still is one; nothing is signalled. An
    // open list is not pulled away under the mouse: nothing is touched that is right already.
    void setChoices(const std::vector<std::pair<QString, QString>>& choices);

    QSize minimumSizeHint() const override;

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
};

// What a page shows while it has nothing: a headline, a sentence, one thing to do.
class EmptyState : public QWidget {
    Q_OBJECT

public:
    EmptyState(const QString& headline, const QString& sentence, const QString& action,
               QWidget* parent = nullptr);

    void setTexts(const QString& headline, const QString& sentence, const QString& action);
    QPushButton* button() const { return button_; }

private:
    void fitSentence();

    QLabel* headline_;
    QLabel* sentence_;
    QPushButton* button_;
};

// A command that does what the page does, on one line, with a button that copies it as it is.
class CommandLine : public QWidget {
    Q_OBJECT

public:
    explicit CommandLine(QWidget* parent = nullptr);

    void setCommand(const QString& command);
    const QString& command() const { return command_; }

private:
    QString command_;
    ElidedLabel* label_;
};

void copyToClipboard(const QString& text);

}  // namespace ringscope::ui
