// A heading that shows and hides what stands below it. What is folded away is not gone: the search
// of a page looks into it, and opens it where it finds something.
#pragma once

#include <QWidget>

class QToolButton;

namespace ringscope::ui {

class Fold : public QWidget {
    Q_OBJECT

public:
    // Takes ownership of the body.
    Fold(const QString& title, QWidget* body, bool open, QWidget* parent = nullptr);

    bool isOpen() const;
    void setOpen(bool open);
    void setTitle(const QString& title);
    QString title() const;
    QWidget* body() const { return body_; }
    QToolButton* head() const { return head_; }

private:
    QToolButton* head_;
    QWidget* body_;
};

}  // namespace ringscope::ui
