// Predicts off the window's thread: the modes of an experiment on a machine, curves over lengths or
// bandwidths, the step of one mode as a trace, the advice. Of each only the newest question is
// answered, and a newer one ends what the older had not begun.
#pragma once

#include "backend/core/result.h"
#include "backend/run/run_record.h"
#include "backend/simulate/sweep.h"
#include "ui/models/experiment_draft.h"
#include "ui/timeline/opened_trace.h"

#include <QObject>
#include <QThread>
#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ringscope::ui {

struct ForecastQuestion {
    ExperimentDraft draft{};
    std::string machine{};                 // as findMachine() takes it
    std::optional<std::int64_t> ranks{};   // nothing: the experiment's, or a host's
    std::optional<std::int64_t> tokens{};  // of a sequence; nothing: the experiment's
    std::optional<double> bandwidth{};     // bytes a second; nothing: the machine's
    std::vector<RunRecord> newest{};       // of the store: the error bar of this machine
};

// What can be predicted, and of what.
struct Forecast {
    std::string problem{};  // why there is nothing; empty: there is
    RunConfig config{};     // as asked for
    Machine machine{};
    std::int64_t ranks = 1;
    std::string link{};       // over which they reach each other
    double bandwidth = 0;     // of it, as asked for
    double ownBandwidth = 0;  // of it, as the machine has it
    std::vector<std::string> notes{};
    std::vector<ModeForecast> modes{};
};

Forecast forecastOf(const ForecastQuestion& question, const std::function<bool()>& stopped);

struct ForecastCurves {
    SweepAxis axis = SweepAxis::Length;
    std::vector<SweepCurve> curves{};
    std::string refused{};  // why some lengths have no point; empty: none is refused
    FastestAlong fastest{};
};

struct ForecastTrace {
    std::string mode{};
    std::shared_ptr<const OpenedTrace> trace{};  // null: `problem` says why
    std::string problem{};
};

class Forecaster : public QObject {
    Q_OBJECT

public:
    explicit Forecaster(QObject* parent = nullptr);
    ~Forecaster() override;

    // The others, which are of an older answer, are ended.
    void ask(ForecastQuestion question);
    void sweep(std::shared_ptr<const Forecast> forecast, SweepAxis axis);
    void trace(std::shared_ptr<const Forecast> forecast, const std::string& mode);
    void advise(std::shared_ptr<const Forecast> forecast);

    void forget();  // nothing that was asked is answered any more

    bool idle() const { return asked_ == 0; }

Q_SIGNALS:
    void answered(const std::shared_ptr<const ringscope::ui::Forecast>& forecast);
    void swept(const std::shared_ptr<const ringscope::ui::ForecastCurves>& curves);
    void traced(const std::shared_ptr<const ringscope::ui::ForecastTrace>& trace);
    void advised(const QStringList& sentences);
    void idled();  // the last thing asked for was answered

private:
    enum Kind : std::size_t { Modes, Curves, Step, Advices, Kinds };
    template <typename Work, typename Done>
    void ask(Kind kind, Work work, Done done);

    QThread thread_;
    QObject* worker_;  // lives in thread_
    std::array<std::atomic<int>, Kinds> newest_{};
    int asked_ = 0;  // questions without their answer
};

}  // namespace ringscope::ui
