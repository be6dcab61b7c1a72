#include "ui/pages/field_form.h"

#include "ui/look/theme.h"
#include "ui/widgets/find_bar.h"
#include "ui/widgets/fold.h"
#include "ui/widgets/parts.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QSignalBlocker>
#include <QStyle>
#include <QVBoxLayout>
#include <algorithm>

namespace ringscope::ui {
namespace {

QString lastPart(std::string_view path) { return text(path.substr(path.rfind('.') + 1)); }

QString tooltip(const Field& field) {
    QString words = text(field.path) + QStringLiteral("\n") + text(field.help);
    if (!field.constraint.empty()) words += QStringLiteral("\n") + text(field.constraint);
    if (field.nullable) words += QStringLiteral("\n") + FieldForm::tr("null: not set");
    return words;
}

bool isSwitch(const Field& field) { return field.type == FieldType::Switch; }

}  // namespace

FieldRow::FieldRow(const Field& field, QWidget* parent)
    : QWidget(parent),
      field_(field),
      label_(makeLabel(lastPart(field.path))),
      error_(makeLabel({}, "badsmall")) {
    makeEditor();
    editor_->setObjectName(text(field.path));
    editor_->setAccessibleName(text(field.path));
    editor_->setAccessibleDescription(text(field.help));
    label_->setBuddy(editor_);
    FindBar::setMoreWords(*label_, text(field.path) + QLatin1Char('\n') + text(field.help));
    setToolTip(tooltip(field));
    error_->setWordWrap(true);
    error_->hide();

    auto* line = row(nullptr, 0, 8);
    line->addWidget(label_);
    line->addWidget(editor_, 1);
    // Kept where empty, so that editors line up; but a choice is a word that is to be read whole.
    QLabel* unit = field.type == FieldType::Choice ? nullptr : makeLabel(text(field.unit), "small");
    whenZoomed(*this, [this, unit] {
        label_->setMinimumWidth(scaled(128));
        if (unit != nullptr) unit->setFixedWidth(scaled(66));
    });
    if (unit != nullptr) line->addWidget(unit);
    QVBoxLayout* layout = column(this, 0, 2);
    layout->addLayout(line);
    layout->addWidget(error_);
}

void FieldRow::makeEditor() {
    if (isSwitch(field_)) {
        auto* box = new QCheckBox;
        connect(box, &QCheckBox::toggled, this, [this] { Q_EMIT edited(value()); });
        editor_ = box;
    } else if (field_.type == FieldType::Choice) {
        auto* combo = new ChoiceBox;
        for (const std::string& choice : field_.choices) combo->addItem(text(choice));
        // As wide as there is room: the longest choice must not widen the form.
        combo->setShortest(1);
        combo->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
        connect(combo, &QComboBox::currentTextChanged, this, [this] { Q_EMIT edited(value()); });
        editor_ = combo;
    } else {
        auto* line = new QLineEdit;
        if (field_.nullable) line->setPlaceholderText(tr("not set"));
        connect(line, &QLineEdit::textEdited, this, [this] { Q_EMIT edited(value()); });
        editor_ = line;
    }
}

QString FieldRow::value() const {
    if (const auto* box = qobject_cast<QCheckBox*>(editor_))
        return box->isChecked() ? QStringLiteral("true") : QStringLiteral("false");
    if (const auto* combo = qobject_cast<QComboBox*>(editor_)) return combo->currentText();
    const QString typed = qobject_cast<QLineEdit*>(editor_)->text().trimmed();
    return typed.isEmpty() && field_.nullable ? QStringLiteral("null") : typed;
}

void FieldRow::showValue(const QString& value, bool varied) {
    const QSignalBlocker quiet(editor_);
    editor_->setEnabled(!varied);
    setToolTip(varied ? tr("The experiment runs each of these values: %1").arg(value)
                      : tooltip(field_));
    if (auto* box = qobject_cast<QCheckBox*>(editor_)) {
        box->setChecked(value == QStringLiteral("true"));
    } else if (auto* combo = qobject_cast<QComboBox*>(editor_)) {
        combo->setCurrentText(value);
    } else if (auto* line = qobject_cast<QLineEdit*>(editor_)) {
        const QString shown =
            field_.nullable && value == QStringLiteral("null") ? QString() : value;
        if (!line->hasFocus() && line->text() != shown) line->setText(shown);
    }
}

void FieldRow::showError(const QString& error) {
    error_->setText(error);
    error_->setVisible(!error.isEmpty());
    if (editor_->property("invalid").toBool() == !error.isEmpty()) return;
    editor_->setProperty("invalid", !error.isEmpty());
    editor_->style()->unpolish(editor_);
    editor_->style()->polish(editor_);
}

void FieldRow::showChanged(bool changed) {
    QFont font = label_->font();
    if (font.bold() == changed) return;
    font.setBold(changed);
    label_->setFont(font);
}

bool FieldRow::changed() const { return label_->font().bold(); }

QString FieldRow::error() const { return error_->text(); }

FieldForm::FieldForm(std::span<const Field> fields, QWidget* parent) : QWidget(parent) {
    QVBoxLayout* layout = column(this, 12, 4);
    for (const FieldGroup& group : fieldGroups(fields)) addGroup(group);
    for (Fold* fold : folds_) layout->addWidget(fold);
    layout->addStretch();
}

void FieldForm::addGroup(const FieldGroup& group) {
    auto* body = new QWidget;
    QVBoxLayout* rows = column(body, 0, 6);
    rows->setContentsMargins(0, 0, 0, scaled(8));
    std::vector<FieldRow*> lines;
    for (const Field* field : group.fields) {
        if (field->path == modePath) continue;
        auto* line = new FieldRow(*field);
        lines.push_back(line);
        rows_[std::string(field->path)] = line;
        rows->addWidget(line);
        connect(line, &FieldRow::edited, this, [this, line](const QString& value) {
            RunConfig scratch;
            const std::string typed = value.toStdString();
            const Result<void> set = line->field().set(scratch, typed);
            line->showError(set.ok() ? QString() : text(set.error().message));
            Q_EMIT edited(std::string(line->field().path), typed);
        });
    }
    folds_.push_back(new Fold(group.title, body, group.open));
    titles_[folds_.back()] = group.title;
    rowsOf_[folds_.back()] = std::move(lines);
}

FieldRow* FieldForm::find(std::string_view path) const {
    const auto found = rows_.find(path);
    return found == rows_.end() ? nullptr : found->second;
}

std::string FieldForm::pathOf(const ConfigProblem& problem) {
    constexpr std::string_view option = "--set ";
    if (!problem.where.starts_with(option)) return {};
    const std::string path = problem.where.substr(option.size());
    return path.substr(0, path.find_first_of("=: "));
}

void FieldForm::showReading(const ExperimentReading& reading,
                            const std::map<std::string, std::string>& edits) {
    std::map<std::string, std::string> errors;
    for (const ConfigProblem& problem : reading.problems)
        errors.emplace(pathOf(problem), problem.message);
    for (const auto& [path, line] : rows_) {
        const auto error = errors.find(path);
        line->showError(error == errors.end() ? QString() : text(error->second));
        const auto edit = edits.find(path);
        line->showChanged(edit != edits.end());
        const bool varied = isVaried(reading.experiment, path);
        const std::string value = error != errors.end() && edit != edits.end()
                                      ? edit->second
                                      : fieldText(reading.experiment, path);
        line->showValue(text(value), varied);
    }
    for (Fold* fold : folds_) showState(*fold);
}

// What is wrong is in sight; what was changed is said where it is folded away.
void FieldForm::showState(Fold& fold) {
    const std::vector<FieldRow*>& lines = rowsOf_[&fold];
    const auto wrong = [](const FieldRow* line) { return !line->error().isEmpty(); };
    if (std::ranges::any_of(lines, wrong)) fold.setOpen(true);
    const auto changed = std::ranges::count_if(lines, &FieldRow::changed);
    fold.setTitle(changed == 0 ? titles_[&fold]
                               : tr("%1 · %2 changed").arg(titles_[&fold]).arg(changed));
}

}  // namespace ringscope::ui
