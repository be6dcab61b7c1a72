// Finds words in what a page shows: labels, buttons, fields, cells of tables, lines of texts. A hit
// is scrolled into sight: a cell becomes the current one, a line of a text is selected, the others
// get a frame. What is hidden, as by another tab, is not searched; what is folded away is, and the
// fold is open while the hit is shown, and stays so where the bar is closed on it.
#pragma once

#include "ui/widgets/search_bar.h"

#include <QModelIndex>
#include <QPointer>
#include <QTextCursor>
#include <vector>

class QAbstractItemView;
class QPlainTextEdit;

namespace ringscope::ui {

class Fold;

class FindBar : public SearchBar {
    Q_OBJECT

public:
    explicit FindBar(QWidget* parent = nullptr);

    // Searches below `page` until the bar is closed.
    void openFor(QWidget& page);
    // Words that find a widget beside those it shows.
    static void setMoreWords(QWidget& widget, const QString& words);
    // The widget of the hit that is shown; null where there is none.
    QWidget* hit() const;

private:
    struct Hit {
        QPointer<QWidget> widget;
        QPersistentModelIndex cell{};
        QTextCursor place{};
    };

    void search(const QString& wanted);
    void addHits(QWidget& widget, const QString& wanted);
    void addCells(QAbstractItemView& view, const QString& wanted);
    void addLines(QPlainTextEdit& edit, const QString& wanted);
    void step(int direction);
    void showHit();
    void unfold(const QWidget& hit);
    void leave();

    QPointer<QWidget> page_;
    std::vector<Hit> hits_;
    int at_ = 0;
    QPointer<QWidget> frame_;               // round the hit
    std::vector<QPointer<Fold>> unfolded_;  // for the hit
};

}  // namespace ringscope::ui
