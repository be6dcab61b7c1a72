#include "ui/widgets/fold.h"

#include "ui/widgets/parts.h"

#include <QToolButton>
#include <QVBoxLayout>

namespace ringscope::ui {

Fold::Fold(const QString& title, QWidget* body, bool open, QWidget* parent)
    : QWidget(parent), head_(new QToolButton), body_(body) {
    head_->setText(title);
    head_->setCheckable(true);
    head_->setProperty("section", true);
    head_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    QVBoxLayout* layout = column(this, 0, 4);
    layout->addWidget(head_);
    layout->addWidget(body_);
    const auto fold = [this](bool opened) {
        head_->setArrowType(opened ? Qt::DownArrow : Qt::RightArrow);
        body_->setVisible(opened);
    };
    connect(head_, &QToolButton::toggled, this, fold);
    head_->setChecked(open);
    fold(open);
}

bool Fold::isOpen() const { return head_->isChecked(); }

void Fold::setOpen(bool open) { head_->setChecked(open); }

void Fold::setTitle(const QString& title) {
    if (head_->text() != title) head_->setText(title);
}

QString Fold::title() const { return head_->text(); }

}  // namespace ringscope::ui
