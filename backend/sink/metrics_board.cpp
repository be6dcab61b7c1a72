#include "backend/sink/metrics_board.h"

#include <fmt/format.h>
#include <array>
#include <chrono>
#include <cmath>

namespace ringscope {
namespace {

// What a label's value may hold.
std::string escaped(std::string_view text) {
    std::string safe;
    for (const char letter : text) {
        if (letter == '\\' || letter == '"') safe += '\\';
        safe += letter == '\n' ? ' ' : letter;
    }
    return safe;
}

std::string sample(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
    return fmt::format("{}", value);
}

using Figures = MetricsBoard::Figures;

struct Metric {
    std::string_view name;
    std::string_view type;
    std::string_view help;
    std::string_view suffix;
    std::optional<double> (*value)(const Figures& figures);  // nothing: there is none yet
};

template <typename Value>
std::optional<double> ofLastStep(const Figures& figures, Value value) {
    if (!figures.last) return std::nullopt;
    return static_cast<double>(value(*figures.last));
}

double secondsOfStep(const StepRecord& step) {
    return std::chrono::duration<double>(step.duration).count();
}

constexpr std::array metrics = {
    Metric{"ringscope_loss", "gauge", "Mean loss of the newest step.", "",
           [](const Figures& of) {
               return ofLastStep(of, [](const StepRecord& step) { return step.loss; });
           }},
    Metric{"ringscope_grad_norm", "gauge", "Norm of the newest step's gradient.", "",
           [](const Figures& of) {
               return ofLastStep(of, [](const StepRecord& step) { return step.gradNorm; });
           }},
    Metric{"ringscope_step_seconds", "gauge", "Duration of the newest step.", "",
           [](const Figures& of) { return ofLastStep(of, secondsOfStep); }},
    Metric{"ringscope_tokens_per_second", "gauge", "Tokens of the newest step over its time.", "",
           [](const Figures& of) {
               return ofLastStep(of, [](const StepRecord& step) {
                   return static_cast<double>(step.tokens) / secondsOfStep(step);
               });
           }},
    Metric{"ringscope_validation_loss", "gauge", "Loss of the newest validation.", "",
           [](const Figures& of) {
               return of.validation ? std::optional(of.validation->loss) : std::nullopt;
           }},
    Metric{"ringscope_steps", "counter", "Steps that were done.", "_total",
           [](const Figures& of) { return std::optional(static_cast<double>(of.steps)); }},
    Metric{"ringscope_tokens", "counter", "Tokens that were trained on.", "_total",
           [](const Figures& of) { return std::optional(static_cast<double>(of.tokens)); }},
};

}  // namespace

// A run is told of when it begins, at its steps and at its end.
RunStatus MetricsBoard::stateOf(const Figures& figures) {
    if (isFinal(figures.run->status)) return figures.run->status;
    return figures.last ? RunStatus::Running : RunStatus::Starting;
}

void MetricsBoard::write(const RunEvent& event) {
    const std::lock_guard lock(mutex_);
    Figures& figures = runs_[event.run->id.text];
    figures.run = event.run;
    if (event.validation) figures.validation = event.validation;
    if (!event.step) return;
    figures.last = event.step;
    ++figures.steps;
    figures.tokens += event.step->tokens;
}

std::string MetricsBoard::text() const {
    const std::lock_guard lock(mutex_);
    std::string text;
    const auto labels = [](const RunRecord& run) {
        return fmt::format("run=\"{}\",name=\"{}\",mode=\"{}\"", escaped(run.id.text),
                           escaped(run.name), escaped(run.config.parallel.mode));
    };
    for (const Metric& metric : metrics) {
        text +=
            fmt::format("# TYPE {0} {1}\n# HELP {0} {2}\n", metric.name, metric.type, metric.help);
        for (const auto& [id, run] : runs_)
            if (const std::optional<double> value = metric.value(run))
                text += fmt::format("{}{}{{{}}} {}\n", metric.name, metric.suffix, labels(*run.run),
                                    sample(*value));
    }
    text += "# TYPE ringscope_run stateset\n# HELP ringscope_run What a run is doing.\n";
    for (const auto& [id, run] : runs_)
        for (const RunStatus status : allStatuses())
            text += fmt::format("ringscope_run{{{},ringscope_run=\"{}\"}} {}\n", labels(*run.run),
                                statusName(status), stateOf(run) == status ? 1 : 0);
    return text + "# EOF\n";
}

}  // namespace ringscope
