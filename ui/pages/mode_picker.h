// Which modes to run: a card each, with what it does and what it will send, or why it cannot run.
#pragma once

#include "ui/models/experiment_draft.h"

#include <QAbstractButton>
#include <QWidget>
#include <string>
#include <vector>

class QGridLayout;

namespace ringscope::ui {

struct Ink;

class ModeCard : public QAbstractButton {
    Q_OBJECT

public:
    explicit ModeCard(std::string mode, QWidget* parent = nullptr);

    const std::string& mode() const { return mode_; }
    // A mode that cannot run can only be unticked.
    void showPlan(const ModePlan& plan, bool ticked);
    QSize sizeHint() const override;
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    int layOut(int width, QPainter* painter) const;
    void showMemory(const MemoryPlan& memory, const RunConfig& config);
    void showShares(const std::vector<RankShare>& shares);
    void paintBalance(QPainter& painter, const QRectF& room, const Ink& ink) const;

    std::string mode_;
    QString help_;
    QString figures_;
    std::vector<double> balance_;  // of each rank, of the busiest one's work in attention
    QString reason_;
    bool legal_ = true;
};

class ModePicker : public QWidget {
    Q_OBJECT

public:
    explicit ModePicker(QWidget* parent = nullptr);

    void showPlan(const DraftPlan& plan);
    std::vector<std::string> chosen() const;
    ModeCard* card(std::string_view mode) const;

Q_SIGNALS:
    void chose(const std::vector<std::string>& modes);
    void touched(const std::string& mode);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void arrange();

    QGridLayout* grid_;
    std::vector<ModeCard*> cards_;
    int columns_ = 0;
};

}  // namespace ringscope::ui
