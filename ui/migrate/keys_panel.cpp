#include "ui/migrate/keys_panel.h"

#include "backend/migration/migration_report.h"
#include "ui/look/theme.h"
#include "ui/migrate/key_model.h"
#include "ui/widgets/flow_layout.h"
#include "ui/widgets/parts.h"

#include <QButtonGroup>
#include <QFrame>
#include <QHeaderView>
#include <QPushButton>
#include <QTableView>
#include <QVBoxLayout>

namespace ringscope::ui {
namespace {

QString valueText(const std::string& path, const std::string& value) {
    return value.empty() ? text(path) : text(path + ": " + value);
}

}  // namespace

KeysPanel::KeysPanel(QWidget* parent)
    : QWidget(parent),
      keys_(new KeyModel(this)),
      filter_(new KeyFilter(*keys_, this)),
      chips_(new QButtonGroup(this)),
      uses_(new QButtonGroup(this)),
      table_(new QTableView),
      place_(makeLabel({}, "small")),
      change_(makeSelectableLabel()),
      why_(makeSelectableLabel("muted")),
      toDecision_(makeButton(Icon::Question, tr("Decide"))) {
    table_->setModel(filter_);
    table_->setItemDelegate(new KeyDelegate(table_));
    table_->setShowGrid(false);
    table_->setSelectionBehavior(QAbstractItemView::SelectRows);
    table_->setSelectionMode(QAbstractItemView::SingleSelection);
    table_->setTabKeyNavigation(false);
    table_->setWordWrap(false);
    table_->setSortingEnabled(true);
    table_->sortByColumn(KeyModel::VerdictColumn, Qt::AscendingOrder);
    table_->verticalHeader()->hide();
    table_->horizontalHeader()->setHighlightSections(false);
    table_->horizontalHeader()->setStretchLastSection(true);
    table_->setAccessibleName(tr("Keys of the old configuration"));
    whenZoomed(*table_, [this] {
        const int widths[] = {150, 56, 230, 150, 150, 150};
        for (int i = 0; i < static_cast<int>(std::size(widths)); ++i)
            table_->setColumnWidth(i, scaled(widths[i]));
        table_->verticalHeader()->setDefaultSectionSize(scaled(28));
    });
    connect(table_->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            &KeysPanel::showDetail);
    QVBoxLayout* layout = column(this, 0, 8);
    layout->addWidget(makeChips());
    layout->addWidget(table_, 1);
    layout->addWidget(makeDetail());
}

QWidget* KeysPanel::makeChips() {
    auto* chips = new QWidget;
    auto* line = new FlowLayout(chips);
    chips_->setExclusive(false);
    for (const Verdict verdict : verdictsByUrgency()) {
        const VerdictLook look = verdictLook(verdict);
        auto* chip = new QPushButton(icon(look.icon, look.tone), {});
        chip->setCheckable(true);
        chip->setProperty("chip", true);
        whenZoomed(*chip, [chip] { chip->setIconSize(QSize(scaled(20), scaled(16))); });
        chip->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
        chip->setToolTip(look.meaning);
        chip->setObjectName(text("chip_") + text(verdictName(verdict)));
        chips_->addButton(chip, int(verdict));
        line->addWidget(chip);
    }
    connect(chips_, &QButtonGroup::idToggled, this, &KeysPanel::filter);
    addUseChips(*line);
    return chips;
}

// Keys that say what is trained, and those of output, logs and ports.
void KeysPanel::addUseChips(QLayout& line) {
    uses_->setExclusive(false);
    for (const KeyUse use : allKeyUses()) {
        auto* chip = new QPushButton;
        chip->setCheckable(true);
        chip->setProperty("chip", true);
        chip->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
        chip->setToolTip(use == KeyUse::Needed ? tr("Keys that change mathematics, memory or time.")
                                               : tr("Keys of output folders, ports and loggers."));
        chip->setObjectName(text("chip_") + text(keyUseName(use)));
        uses_->addButton(chip, int(use));
        line.addWidget(chip);
    }
    connect(uses_, &QButtonGroup::idToggled, this, &KeysPanel::filter);
}

QWidget* KeysPanel::makeDetail() {
    QFrame* card = makeCard();
    card->setMinimumHeight(scaled(104));
    QVBoxLayout* layout = column(card, 12, 4);
    auto* head = row(nullptr, 0, 8);
    head->addWidget(place_, 1);
    toDecision_->setProperty("quiet", true);
    connect(toDecision_, &QPushButton::clicked, this, &KeysPanel::decideRequested);
    head->addWidget(toDecision_);
    layout->addLayout(head);
    layout->addWidget(change_);
    layout->addWidget(why_);
    layout->addStretch();
    return card;
}

void KeysPanel::startAtTheTop() {
    for (QAbstractButton* chip : chips_->buttons()) chip->setChecked(false);
    for (const KeyUse use : allKeyUses())
        uses_->button(int(use))->setChecked(use == KeyUse::Needed);
    if (filter_->rowCount() > 0) table_->selectRow(0);
    table_->scrollToTop();
}

void KeysPanel::showMigration(const std::string& sourceName, const Migration& migration) {
    const QModelIndex at = filter_->mapToSource(table_->currentIndex());
    const KeyVerdict selected = at.isValid() ? keys_->key(at.row()) : KeyVerdict();
    keys_->setKeys(migration.keys, sourceName);
    for (int row = 0; row < keys_->rowCount(); ++row) {
        const QModelIndex shown = filter_->mapFromSource(keys_->index(row, 0));
        if (shown.isValid() && keys_->key(row).path == selected.path &&
            keys_->key(row).file == selected.file)
            table_->selectRow(shown.row());
    }
    showChips();
    showDetail();
}

void KeysPanel::showChips() {
    for (const Verdict verdict : allVerdicts()) {
        const int count = keys_->count(verdict, filter_->uses());
        auto* chip = chips_->button(int(verdict));
        chip->setText(QStringLiteral("%1 %2").arg(count).arg(verdictLook(verdict).word));
        chip->setVisible(count > 0 || chip->isChecked());
    }
    for (const KeyUse use : allKeyUses())
        uses_->button(int(use))->setText(
            QStringLiteral("%1 %2").arg(keys_->count(use)).arg(text(keyUseName(use))));
}

void KeysPanel::filter() {
    std::set<KeyUse> uses;
    for (QAbstractButton* chip : uses_->buttons())
        if (chip->isChecked()) uses.insert(KeyUse(uses_->id(chip)));
    filter_->setUses(std::move(uses));
    std::set<Verdict> chosen;
    for (QAbstractButton* chip : chips_->buttons())
        if (chip->isChecked()) chosen.insert(Verdict(chips_->id(chip)));
    filter_->setVerdicts(std::move(chosen));
    showChips();
    if (!table_->currentIndex().isValid() && filter_->rowCount() > 0) table_->selectRow(0);
    showDetail();
}

void KeysPanel::showDetail() {
    const QModelIndex at = filter_->mapToSource(table_->currentIndex());
    toDecision_->setVisible(false);
    change_->setText(at.isValid() ? QString() : tr("Select a key to read what becomes of it."));
    place_->clear();
    why_->clear();
    if (!at.isValid()) return;
    const KeyVerdict& key = keys_->key(at.row());
    place_->setText(
        QStringLiteral("%1 · %2").arg(keys_->place(key), verdictLook(key.verdict).word));
    change_->setText(key.newPath.empty() ? valueText(key.path, key.old)
                                         : QStringLiteral("%1  →  %2")
                                               .arg(valueText(key.path, key.old),
                                                    valueText(key.newPath, key.newValue)));
    why_->setText(key.reason.empty() ? verdictLook(key.verdict).meaning : text(reasonWords(key)));
    toDecision_->setVisible(key.verdict == Verdict::NeedsDecision);
}

}  // namespace ringscope::ui
