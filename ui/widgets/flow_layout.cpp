#include "ui/widgets/flow_layout.h"

#include <algorithm>

namespace ringscope::ui {

FlowLayout::FlowLayout(QWidget* owner, int spacing) : QLayout(owner) {
    setContentsMargins(0, 0, 0, 0);
    setSpacing(spacing);
}

FlowLayout::~FlowLayout() = default;

void FlowLayout::addItem(QLayoutItem* item) { items_.emplace_back(item); }

int FlowLayout::count() const { return static_cast<int>(items_.size()); }

QLayoutItem* FlowLayout::itemAt(int index) const {
    return index < 0 || index >= count() ? nullptr : items_[static_cast<std::size_t>(index)].get();
}

QLayoutItem* FlowLayout::takeAt(int index) {
    if (itemAt(index) == nullptr) return nullptr;
    QLayoutItem* taken = items_[static_cast<std::size_t>(index)].release();
    items_.erase(items_.begin() + index);
    return taken;
}

int FlowLayout::heightForWidth(int width) const { return place({0, 0, width, 0}, false); }

QSize FlowLayout::minimumSize() const {
    QSize least;
    for (const auto& item : items_)
        if (!item->isEmpty()) least = least.expandedTo(item->minimumSize());
    return least;
}

// On one line.
QSize FlowLayout::sizeHint() const {
    QSize wanted;
    for (const auto& item : items_) {
        if (item->isEmpty()) continue;
        const QSize size = item->sizeHint();
        wanted.rwidth() += size.width() + (wanted.width() > 0 ? spacing() : 0);
        wanted.setHeight(std::max(wanted.height(), size.height()));
    }
    return wanted;
}

void FlowLayout::setGeometry(const QRect& box) {
    QLayout::setGeometry(box);
    place(box, true);
}

// Answers the height; moves the widgets where asked to.
int FlowLayout::place(const QRect& box, bool move) const {
    int x = box.x();
    int y = box.y();
    int lineHeight = 0;
    for (const auto& item : items_) {
        if (item->isEmpty()) continue;
        const QSize size = item->sizeHint();
        if (x > box.x() && x + size.width() > box.right() + 1) {
            x = box.x();
            y += lineHeight + spacing();
            lineHeight = 0;
        }
        if (move) item->setGeometry(QRect(QPoint(x, y), size));
        x += size.width() + spacing();
        lineHeight = std::max(lineHeight, size.height());
    }
    return y + lineHeight - box.y();
}

}  // namespace ringscope::ui
