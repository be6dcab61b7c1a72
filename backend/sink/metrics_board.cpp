#include "backend/sink/metrics_board.h"

#include <fmt/format.h>
#include <array>
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

struct Metric {
    std::string_view name;
    std::string_view type;
    std::string_view help;
    std::string_view suffix;
};

constexpr std::array metrics = {
    Metric{"ringscope_loss", "gauge", "Mean loss of the newest step.", ""},
    Metric{"ringscope_grad_norm", "gauge", "Norm of the newest step's gradient.", ""},
    Metric{"ringscope_step_seconds", "gauge", "Duration of the newest step.", ""},
    Metric{"ringscope_tokens_per_second", "gauge", "Tokens of the newest step over its time.", ""},
    Metric{"ringscope_steps", "counter", "Steps that were done.", "_total"},
    Metric{"ringscope_tokens", "counter", "Tokens that were trained on.", "_total"},
};

double valueOf(std::size_t metric, const StepRecord& last, std::int64_t steps,
               std::int64_t tokens) {
    const std::chrono::duration<double> took = last.duration;
    const std::array values = {last.loss,
                               last.gradNorm,
                               took.count(),
                               static_cast<double>(last.tokens) / took.count(),
                               static_cast<double>(steps),
                               static_cast<double>(tokens)};
    return values.at(metric);
}

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
    for (std::size_t i = 0; i < metrics.size(); ++i) {
        const Metric& metric = metrics.at(i);
        text +=
            fmt::format("# TYPE {0} {1}\n# HELP {0} {2}\n", metric.name, metric.type, metric.help);
        for (const auto& [id, run] : runs_)
            if (run.last)
                text += fmt::format("{}{}{{{}}} {}\n", metric.name, metric.suffix, labels(*run.run),
                                    sample(valueOf(i, *run.last, run.steps, run.tokens)));
    }
    text += "# TYPE ringscope_run stateset\n# HELP ringscope_run What a run is doing.\n";
    for (const auto& [id, run] : runs_)
        for (const RunStatus status : allStatuses())
            text += fmt::format("ringscope_run{{{},ringscope_run=\"{}\"}} {}\n", labels(*run.run),
                                statusName(status), stateOf(run) == status ? 1 : 0);
    return text + "# EOF\n";
}

}  // namespace ringscope
