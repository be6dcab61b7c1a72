// Everything that can be done now, found by a few letters and done with Enter.
//
//   typing           narrows the list, by letters in their order: "gtr" finds "Go to Traces"
//   up, down         choose; page up and down go faster
//   Enter, a click   does it
//   Escape           closes it; the focus goes back to where it was
#pragma once

#include <QFrame>
#include <QKeySequence>
#include <QPointer>
#include <QString>
#include <functional>
#include <vector>

class QLabel;
class QLineEdit;
class QListWidget;

namespace ringscope::ui {

struct Command {
    QString words;      // "Go to Traces"
    QKeySequence keys;  // empty: it has none
    std::function<void()> act;
};

class CommandPalette : public QFrame {
    Q_OBJECT

public:
    // Over the upper part of `window`.
    explicit CommandPalette(QWidget* window);

    void open(std::vector<Command> commands);
    void close();

    QLineEdit& box() { return *box_; }
    QListWidget& list() { return *list_; }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void filter();
    void act();
    void place();

    std::vector<Command> commands_;
    QPointer<QWidget> before_;  // had the focus
    QLineEdit* box_;
    QListWidget* list_;
    QLabel* nothing_;
};

}  // namespace ringscope::ui
