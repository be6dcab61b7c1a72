#include "backend/query/query_fields.h"

#include "backend/compare/comparison.h"
#include "backend/config/field_table.h"
#include "backend/core/text.h"
#include "backend/core/units.h"
#include "backend/plan/mode_table.h"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>
#include <ctime>

namespace ringscope::query {
namespace {

Value number(std::optional<double> value) { return value ? Value(*value) : Value(); }
Value word(std::string text) { return std::vector<std::string>{std::move(text)}; }
Value yesOrNo(bool value) { return word(value ? "yes" : "no"); }
Value ofBytes(Bytes bytes) {
    return bytes.count > 0 ? Value(static_cast<double>(bytes.count)) : Value();
}

std::string localMoment(std::int64_t microseconds) {
    const std::time_t seconds = microseconds / 1'000'000;
    std::tm time{};
    ::localtime_r(&seconds, &time);
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", time.tm_year + 1900, time.tm_mon + 1,
                       time.tm_mday, time.tm_hour, time.tm_min, time.tm_sec);
}

Value speed(const RunRecord& run, double RunSpeed::*figure) {
    const std::optional<RunSpeed> speed = runSpeed(run);
    return speed ? Value((*speed).*figure) : Value();
}

Value overlap(const RunRecord& run, std::optional<double> OverlapFigures::*figure) {
    return run.overlap ? number((*run.overlap).*figure) : Value();
}

Value ofHosts(const RunRecord& run, std::string (*text)(const HostFacts&)) {
    std::vector<std::string> words;
    for (const HostFacts& facts : run.environment.hosts) words.push_back(text(facts));
    return words;
}

std::string parityWord(const RunRecord& run) {
    if (run.reference) return "reference";
    switch (parityVerdict(run)) {
        case ParityVerdict::Same:
            return "same";
        case ParityVerdict::AnotherModel:
            return "another";
        case ParityVerdict::Different:
            return "differs";
        case ParityVerdict::Unknown:
            break;
    }
    return "unknown";
}

std::vector<std::string> modeNames() {
    std::vector<std::string> names;
    for (const Mode& mode : modeTable()) names.emplace_back(mode.name);
    return names;
}

std::vector<std::string> stateNames() {
    std::vector<std::string> names;
    for (const RunStatus status : allStatuses()) names.emplace_back(statusName(status));
    return names;
}

std::vector<std::string> parityNames() {
    return {"same", "another", "differs", "reference", "unknown"};
}
std::vector<std::string> yesAndNo() { return {"yes", "no"}; }

double tookSeconds(const RunRecord& run) {
    return static_cast<double>(run.endedUs - run.startedUs) / 1e6;
}

FoundField ofConfiguration(const Field& field) {
    const bool numeric = field.type == FieldType::Integer || field.type == FieldType::Real;
    FoundField found{.name = std::string(field.path),
                     .kind = numeric ? Kind::Number : Kind::Words,
                     .of = nullptr,
                     .choices = {}};
    found.of = [&field, numeric](const RunRecord& run) -> Value {
        const std::string text = field.get(run.config);
        if (!numeric) return word(text);
        double value = 0;
        const char* end = text.data() + text.size();
        const auto [rest, error] = std::from_chars(text.data(), end, value);
        return error == std::errc{} && rest == end ? Value(value) : Value();
    };
    return found;
}

}  // namespace

