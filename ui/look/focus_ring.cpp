#include "ui/look/focus_ring.h"

#include "ui/look/theme.h"

#include <QAbstractScrollArea>
#include <QApplication>
#include <QFocusEvent>
#include <QPainter>
#include <QWidget>
#include <utility>

namespace ringscope::ui {
namespace {

constexpr int roomOfRing = 2;     // pixels between the widget and the ring's outer edge
constexpr double ringWidth = 2;   // pixels
constexpr double ringRadius = 5;  // pixels

class RingFrame : public QWidget {
public:
    explicit RingFrame(QWidget* owner) : QWidget(owner) {
        setAttribute(Qt::WA_TransparentForMouseEvents);
        setFocusPolicy(Qt::NoFocus);
    }

protected:
    void paintEvent(QPaintEvent*) override {
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(QPen(inkOf(*this).accent, ringWidth));
        const double half = ringWidth / 2;
        painter.drawRoundedRect(QRectF(rect()).adjusted(half, half, -half, -half), ringRadius,
                                ringRadius);
    }
};

// The nearest widget above that cuts off what reaches out of it: a viewport or the window.
QWidget* ownerOf(const QWidget& widget) {
    QWidget* above = widget.parentWidget();
    while (above != nullptr && !above->isWindow()) {
        const auto* area = qobject_cast<QAbstractScrollArea*>(above->parentWidget());
        if (area != nullptr && area->viewport() == above) return above;
        above = above->parentWidget();
    }
    return above;
}

}  // namespace

FocusRing::FocusRing(QObject* parent) : QObject(parent) { qApp->installEventFilter(this); }

FocusRing::~FocusRing() { leave(); }

bool FocusRing::eventFilter(QObject* watched, QEvent* event) {
    switch (event->type()) {
        case QEvent::KeyPress:
            if (!std::exchange(keyboard_, true)) goTo(QApplication::focusWidget());
            break;
        case QEvent::MouseButtonPress:
            keyboard_ = false;
            leave();
            break;
        case QEvent::FocusIn: {
            const Qt::FocusReason reason = static_cast<QFocusEvent*>(event)->reason();
            if (reason == Qt::TabFocusReason || reason == Qt::BacktabFocusReason) keyboard_ = true;
            if (keyboard_ && watched == QApplication::focusWidget())
                goTo(QApplication::focusWidget());
            break;
        }
        case QEvent::FocusOut:
            if (watched == target_) leave();
            break;
        case QEvent::Move:
        case QEvent::Resize:
        case QEvent::Show:
        case QEvent::Hide:
            if (target_ == nullptr || watched == frame_ || !watched->isWidgetType()) break;
            if (watched == target_ || static_cast<QWidget*>(watched)->isAncestorOf(target_))
                follow();
            break;
        default:
            break;
    }
    return QObject::eventFilter(watched, event);
}

void FocusRing::goTo(QWidget* widget) {
    leave();
    QWidget* owner = widget == nullptr ? nullptr : ownerOf(*widget);
    if (owner == nullptr) return;
    target_ = widget;
    frame_ = new RingFrame(owner);
    follow();
}

void FocusRing::leave() {
    target_ = nullptr;
    delete frame_;
}

// Inside of its owner also where the widget fills it.
void FocusRing::follow() {
    if (frame_ == nullptr) return;
    const QWidget& owner = *frame_->parentWidget();
    const QRect box(target_->mapTo(&owner, QPoint(0, 0)), target_->size());
    const QRect wanted = box.adjusted(-roomOfRing, -roomOfRing, roomOfRing, roomOfRing);
    const QRect inside = wanted.intersected(owner.rect());
    frame_->setGeometry(inside.isEmpty() ? wanted : inside);
    frame_->setVisible(target_->isVisible());
    frame_->raise();
}

}  // namespace ringscope::ui
