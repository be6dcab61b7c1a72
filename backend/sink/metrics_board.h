// The newest figures of a program's runs, as OpenMetrics text for whoever collects them.
#pragma once

#include "backend/sink/run_event.h"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace ringscope {

class MetricsBoard {
public:
    struct Figures {
        std::shared_ptr<const RunRecord> run;
        std::optional<StepRecord> last{};
        std::optional<ValidationRecord> validation{};  // the newest
        std::int64_t steps = 0;
        std::int64_t tokens = 0;
    };

    void write(const RunEvent& event);
    // Ends with "# EOF\n". May be called from any thread.
    std::string text() const;

    static constexpr std::string_view contentType =
        "application/openmetrics-text; version=1.0.0; charset=utf-8";

private:
    static RunStatus stateOf(const Figures& figures);

    mutable std::mutex mutex_;
    std::map<std::string, Figures> runs_;  // by id
};

}  // namespace ringscope
