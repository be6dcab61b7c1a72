// Widgets side by side, on as many lines as their width needs: a row of buttons that never asks for
// more width than the widest of them.
#pragma once

#include <QLayout>
#include <memory>
#include <vector>

namespace ringscope::ui {

class FlowLayout : public QLayout {
    Q_OBJECT

public:
    explicit FlowLayout(QWidget* owner, int spacing = 8);
    ~FlowLayout() override;

    void addItem(QLayoutItem* item) override;  // takes it
    int count() const override;
    QLayoutItem* itemAt(int index) const override;
    QLayoutItem* takeAt(int index) override;  // gives it away
    Qt::Orientations expandingDirections() const override { return {}; }
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize minimumSize() const override;
    QSize sizeHint() const override;
    void setGeometry(const QRect& box) override;

private:
    int place(const QRect& box, bool move) const;

    std::vector<std::unique_ptr<QLayoutItem>> items_;
};

}  // namespace ringscope::ui
