#include "ui/widgets/search_bar.h"

#include "ui/look/theme.h"
#include "ui/widgets/parts.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QPushButton>

namespace ringscope::ui {

SearchBar::SearchBar(const QString& hint, QWidget* parent)
    : QWidget(parent), box_(new QLineEdit), count_(makeLabel({}, "muted")) {
    box_->setPlaceholderText(hint);
    box_->setAccessibleName(hint);
    box_->setClearButtonEnabled(true);
    box_->installEventFilter(this);
    whenZoomed(*box_, [this] { box_->setMaximumWidth(scaled(420)); });
    auto* previous = makeButton(tr("Previous"));
    auto* next = makeButton(tr("Next"));
    auto* done = makeButton(tr("Close"));
    done->setObjectName(QStringLiteral("closeSearch"));
    auto* line = row(this, 0, 8);
    line->addWidget(box_, 1);
    for (QPushButton* button : {previous, next}) line->addWidget(button);
    line->addWidget(count_);
    line->addStretch();
    line->addWidget(done);
    connect(box_, &QLineEdit::textChanged, this, [this] { Q_EMIT searched(wanted()); });
    connect(previous, &QPushButton::clicked, this, [this] { Q_EMIT stepped(-1); });
    connect(next, &QPushButton::clicked, this, [this] { Q_EMIT stepped(1); });
    connect(done, &QPushButton::clicked, this, &SearchBar::close);
    hide();
}

void SearchBar::open() {
    show();
    box_->setFocus(Qt::ShortcutFocusReason);
    box_->selectAll();
    Q_EMIT searched(wanted());
}

void SearchBar::close() {
    if (!isVisible()) return;
    hide();
    Q_EMIT closed();
}

QString SearchBar::wanted() const { return box_->text().trimmed(); }

void SearchBar::showCount(int at, int count) {
    count_->setText(wanted().isEmpty() ? QString()
                    : count == 0       ? tr("not found")
                                       : tr("%1 of %2").arg(at + 1).arg(count));
}

QString SearchBar::count() const { return count_->text(); }

bool SearchBar::eventFilter(QObject* watched, QEvent* event) {
    if (watched != box_ || event->type() != QEvent::KeyPress)
        return QWidget::eventFilter(watched, event);
    const auto* key = static_cast<QKeyEvent*>(event);
    if (key->key() == Qt::Key_Escape) {
        close();
        return true;
    }
    if (key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter) {
        Q_EMIT stepped(key->modifiers().testFlag(Qt::ShiftModifier) ? -1 : 1);
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

}  // namespace ringscope::ui
