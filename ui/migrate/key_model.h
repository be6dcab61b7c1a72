// The keys of a migrated file with their verdicts, as a table: what needs a look comes first.
#pragma once

#include "backend/migration/migration.h"
#include "ui/look/icons.h"
#include "ui/models/cell_delegate.h"

#include <QAbstractTableModel>
#include <QSortFilterProxyModel>
#include <set>
#include <vector>

namespace ringscope::ui {

// How a verdict is shown wherever it is shown: never by its colour alone.
struct VerdictLook {
    Icon icon;
    Tone tone;
    QString word;     // "needs decision"
    QString meaning;  // one sentence
};
VerdictLook verdictLook(Verdict verdict);
// All verdicts, those that need a look first.
std::vector<Verdict> verdictsByUrgency();

class KeyModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { VerdictColumn, Line, Key, OldValue, NewKey, NewValue, Reason, ColumnCount };
    enum Role { OrderRole = Qt::UserRole, VerdictRole };

    using QAbstractTableModel::QAbstractTableModel;

    // `sourceName` is the file whose keys are shown without their file.
    void setKeys(std::vector<KeyVerdict> keys, std::string sourceName);
    const KeyVerdict& key(int row) const { return keys_[static_cast<std::size_t>(row)]; }
    // Of these uses; none means any.
    int count(Verdict verdict, const std::set<KeyUse>& uses) const;
    int count(KeyUse use) const;
    // "old.yaml:9:1"; where the file lacks the key: "not in old.yaml".
    QString place(const KeyVerdict& key) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QString cell(const KeyVerdict& key, int column) const;

    std::vector<KeyVerdict> keys_;
    std::string sourceName_;
};

// Keys with one of the chosen verdicts; with every verdict where none is chosen.
class KeyFilter : public QSortFilterProxyModel {
    Q_OBJECT

public:
    explicit KeyFilter(KeyModel& keys, QObject* parent = nullptr);

    void setVerdicts(std::set<Verdict> verdicts);
    void setUses(std::set<KeyUse> uses);
    const std::set<KeyUse>& uses() const { return uses_; }

protected:
    bool filterAcceptsRow(int row, const QModelIndex& parent) const override;

private:
    KeyModel& keys_;
    std::set<Verdict> verdicts_;
    std::set<KeyUse> uses_;
};

class KeyDelegate : public CellDelegate {
    Q_OBJECT

public:
    using CellDelegate::CellDelegate;

protected:
    void paintContent(QPainter& painter, const QStyleOptionViewItem& option, const QRectF& box,
                      const QModelIndex& index) const override;
};

}  // namespace ringscope::ui
