// The modes of an experiment side by side on a machine, and over lengths or bandwidths: where the
// fastest changes.
#pragma once

#include "backend/simulate/prediction.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

// The configuration with another train.seq_len, as text; checked as that of an experiment is, alone
// and with other fields.
Result<RunConfig> withLength(RunConfig config, const std::string& tokens);

// A mode over so many ranks of a machine: what it would take, or why it cannot be said.
struct ModeForecast {
    std::string mode{};
    std::optional<Prediction> prediction{};
    std::string reason{};
};

// A mode of `config` on so many ranks, where it is not split as the configuration says.
Result<RunPlan> planModeOn(const RunConfig& config, std::string_view mode, const Machine& machine,
                           std::int64_t ranks);

// Every mode that splits a sequence, in the table's order. `stopped` is asked before each; those
// that are left then have no reason either.
std::vector<ModeForecast> forecastModes(const RunConfig& config, const Machine& machine,
                                        std::int64_t ranks, const std::function<bool()>& stopped);

enum class SweepAxis : std::uint8_t { Length, Bandwidth };

// The link over which so many ranks reach each other, and the machine with another speed of it.
const LinkLevel& slowestLink(const Machine& machine, std::int64_t ranks);
Machine withLinkSpeed(Machine machine, std::int64_t ranks, double bytesPerSecond);

struct SweepPoint {
    double at = 0;       // tokens, or bytes a second
    double seconds = 0;  // of a step
};

// Of one mode or run; only points that fit the device.
struct SweepCurve {
    std::string name{};
    std::string mode{};
    std::vector<SweepPoint> points{};  // ascending
};

struct Sweep {
    std::vector<SweepCurve> curves{};  // one for each mode that has a point
    std::string refused{};             // why the first of the lengths is none that a run may have
};
// `stopped` as above; what was done by then is returned.
Sweep sweepModes(const RunConfig& config, const Machine& machine, std::int64_t ranks,
                 SweepAxis axis, const std::vector<double>& at,
                 const std::function<bool()>& stopped);

// An eighth to eight times `middle`, doubled from place to place; of lengths those that are
// whole.
std::vector<double> sweepAround(double middle, SweepAxis axis);

// From one curve to the next. Where both are known on both sides, `at` is interpolated; else it is
// the last place before the change.
struct Crossover {
    double at = 0;
    bool interpolated = false;
    std::string from{};
    std::string to{};
};

struct FastestAlong {
    double begin = 0;  // the first and the last place where anything is known
    double end = 0;
    std::string first{};  // the fastest at `begin`; empty: nothing fits anywhere
    std::vector<Crossover> changes{};
};

// One is called faster than another from half a percent on.
FastestAlong fastestAlong(const std::vector<SweepCurve>& curves);

// "The fastest that fits: ulysses from 16,384 to about 60,000 tokens, zigzag from there to 262,144
// tokens." `unit` follows each number, which was divided by `divisor`.
std::string fastestSentence(const FastestAlong& fastest, std::string_view unit, double divisor = 1);

}  // namespace ringscope
