#include "ui/live/forecaster.h"

#include "backend/compare/foresight.h"
#include "backend/machine/machine_table.h"
#include "backend/simulate/advice.h"
#include "ui/widgets/parts.h"

#include <fmt/format.h>
#include <algorithm>
#include <string>
#include <utility>

namespace ringscope::ui {
namespace {

// A machine has rates of few number types; the first of them that it has, where not the wanted one.
void fitPrecision(RunConfig& config, const Machine& machine, std::vector<std::string>& notes) {
    const auto has = [&](NumberFormat format) {
        return std::ranges::any_of(machine.attention, [&](const AttentionTable& table) {
            return table.kernel == machine.kernel && table.format == format;
        });
    };
    const NumberFormat wanted = config.train.precision;
    if (has(wanted) || (wanted == NumberFormat::Fp16 && has(NumberFormat::Bf16))) return;
    for (const NumberFormatRow& format : numberFormats) {
        if (!has(format.value)) continue;
        config.train.precision = format.value;
        notes.push_back(fmt::format("Planned in {}: {} has no rates in {}.", format.name,
                                    machine.name, nameOf(wanted)));
        return;
    }
}

}  // namespace

Forecast forecastOf(const ForecastQuestion& question, const std::function<bool()>& stopped) {
    Forecast forecast;
    const ExperimentReading reading = readDraft(question.draft);
    if (!reading.ok()) {
        forecast.problem = reading.problems.front().text();
        return forecast;
    }
    Result<Machine> machine = findMachine(question.machine);
    if (!machine.ok()) {
        forecast.problem = machine.error().message;
        return forecast;
    }
    forecast.machine = *std::move(machine);
    if (forecast.machine.name == thisMachine)
        if (const auto learned = learnedErrorBar(question.newest, forecast.machine))
            forecast.machine.error = *learned;
    forecast.config = reading.experiment.base;
    RunConfig& config = forecast.config;
    if (question.tokens) {
        Result<RunConfig> longer = withLength(config, std::to_string(*question.tokens));
        if (!longer.ok()) {
            forecast.problem = longer.error().message;
            return forecast;
        }
        config = *std::move(longer);
    }
    fitPrecision(config, forecast.machine, forecast.notes);
    const std::int64_t own = config.parallel.sp * config.parallel.dp;
    forecast.ranks = question.ranks.value_or(own > 1 ? own : forecast.machine.device.perHost);
    const LinkLevel& link = slowestLink(forecast.machine, forecast.ranks);
    forecast.link = link.name;
    forecast.ownBandwidth = link.bandwidth;
    forecast.bandwidth = question.bandwidth.value_or(link.bandwidth);
    forecast.machine =
        withLinkSpeed(std::move(forecast.machine), forecast.ranks, forecast.bandwidth);
    forecast.modes = forecastModes(config, forecast.machine, forecast.ranks, stopped);
    return forecast;
}

Forecaster::Forecaster(QObject* parent) : QObject(parent), worker_(new QObject) {
    worker_->moveToThread(&thread_);
    connect(&thread_, &QThread::finished, worker_, &QObject::deleteLater);
    thread_.setObjectName(QStringLiteral("forecaster"));
    thread_.start();
}

void Forecaster::forget() {
    for (std::atomic<int>& newest : newest_) ++newest;
}

Forecaster::~Forecaster() {
    forget();
    thread_.quit();
    thread_.wait();
}

// `work` is done in the thread, unless a newer question of its kind was asked before it began, and
// told whether one has been since; `done` gets what it answers in the window's, if it is newest.
template <typename Work, typename Done>
void Forecaster::ask(Kind kind, Work work, Done done) {
    const int number = ++newest_[kind];
    ++asked_;
    QMetaObject::invokeMethod(
        worker_, [this, kind, number, work = std::move(work), done = std::move(done)] {
            const auto stopped = [this, kind, number] { return newest_[kind].load() != number; };
            using Answer = decltype(work(stopped));
            std::shared_ptr<Answer> answer;
            if (!stopped()) answer = std::make_shared<Answer>(work(stopped));
            QMetaObject::invokeMethod(
                this,
                [this, kind, number, done, answer] {
                    --asked_;
                    if (answer && newest_[kind].load() == number) done(*answer);
                    if (idle()) Q_EMIT idled();
                },
                Qt::QueuedConnection);
        });
}

void Forecaster::ask(ForecastQuestion question) {
    forget();
    ask(
        Modes,
        [question = std::move(question)](const std::function<bool()>& stopped) {
            return std::make_shared<const Forecast>(forecastOf(question, stopped));
        },
        [this](const std::shared_ptr<const Forecast>& answer) { Q_EMIT answered(answer); });
}

void Forecaster::sweep(std::shared_ptr<const Forecast> forecast, SweepAxis axis) {
    ask(
        Curves,
        [forecast = std::move(forecast), axis](const std::function<bool()>& stopped) {
            const double middle = axis == SweepAxis::Length
                                      ? static_cast<double>(forecast->config.train.seqLen)
                                      : forecast->bandwidth;
            Sweep sweep = sweepModes(forecast->config, forecast->machine, forecast->ranks, axis,
                                     sweepAround(middle, axis), stopped);
            ForecastCurves curves{.axis = axis,
                                  .curves = std::move(sweep.curves),
                                  .refused = std::move(sweep.refused)};
            curves.fastest = fastestAlong(curves.curves);
            return std::make_shared<const ForecastCurves>(std::move(curves));
        },
        [this](const std::shared_ptr<const ForecastCurves>& curves) { Q_EMIT swept(curves); });
}

void Forecaster::trace(std::shared_ptr<const Forecast> forecast, const std::string& mode) {
    ask(
        Step,
        [forecast = std::move(forecast), mode](const std::function<bool()>&) {
            const auto traceOf = [&]() -> Result<Trace> {
                RINGSCOPE_TRY(const RunPlan plan, planModeOn(forecast->config, mode,
                                                             forecast->machine, forecast->ranks));
                return predictedTrace(plan, forecast->machine);
            };
            ForecastTrace answer{.mode = mode};
            Result<Trace> trace = traceOf();
            if (trace.ok())
                answer.trace = openTrace(*std::move(trace));
            else
                answer.problem = trace.error().message;
            return std::make_shared<const ForecastTrace>(std::move(answer));
        },
        [this](const std::shared_ptr<const ForecastTrace>& answer) { Q_EMIT traced(answer); });
}

void Forecaster::advise(std::shared_ptr<const Forecast> forecast) {
    ask(
        Advices,
        [forecast = std::move(forecast)](const std::function<bool()>& stopped) {
            const Result<Advice> advice =
                adviseOn(forecast->config, forecast->machine, forecast->ranks, {}, stopped);
            QStringList sentences;
            if (!advice.ok()) return sentences << text(advice.error().message);
            for (const std::string& sentence : advice->sentences) sentences << text(sentence);
            return sentences;
        },
        [this](const QStringList& sentences) { Q_EMIT advised(sentences); });
}

}  // namespace ringscope::ui
