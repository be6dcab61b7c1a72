// A chart on a card: its title, the picture, and the same numbers as a table for
// users who cannot see the picture or want to copy from it.
#pragma once

#include <QFrame>
#include <QStringList>
#include <vector>

class QLabel;
class QStackedWidget;
class QTableWidget;
class QToolButton;

namespace ringscope::ui {

class ChartPanel : public QFrame {
    Q_OBJECT

public:
    // Takes ownership of the chart.
    ChartPanel(const QString& title, QWidget* chart, QWidget* parent = nullptr);

    void setTitle(const QString& title);
    // The first column is text, the others are figures.
    void setTable(const QStringList& header, const std::vector<QStringList>& rows);
    void showTable(bool table);
    QTableWidget* table() const { return table_; }

private:
    QLabel* title_;  // on two lines where one has no room
    QToolButton* toggle_;
    QStackedWidget* stack_;
    QTableWidget* table_;
};

}  // namespace ringscope::ui
