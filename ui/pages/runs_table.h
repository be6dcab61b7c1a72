// The table of runs: its columns, their widths at any zoom, and which of them are shown. The name
// takes what the others leave.
#pragma once

#include <QStringList>
#include <QTableView>

class QSettings;

namespace ringscope::ui {

class RunsTable : public QTableView {
    Q_OBJECT

public:
    // Over a RunTableModel or a proxy of one. `settings` remembers which columns are shown.
    RunsTable(QAbstractItemModel* model, QSettings* settings, QWidget* parent = nullptr);

    QString title(int column) const;
    static bool isShownAtFirst(int column);
    void setColumnShown(int column, bool shown);
    // From the left; the name is always there. Titles that no column has are left out.
    QStringList shownColumns() const;
    void showColumns(const QStringList& titles);
    void fitName();

Q_SIGNALS:
    void columnsChanged();

protected:
    bool viewportEvent(QEvent* event) override;

private:
    void fitColumns();
    void remember();

    QSettings* settings_;
};

}  // namespace ringscope::ui
