// What a step of the migrated experiment takes by the plan, beside the old stack's way: memory,
// bytes, time.
#pragma once

#include "backend/migration/migration.h"

#include <QFrame>
#include <array>

class QLabel;

namespace ringscope::ui {

class CostPanel : public QFrame {
    Q_OBJECT

public:
    explicit CostPanel(QWidget* parent = nullptr);

    // `planning`: the numbers are on their way.
    void showCosts(const Migration& migration, bool planning);

private:
    struct Line {
        QLabel* now;
        QLabel* old;
        QLabel* difference;
    };

    QLabel* headline_;
    std::array<Line, 3> lines_{};  // memory, bytes, time
    QLabel* oldTitle_;
};

}  // namespace ringscope::ui
