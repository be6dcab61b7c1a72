#include "ui/models/forecast_model.h"

#include "backend/core/units.h"
#include "ui/look/icons.h"
#include "ui/look/theme.h"
#include "ui/widgets/parts.h"

#include <QPainter>
#include <QWidget>
#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

namespace ringscope::ui {
namespace {

QString durationText(std::int64_t nanos) { return text(formatDuration(Nanos(nanos))); }

// Fits, is known, fast: in this order.
std::tuple<bool, bool, std::int64_t> standingOf(const ModeForecast& forecast) {
    if (!forecast.prediction) return {true, true, 0};
    return {false, !forecast.prediction->fits(), forecast.prediction->stepNanos};
}

void paintStepBar(QPainter& painter, const QRectF& box, const Prediction& prediction,
                  std::int64_t longest, bool dark) {
    double left = box.left();
    for (const StepPart& part : stepParts()) {
        const double share =
            static_cast<double>(part.nanos(prediction.mean)) / static_cast<double>(longest);
        const double width = box.width() * share;
        if (width <= 0) continue;
        paintStepPart(painter, {left, box.top(), width, box.height()}, part, dark);
        left += width;
    }
}

// The bar against what a device has, which is a line.
void paintMemoryBar(QPainter& painter, const QRectF& box, const Prediction& prediction,
                    std::int64_t most, const Ink& ink) {
    const auto across = [&](std::int64_t bytes) {
        return box.width() * std::min(1.0, static_cast<double>(bytes) / static_cast<double>(most));
    };
    painter.fillRect(QRectF(box.left(), box.top(), across(prediction.neededBytes()), box.height()),
                     prediction.fits() ? ink.muted : ink.bad);
    const double line = box.left() + across(prediction.deviceBytes);
    painter.setPen(QPen(ink.text, scaled(1)));
    painter.drawLine(QPointF(line, box.top() - scaled(3)), QPointF(line, box.bottom() + scaled(3)));
}

}  // namespace

const std::vector<StepPart>& stepParts() {
    static const std::vector<StepPart> parts = {
        {QT_TRANSLATE_NOOP("ringscope::ui::ForecastDelegate", "attention"), spanLook.attention,
         false, [](const RankTimes& mean) { return mean.attention; }},
        {QT_TRANSLATE_NOOP("ringscope::ui::ForecastDelegate", "other computation"),
         spanLook.compute, false, [](const RankTimes& mean) { return mean.compute; }},
        {QT_TRANSLATE_NOOP("ringscope::ui::ForecastDelegate", "copies"), spanLook.copy, false,
         [](const RankTimes& mean) { return mean.copies; }},
        {QT_TRANSLATE_NOOP("ringscope::ui::ForecastDelegate", "exposed"), spanLook.transfer, false,
         [](const RankTimes& mean) { return mean.exposed; }},
        {QT_TRANSLATE_NOOP("ringscope::ui::ForecastDelegate", "wait"), spanLook.transfer, true,
         waitNanos},
        {QT_TRANSLATE_NOOP("ringscope::ui::ForecastDelegate", "host"), spanLook.host, false,
         otherNanos},
    };
    return parts;
}

void ForecastModel::setForecasts(std::vector<ModeForecast> forecasts) {
    beginResetModel();
    std::ranges::stable_sort(forecasts, {}, standingOf);
    forecasts_ = std::move(forecasts);
    longestStep_ = 1;
    mostBytes_ = 1;
    for (const ModeForecast& each : forecasts_) {
        if (!each.prediction) continue;
        longestStep_ = std::max(longestStep_, each.prediction->stepNanos);
        // What is far too large does not make all others short.
        const std::int64_t device = each.prediction->deviceBytes;
        mostBytes_ = std::max(
            {mostBytes_, device, std::min(each.prediction->neededBytes(), 3 * device / 2)});
    }
    endResetModel();
}

std::optional<PredictedFigure> ForecastModel::figureOf(int column) {
    switch (column) {
        case StepColumn:
        case PartsColumn:
            return PredictedFigure::Step;
        case ComputeColumn:
            return PredictedFigure::Compute;
        case ExposedColumn:
            return PredictedFigure::Exposed;
        case WaitColumn:
            return PredictedFigure::Wait;
        case MemoryColumn:
        case FitsColumn:
            return PredictedFigure::Memory;
        case TokensColumn:
            return PredictedFigure::TokensPerSecond;
        case MfuColumn:
            return PredictedFigure::Mfu;
        default:
            return std::nullopt;
    }
}

int ForecastModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(forecasts_.size());
}

int ForecastModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QString ForecastModel::cell(const ModeForecast& forecast, int column) const {
    if (column == ModeColumn) return text(forecast.mode);
    if (!forecast.prediction) return column == StepColumn ? text(forecast.reason) : QString();
    const Prediction& prediction = *forecast.prediction;
    switch (column) {
        case StepColumn:
            return durationText(prediction.stepNanos);
        case ComputeColumn:
            return durationText(computeNanos(prediction.mean));
        case ExposedColumn:
            return durationText(prediction.mean.exposed);
        case WaitColumn:
            return durationText(waitNanos(prediction.mean));
        case MemoryColumn:
            return text(formatBytes({prediction.neededBytes()}));
        case TokensColumn:
            return text(formatCount(std::llround(prediction.tokensPerSecond())));
        case MfuColumn:
            return prediction.peakTflops > 0
                       ? QStringLiteral("%1 %").arg(prediction.mfu() * 100, 0, 'f', 1)
                       : QStringLiteral("–");
        case FitsColumn:
            return prediction.fits() ? tr("yes") : tr("no");
        default:
            return {};
    }
}

QVariant ForecastModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) return {};
    const ModeForecast& shown = forecast(index.row());
    if (role == Qt::DisplayRole) return cell(shown, index.column());
    if (role == Qt::ToolTipRole && !shown.prediction) return text(shown.reason);
    if (role == Qt::TextAlignmentRole) {
        const bool words = index.column() == ModeColumn || !shown.prediction;
        return int((words ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    }
    if (role != Qt::AccessibleTextRole || !shown.prediction) return {};
    if (index.column() != PartsColumn) return cell(shown, index.column());
    QStringList parts;
    for (const StepPart& part : stepParts())
        parts << QStringLiteral("%1 %2").arg(ForecastDelegate::tr(part.words),
                                             durationText(part.nanos(shown.prediction->mean)));
    return parts.join(QStringLiteral(", "));
}

QVariant ForecastModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    if (role == Qt::TextAlignmentRole) {
        const bool words = section == ModeColumn || section == PartsColumn;
        return int((words ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    }
    if (role != Qt::DisplayRole) return {};
    switch (section) {
        case ModeColumn:
            return tr("Mode");
        case StepColumn:
            return tr("Step");
        case PartsColumn:
            return tr("Where the time goes");
        case ComputeColumn:
            return tr("Compute");
        case ExposedColumn:
            return tr("Exposed");
        case WaitColumn:
            return tr("Wait");
        case MemoryColumn:
            return tr("Memory");
        case TokensColumn:
            return tr("Tokens/s");
        case MfuColumn:
            return tr("MFU");
        case FitsColumn:
            return tr("Fits");
        default:
            return {};
    }
}

void paintStepPart(QPainter& painter, const QRectF& box, const StepPart& part, bool dark) {
    const QColor colour = colourOf(part.colour, dark);
    if (!part.hatched) return painter.fillRect(box, colour);
    QColor quiet = colour;
    quiet.setAlphaF(0.3F);
    painter.fillRect(box, quiet);
    painter.fillRect(box, QBrush(colour, Qt::BDiagPattern));
}

QSize ForecastDelegate::sizeHint(const QStyleOptionViewItem& option,
                                 const QModelIndex& index) const {
    const QSize words = CellDelegate::sizeHint(option, index);
    switch (index.column()) {
        case ForecastModel::ModeColumn:
            return {words.width() + scaled(17), words.height()};
        case ForecastModel::PartsColumn:
            return {scaled(170), words.height()};
        case ForecastModel::MemoryColumn:
            return {words.width() + scaled(70), words.height()};
        default:
            return words;
    }
}

void ForecastDelegate::paintContent(QPainter& painter, const QStyleOptionViewItem& option,
                                    const QRectF& box, const QModelIndex& index) const {
    const auto& model = *qobject_cast<const ForecastModel*>(index.model());
    const ModeForecast& shown = model.forecast(index.row());
    const Ink ink = inkOf(*option.widget);
    const double high = scaled(12);
    const QRectF bar(box.left(), box.center().y() - high / 2, box.width(), high);
    const int column = index.column();
    if (column == ForecastModel::ModeColumn) {
        const int side = scaled(10);
        paintMarker(painter, modeLook(shown.mode).marker,
                    {box.left(), box.center().y() - side / 2.0, double(side), double(side)},
                    ink.mode(shown.mode));
        return paintText(painter, box.adjusted(side + scaled(7), 0, 0, 0), Qt::AlignLeft,
                         index.data(Qt::DisplayRole).toString());
    }
    if (!shown.prediction) {
        painter.setPen(ink.muted);
    } else if (column == ForecastModel::PartsColumn) {
        return paintStepBar(painter, bar, *shown.prediction, model.longestStep(), ink.dark);
    } else if (column == ForecastModel::MemoryColumn) {
        const int words =
            option.fontMetrics.horizontalAdvance(index.data(Qt::DisplayRole).toString());
        paintMemoryBar(painter, bar.adjusted(0, 0, -words - scaled(8), 0), *shown.prediction,
                       model.mostBytes(), ink);
        painter.setPen(ink.text);
    } else if (column == ForecastModel::FitsColumn) {
        painter.setPen(shown.prediction->fits() ? ink.good : ink.bad);
    }
    CellDelegate::paintContent(painter, option, box, index);
}

}  // namespace ringscope::ui
