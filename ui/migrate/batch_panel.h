// Several old files at once: what each became, in a line; a click opens one.
#pragma once

#include "backend/migration/batch.h"

#include <QWidget>

class QLabel;
class QTableWidget;

namespace ringscope::ui {

class BatchPanel : public QWidget {
    Q_OBJECT

public:
    explicit BatchPanel(QWidget* parent = nullptr);

    void showBatch(const Batch& batch);
    // What one of them has become since: its decisions may be answered.
    void showOutcome(const std::string& path, const Migration& migration);
    bool empty() const { return batch_.files.empty(); }

Q_SIGNALS:
    void chosen(const std::string& path);

private:
    void fill();

    Batch batch_;
    QLabel* totals_;
    QTableWidget* table_;
};

}  // namespace ringscope::ui
