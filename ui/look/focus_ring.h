// A frame round the widget that has the focus, so that keyboard users see where they are. One for
// all windows, above everything: a widget need not draw its focus itself, and cannot forget to.
//
// It is there while the keyboard is used and goes with the next click of the mouse, as web browsers
// do it. Lives and is called in the window's thread.
#pragma once

#include <QObject>
#include <QPointer>

class QWidget;

namespace ringscope::ui {

class FocusRing : public QObject {
    Q_OBJECT

public:
    explicit FocusRing(QObject* parent = nullptr);
    ~FocusRing() override;

    // The widget it is round; null where there is no ring.
    QWidget* target() const { return frame_ == nullptr ? nullptr : target_.data(); }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void goTo(QWidget* widget);
    void leave();
    void follow();

    QPointer<QWidget> target_;
    QPointer<QWidget> frame_;  // a child of the window or viewport that clips the target
    bool keyboard_ = false;    // what was used last
};

}  // namespace ringscope::ui
