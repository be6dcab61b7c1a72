// A line to search with: what is wanted, how many there are, the next and the previous of them.
//
//   typing                 searches
//   Enter, Shift+Enter     next and previous
//   Escape                 closes the bar
#pragma once

#include <QString>
#include <QWidget>

class QLabel;
class QLineEdit;

namespace ringscope::ui {

class SearchBar : public QWidget {
    Q_OBJECT

public:
    // `hint` stands in the empty box, and is what a screen reader calls it.
    explicit SearchBar(const QString& hint, QWidget* parent = nullptr);

    void open();
    void close();
    QString wanted() const;
    // "2 of 7", or that there is none; nothing while nothing is wanted.
    void showCount(int at, int count);
    QLineEdit& box() { return *box_; }
    QString count() const;

Q_SIGNALS:
    void searched(const QString& wanted);  // on opening, too
    void stepped(int direction);           // 1 or -1
    void closed();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    QLineEdit* box_;
    QLabel* count_;
};

}  // namespace ringscope::ui
