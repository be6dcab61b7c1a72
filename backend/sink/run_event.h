// What is told outside of the store about a run: that it began, its steps and validations, its end.
#pragma once

#include "backend/run/run_record.h"

#include <cstdint>
#include <memory>
#include <optional>

namespace ringscope {

struct RunEvent {
    enum class Kind : std::uint8_t { Began, Step, Validation, Ended };

    Kind kind = Kind::Began;
    std::int64_t timeUs = 0;                 // UTC, microseconds
    std::shared_ptr<const RunRecord> run{};  // without its steps; whole figures at its end alone
    std::optional<StepRecord> step{};        // where it is one
    std::optional<ValidationRecord> validation{};
};

// One place that events go to. Called from one thread; may block, and may fail.
class SinkWriter {
public:
    virtual ~SinkWriter() = default;

    virtual Result<void> write(const RunEvent& event) = 0;
    // After the last event.
    virtual Result<void> close() { return {}; }
};

}  // namespace ringscope
