// A form made from config's field table: a row a field, in groups that fold (models/field_groups),
// with unit, help and the sentence that says what is wrong with a value. parallel.mode is not in
// it: modes are cards.
#pragma once

#include "backend/config/field_table.h"
#include "ui/models/experiment_draft.h"
#include "ui/models/field_groups.h"

#include <QWidget>
#include <map>
#include <span>
#include <string>
#include <vector>

class QLabel;

namespace ringscope::ui {

class Fold;

// One field: an editor that fits its type, and a place for the error.
class FieldRow : public QWidget {
    Q_OBJECT

public:
    explicit FieldRow(const Field& field, QWidget* parent = nullptr);

    const Field& field() const { return field_; }
    QWidget* editor() const { return editor_; }
    QString value() const;
    // Does not count as an edit. A varied field shows all its values and cannot be edited.
    void showValue(const QString& value, bool varied);
    void showError(const QString& error);
    void showChanged(bool changed);
    bool changed() const;
    QString error() const;

Q_SIGNALS:
    void edited(const QString& value);

private:
    void makeEditor();

    const Field& field_;
    QWidget* editor_ = nullptr;
    QLabel* label_;
    QLabel* error_;
};

class FieldForm : public QWidget {
    Q_OBJECT

public:
    // The fields must outlive the form.
    explicit FieldForm(std::span<const Field> fields = fieldTable(), QWidget* parent = nullptr);

    // Values from the experiment, except where the user is typing; problems under their fields.
    void showReading(const ExperimentReading& reading,
                     const std::map<std::string, std::string>& edits);
    FieldRow* find(std::string_view path) const;
    // The groups with their fields, as they are shown.
    const std::vector<Fold*>& groups() const { return folds_; }
    // Whether the problem is shown under a field.
    static std::string pathOf(const ConfigProblem& problem);

Q_SIGNALS:
    void edited(const std::string& path, const std::string& value);

private:
    void addGroup(const FieldGroup& group);
    void showState(Fold& fold);  // of its fields, in its title

    std::vector<Fold*> folds_;
    std::map<const Fold*, QString> titles_;
    std::map<const Fold*, std::vector<FieldRow*>> rowsOf_;
    std::map<std::string, FieldRow*, std::less<>> rows_;
};

}  // namespace ringscope::ui
