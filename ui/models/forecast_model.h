// Modes on a machine as a table: those that fit first, the fastest on top; a mode that cannot be
// predicted says why in place of its figures.
#pragma once

#include "backend/core/look.h"
#include "backend/report/derivation.h"
#include "backend/simulate/sweep.h"
#include "ui/models/cell_delegate.h"

#include <QAbstractTableModel>
#include <optional>
#include <vector>

namespace ringscope::ui {

class ForecastModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column {
        ModeColumn,
        StepColumn,
        PartsColumn,
        ComputeColumn,
        ExposedColumn,
        WaitColumn,
        MemoryColumn,
        TokensColumn,
        MfuColumn,
        FitsColumn,
        ColumnCount
    };

    using QAbstractTableModel::QAbstractTableModel;

    void setForecasts(std::vector<ModeForecast> forecasts);
    const ModeForecast& forecast(int row) const {
        return forecasts_[static_cast<std::size_t>(row)];
    }
    // Of the figure in this column; nothing where none derives.
    static std::optional<PredictedFigure> figureOf(int column);
    std::int64_t longestStep() const { return longestStep_; }
    std::int64_t mostBytes() const { return mostBytes_; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QString cell(const ModeForecast& forecast, int column) const;

    std::vector<ModeForecast> forecasts_;
    std::int64_t longestStep_ = 1;
    std::int64_t mostBytes_ = 1;
};

// Where a step's time goes, in the order in which its bar is stacked.
struct StepPart {
    const char* words;  // to be translated by ForecastDelegate::tr()
    ColourPair colour;
    bool hatched = false;
    std::int64_t (*nanos)(const RankTimes& mean);
};
const std::vector<StepPart>& stepParts();

class ForecastDelegate : public CellDelegate {
    Q_OBJECT

public:
    using CellDelegate::CellDelegate;

    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

protected:
    void paintContent(QPainter& painter, const QStyleOptionViewItem& option, const QRectF& box,
                      const QModelIndex& index) const override;
};

// One part of a step, painted as the bars have it.
void paintStepPart(QPainter& painter, const QRectF& box, const StepPart& part, bool dark);

}  // namespace ringscope::ui
