// The keys of a migrated file: a chip per verdict with its count, the table, one key in full.
#pragma once

#include "backend/migration/migration.h"

#include <QWidget>
#include <string>

class QButtonGroup;
class QLabel;
class QLayout;
class QPushButton;
class QTableView;

namespace ringscope::ui {

class KeyFilter;
class KeyModel;

class KeysPanel : public QWidget {
    Q_OBJECT

public:
    explicit KeysPanel(QWidget* parent = nullptr);

    // The selected key and the chosen verdicts stay, so an answer does not lose the user's place.
    void showMigration(const std::string& sourceName, const Migration& migration);
    void startAtTheTop();  // of another file: every verdict, the first key
    QTableView& table() const { return *table_; }

Q_SIGNALS:
    void decideRequested();

private:
    QWidget* makeChips();
    void addUseChips(QLayout& line);
    QWidget* makeDetail();
    void filter();
    void showChips();
    void showDetail();

    KeyModel* keys_;
    KeyFilter* filter_;
    QButtonGroup* chips_;
    QButtonGroup* uses_;
    QTableView* table_;
    QLabel* place_;
    QLabel* change_;
    QLabel* why_;
    QPushButton* toDecision_;
};

}  // namespace ringscope::ui