std::vector<QueryField> fieldRows() {
    return {
        {"name", "experiment and mode, or what it was renamed to", Kind::Words,
         [](const RunRecord& run) { return word(run.name); }},
        {"id", "the run's id", Kind::Words, [](const RunRecord& run) { return word(run.id.text); }},
        {"experiment", "the experiment's name", Kind::Words,
         [](const RunRecord& run) { return word(run.experiment); }},
        {"experiment_id", "one id for all runs started together", Kind::Words,
         [](const RunRecord& run) { return word(run.experimentId); }},
        {"mode", "how the sequence was split", Kind::Choice,
         [](const RunRecord& run) { return word(run.config.parallel.mode); }, modeNames},
        {"state", "queued, starting, running, stopping, finished, failed, cancelled, lost",
         Kind::Choice,
         [](const RunRecord& run) { return word(std::string(statusName(run.status))); },
         stateNames},
        {"reason", "why it failed", Kind::Words,
         [](const RunRecord& run) { return word(run.statusReason); }},
        {"parity", "same, another, differs, reference, unknown", Kind::Choice,
         [](const RunRecord& run) { return word(parityWord(run)); }, parityNames},
        {"started", "when, in local time", Kind::Moment,
         [](const RunRecord& run) { return word(localMoment(run.createdUs)); }},
        {"age", "how long ago it was started", Kind::Seconds,
         [](const RunRecord& run) {
             return Value(static_cast<double>(utcMicroseconds() - run.createdUs) / 1e6);
         }},
        {"took", "from its start to its end", Kind::Seconds,
         [](const RunRecord& run) {
             const bool known = run.startedUs > 0 && run.endedUs >= run.startedUs;
             return known ? Value(tookSeconds(run)) : Value();
         }},
        {"host", "a host of its ranks", Kind::Words,
         [](const RunRecord& run) { return Value(hostsOf(run)); }},
        {"device", "cpu, cuda", Kind::Words, [](const RunRecord& run) { return word(run.device); }},
        {"processor", "of a host", Kind::Words,
         [](const RunRecord& run) {
             return ofHosts(run, [](const HostFacts& facts) { return facts.processor; });
         }},
        {"gpu", "of a host", Kind::Words,
         [](const RunRecord& run) {
             return ofHosts(run, [](const HostFacts& facts) { return join(facts.gpus, ", "); });
         }},
        {"commit", "of the folder it was started in", Kind::Words,
         [](const RunRecord& run) { return word(run.environment.origin.commit); }},
        {"precision", "of the training", Kind::Words,
         [](const RunRecord& run) { return word(findField("train.precision")->get(run.config)); }},
        {"ranks", "of all hosts", Kind::Number,
         [](const RunRecord& run) { return Value(static_cast<double>(run.ranks)); }},
        {"seq_len", "tokens of a sequence", Kind::Number,
         [](const RunRecord& run) { return Value(static_cast<double>(run.config.train.seqLen)); }},
        {"steps", "that it has done", Kind::Number,
         [](const RunRecord& run) { return Value(static_cast<double>(stepsDone(run))); }},
        {"loss", "of its last step", Kind::Number,
         [](const RunRecord& run) { return number(finalLoss(run)); }},
        {"tokens_per_s", "after the warm-up", Kind::Number,
         [](const RunRecord& run) { return speed(run, &RunSpeed::tokensPerSecond); }},
        {"step_ms", "median step time", Kind::Number,
         [](const RunRecord& run) { return speed(run, &RunSpeed::stepMedianMs); }},
        {"exposed_ms", "communication beside no computation, per step", Kind::Number,
         [](const RunRecord& run) {
             return run.overlap ? Value(run.overlap->exposedMs) : Value();
         }},
        {"wait_ms", "waiting that cost the step, per step", Kind::Number,
         [](const RunRecord& run) { return overlap(run, &OverlapFigures::waitMs); }},
        {"hidden_wait_ms", "waiting behind computation, per step", Kind::Number,
         [](const RunRecord& run) { return overlap(run, &OverlapFigures::hiddenWaitMs); }},
        {"hidden_pct", "of its communication", Kind::Number,
         [](const RunRecord& run) { return overlap(run, &OverlapFigures::hiddenPercent); }},
        {"busbw", "GB/s while bytes moved", Kind::Number,
         [](const RunRecord& run) { return overlap(run, &OverlapFigures::busbw); }},
        {"peak_bytes", "memory of the rank with the most", Kind::Number,
         [](const RunRecord& run) { return ofBytes(peakMemory(run)); }},
        {"comm_bytes", "sent by attention per step, of the busiest rank", Kind::Number,
         [](const RunRecord& run) { return ofBytes(measuredAttentionBytes(run)); }},
        {"tag", "one of its tags", Kind::Words,
         [](const RunRecord& run) { return Value(run.tags); }},
        {"note", "what was written about it", Kind::Words,
         [](const RunRecord& run) { return word(run.note); }},
        {"pinned", "yes, no", Kind::Choice,
         [](const RunRecord& run) { return yesOrNo(run.pinned); }, yesAndNo},
        {"archived", "yes, no", Kind::Choice,
         [](const RunRecord& run) { return yesOrNo(run.archivedUs != 0); }, yesAndNo},
        {"reference", "yes, no: it was started only to compare others with", Kind::Choice,
         [](const RunRecord& run) { return yesOrNo(run.reference); }, yesAndNo},
    };
}

std::optional<FoundField> findQueryField(std::string_view name) {
    for (const QueryField& row : fieldRows())
        if (row.name == name)
            return FoundField{
                .name = std::string(name),
                .kind = row.kind,
                .of = row.of,
                .choices = row.choices != nullptr ? row.choices() : std::vector<std::string>()};
    if (name == "status") return findQueryField("state");
    const Field* field = findField(name);
    return field != nullptr ? std::optional(ofConfiguration(*field)) : std::nullopt;
}

std::vector<std::string> fieldNames() {
    std::vector<std::string> names;
    for (const QueryField& row : fieldRows()) names.emplace_back(row.name);
    for (const Field& field : fieldTable()) names.emplace_back(field.path);
    return names;
}

}  // namespace ringscope::query
