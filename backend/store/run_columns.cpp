#include "backend/store/run_columns.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace ringscope::store {
namespace {

using Json = nlohmann::json;

// A column that is a plain member: text, a number or a switch.
template <auto Member>
constexpr RunColumn plain(std::string_view name, Part part) {
    return {name, part, [](Statement& s, const RunRecord& run) { s.bind(run.*Member); },
            [](Statement& s, RunRecord& run) {
                using Value = std::remove_reference_t<decltype(run.*Member)>;
                if constexpr (std::is_same_v<Value, std::string>)
                    run.*Member = s.text();
                else if constexpr (std::is_same_v<Value, double>)
                    run.*Member = s.real();
                else
                    run.*Member = static_cast<Value>(s.integer());
            }};
}

template <Bytes RunRecord::*Member>
constexpr RunColumn bytes(std::string_view name, Part part) {
    return {name, part, [](Statement& s, const RunRecord& run) { s.bind((run.*Member).count); },
            [](Statement& s, RunRecord& run) { run.*Member = {s.integer()}; }};
}

template <Bytes (*Figure)(const RunRecord&), Bytes RunSummary::*Member>
constexpr RunColumn figure(std::string_view name) {
    return {name, Part::Figures,
            [](Statement& s, const RunRecord& run) { s.bind(Figure(run).count); },
            [](Statement& s, RunRecord& run) { (*run.summary).*Member = {s.integer()}; }};
}

// Notes that are no JSON array of texts are dropped: a run is listed without them.
std::vector<std::string> notesFrom(const std::string& text) {
    const Json array = Json::parse(text, nullptr, false);
    std::vector<std::string> notes;
    for (const Json& note : array)
        if (note.is_string()) notes.push_back(note.get<std::string>());
    return notes;
}

void bindSpeed(Statement& s, const RunRecord& run) {
    const std::optional<RunSpeed> speed = runSpeed(run);
    for (double RunSpeed::*figure :
         {&RunSpeed::tokensPerSecond, &RunSpeed::stepMedianMs, &RunSpeed::stepP95Ms})
        speed ? s.bind((*speed).*figure) : s.bind(nullptr);
}

void readSpeed(Statement& s, RunRecord& run) {
    const std::optional<double> tokensPerSecond = s.realIfAny();
    const std::optional<double> median = s.realIfAny();
    const std::optional<double> p95 = s.realIfAny();
    if (tokensPerSecond && median && p95)
        run.summary->speed = RunSpeed{*tokensPerSecond, *median, *p95};
}

void bindParity(Statement& s, const RunRecord& run) {
    if (!run.parity) {
        for (int column = 0; column < 6; ++column) s.bind(nullptr);
        return;
    }
    s.bind(run.parity->reference.text);
    s.bind(run.parity->steps);
    s.bindAnyReal(run.parity->maxLossDiff);
    s.bindAnyReal(run.parity->maxGradNormRelDiff);
}

void readParity(Statement& s, RunRecord& run) {
    const std::optional<std::string> reference = s.textIfAny();
    const std::int64_t steps = s.integer();
    const double loss = s.anyReal();
    const double gradNorm = s.anyReal();
    if (reference) run.parity = Parity{RunId{*reference}, loss, gradNorm, steps};
}

void bindOverlap(Statement& s, const RunRecord& run) {
    if (!run.overlap) {
        for (int column = 0; column < 9; ++column) s.bind(nullptr);
        return;
    }
    s.bind(run.overlap->steps);
    s.bind(run.overlap->exposedMs);
    s.bind(run.overlap->waitMs);
    s.bind(run.overlap->hiddenWaitMs);
    s.bind(run.overlap->transferMs);
    s.bind(run.overlap->hiddenPercent);
    s.bind(run.overlap->lateRank);
    s.bind(run.overlap->algbw);
    s.bind(run.overlap->busbw);
}

void readOverlap(Statement& s, RunRecord& run) {
    const std::int64_t steps = s.integer();
    OverlapFigures overlap;
    overlap.steps = steps;
    overlap.exposedMs = s.real();
    overlap.waitMs = s.realIfAny();
    overlap.hiddenWaitMs = s.realIfAny();
    overlap.transferMs = s.realIfAny();
    overlap.hiddenPercent = s.realIfAny();
    if (const std::optional<std::int64_t> late = s.integerIfAny())
        overlap.lateRank = static_cast<int>(*late);
    overlap.algbw = s.realIfAny();
    overlap.busbw = s.realIfAny();
    if (steps > 0) run.overlap = overlap;
}

void bindPrediction(Statement& s, const RunRecord& run) {
    if (!run.prediction) {
        for (int column = 0; column < 5; ++column) s.bind(nullptr);
        return;
    }
    s.bind(run.prediction->stepMs);
    s.bind(run.prediction->exposedMs);
    s.bind(run.prediction->waitMs);
    s.bind(run.prediction->processor);
    s.bind(run.prediction->calibrated);
}

void readPrediction(Statement& s, RunRecord& run) {
    const std::optional<double> step = s.realIfAny();
    RunPrediction prediction;
    prediction.exposedMs = s.real();
    prediction.waitMs = s.real();
    prediction.processor = s.text();
    prediction.calibrated = s.text();
    if (!step) return;
    prediction.stepMs = *step;
    run.prediction = prediction;
}

void bindContinuation(Statement& s, const RunRecord& run) {
    run.continues ? s.bind(run.continues->run.text) : s.bind(nullptr);
    run.continues ? s.bind(run.continues->step) : s.bind(nullptr);
}

void readContinuation(Statement& s, RunRecord& run) {
    const std::optional<std::string> other = s.textIfAny();
    const std::int64_t step = s.integer();
    if (other) run.continues = Continuation{RunId{*other}, step};
}

template <std::string RunOrigin::*Member>
constexpr RunColumn origin(std::string_view name) {
    return {name, Part::Origin,
            [](Statement& s, const RunRecord& run) { s.bind(run.environment.origin.*Member); },
            [](Statement& s, RunRecord& run) { run.environment.origin.*Member = s.text(); }};
}

void bindDirty(Statement& s, const RunRecord& run) {
    const std::optional<bool>& dirty = run.environment.origin.dirty;
    dirty ? s.bind(*dirty) : s.bind(nullptr);
}

void readDirty(Statement& s, RunRecord& run) {
    const std::optional<std::int64_t> dirty = s.integerIfAny();
    if (dirty) run.environment.origin.dirty = *dirty != 0;
}

constexpr std::array columns = {
    RunColumn{"uuid", Part::Origin, [](Statement& s, const RunRecord& run) { s.bind(run.id.text); },
              [](Statement& s, RunRecord& run) { run.id = {s.text()}; }},
    plain<&RunRecord::experiment>("experiment", Part::Origin),
    plain<&RunRecord::experimentId>("experiment_id", Part::Origin),
    plain<&RunRecord::name>("name", Part::Origin),
    RunColumn{"mode", Part::Origin,
              [](Statement& s, const RunRecord& run) { s.bind(run.config.parallel.mode); },
              [](Statement& s, RunRecord& run) { run.config.parallel.mode = s.text(); }},
    RunColumn{"seq_len", Part::Origin,
              [](Statement& s, const RunRecord& run) { s.bind(run.config.train.seqLen); },
              [](Statement& s, RunRecord& run) { run.config.train.seqLen = s.integer(); }},
    RunColumn{"train_steps", Part::Origin,
              [](Statement& s, const RunRecord& run) { s.bind(run.config.train.steps); },
              [](Statement& s, RunRecord& run) { run.config.train.steps = s.integer(); }},
    plain<&RunRecord::computation>("computation", Part::Origin),
    plain<&RunRecord::baseline>("baseline", Part::Origin),
    plain<&RunRecord::reference>("reference", Part::Origin),
    plain<&RunRecord::repeat>("repeat", Part::Origin),
    plain<&RunRecord::createdUs>("created_us", Part::Origin),
    bytes<&RunRecord::predictedAttentionBytesPerStep>("predicted_attention_bytes", Part::Origin),
    bytes<&RunRecord::predictedGradientBytesPerStep>("predicted_gradient_bytes", Part::Origin),
    plain<&RunRecord::flopsPerStep>("flops_per_step", Part::Origin),
    plain<&RunRecord::parameters>("parameters", Part::Origin),
    plain<&RunRecord::trainedParameters>("trained_parameters", Part::Origin),
    RunColumn{"continues, continued_step", Part::Origin, bindContinuation, readContinuation},

    origin<&RunOrigin::command>("command"),
    origin<&RunOrigin::folder>("folder"),
    origin<&RunOrigin::commit>("commit_id"),
    RunColumn{"dirty", Part::Origin, bindDirty, readDirty},

    RunColumn{"status", Part::Life,
              [](Statement& s, const RunRecord& run) { s.bind(statusName(run.status)); },
              [](Statement& s, RunRecord& run) {
                  run.status = statusFromName(s.text()).value_or(RunStatus::Lost);
              }},
    plain<&RunRecord::statusReason>("status_reason", Part::Life),
    plain<&RunRecord::ranks>("ranks", Part::Life),
    plain<&RunRecord::device>("device", Part::Life),
    plain<&RunRecord::versions>("versions", Part::Life),
    plain<&RunRecord::startedUs>("started_us", Part::Life),
    plain<&RunRecord::endedUs>("ended_us", Part::Life),
    RunColumn{"network", Part::Life,
              [](Statement& s, const RunRecord& run) { s.bind(run.environment.network); },
              [](Statement& s, RunRecord& run) { run.environment.network = s.text(); }},
    RunColumn{"notes", Part::Life,
              [](Statement& s, const RunRecord& run) {
                  s.bind(Json(run.notes).dump(-1, ' ', false, Json::error_handler_t::replace));
              },
              [](Statement& s, RunRecord& run) { run.notes = notesFrom(s.text()); }},
    RunColumn{"predicted_step_ms, predicted_exposed_ms, predicted_wait_ms, calibrated_processor, "
              "calibrated_day",
              Part::Life, bindPrediction, readPrediction},
    plain<&RunRecord::unpredicted>("unpredicted", Part::Life),
    plain<&RunRecord::lostSteps>("lost_steps", Part::Life),

    RunColumn{"steps_done", Part::Figures,
              [](Statement& s, const RunRecord& run) { s.bind(stepsDone(run)); },
              [](Statement& s, RunRecord& run) { run.summary->steps = s.integer(); }},
    RunColumn{"tokens_per_s, step_median_ms, step_p95_ms", Part::Figures, bindSpeed, readSpeed},
    figure<peakMemory, &RunSummary::peakMemory>("peak_bytes"),
    figure<measuredAttentionBytes, &RunSummary::attentionBytesPerStep>("attention_bytes"),
    figure<measuredGradientBytes, &RunSummary::gradientBytesPerStep>("gradient_bytes"),
    RunColumn{
        "traced_steps, exposed_ms, wait_ms, hidden_wait_ms, transfer_ms, hidden_pct, late_rank, "
        "algbw, busbw",
        Part::Figures, bindOverlap, readOverlap},

    RunColumn{"parity_reference, parity_steps, parity_loss, parity_loss_special, parity_grad_norm, "
              "parity_grad_norm_special",
              Part::Parity, bindParity, readParity},

    plain<&RunRecord::note>("note", Part::User),
    plain<&RunRecord::pinned>("pinned", Part::User),
    plain<&RunRecord::archivedUs>("archived_us", Part::User),
};

template <typename Use>
void forEachColumn(std::initializer_list<Part> parts, Use use) {
    for (const RunColumn& column : columns)
        if (std::ranges::find(parts, column.part) != parts.end()) use(column);
}

}  // namespace

std::string columnNames(std::initializer_list<Part> parts) {
    std::string names;
    forEachColumn(parts, [&](const RunColumn& column) {
        if (!names.empty()) names += ", ";
        names += column.names;
    });
    return names;
}

std::string columnMarks(std::initializer_list<Part> parts) {
    std::string marks;
    for (const char c : columnNames(parts))
        if (c == ',') marks += "?, ";
    return marks + "?";
}

void bindColumns(Statement& statement, const RunRecord& run, std::initializer_list<Part> parts) {
    forEachColumn(parts, [&](const RunColumn& column) { column.bind(statement, run); });
}

RunRecord readColumns(Statement& statement) {
    RunRecord run;
    run.summary.emplace();
    for (const RunColumn& column : columns) column.read(statement, run);
    return run;
}

}  // namespace ringscope::store
