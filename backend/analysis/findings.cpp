#include "backend/analysis/findings.h"

#include "backend/analysis/gpu_spans.h"
#include "backend/analysis/intervals.h"
#include "backend/analysis/rank_sets.h"
#include "backend/analysis/step_parts.h"
#include "backend/core/units.h"

#include <fmt/format.h>
#include <algorithm>
#include <map>
#include <utility>

namespace ringscope {
namespace {

CommunicationFigures figuresOf(const CommunicationSets& sets, std::int64_t bytes) {
    return {.comm = lengthOf(sets.comm),
            .hidden = lengthOf(sets.hidden),
            .exposed = lengthOf(sets.exposed),
            .wait = lengthOf(sets.wait),
            .hiddenWait = lengthOf(sets.hiddenWait),
            .transfer = lengthOf(sets.moving),
            .unpaired = lengthOf(sets.unpaired),
            .bytes = bytes};
}

// What happened in a ring step, all layers and recorded steps together.
struct RingStepTimes {
    TransferTimes transfers;
    std::vector<Interval> attention;
};

void addRingSteps(RunFindings& findings, const RankTrace& rank,
                  const std::vector<MessageMeeting>& meetings, const IntervalSet& compute) {
    std::map<std::pair<SpanPass, int>, RingStepTimes> places;
    for (std::size_t i = 0; i < rank.spans.size(); ++i) {
        const Span& span = rank.spans[i];
        const bool attends = span.kind() == SpanKind::Attention;
        if (span.ringStep() < 0 || (!attends && span.kind() != SpanKind::Transfer)) continue;
        RingStepTimes& times = places[{span.pass(), span.ringStep()}];
        if (attends) {
            times.attention.push_back({span.begin(), span.end()});
        } else {
            times.transfers.add(span, meetings[i]);
        }
    }
    for (auto& [place, times] : places) {
        const std::int64_t bytes = times.transfers.bytes;
        const CommunicationSets sets = communicationSets(std::move(times.transfers), compute);
        findings.ringSteps.push_back({.rank = rank.origin.rank,
                                      .pass = place.first,
                                      .ringStep = place.second,
                                      .attention = lengthOf(unionOf(std::move(times.attention))),
                                      .communication = figuresOf(sets, bytes)});
    }
}

// By rank: the others' wait for it.
using CausedWaits = std::map<int, std::int64_t>;

void addRank(RunFindings& findings, CausedWaits& caused, const RankTrace& rank,
             const std::vector<MessageMeeting>& meetings) {
    const RankSets sets = rankSets(rank, meetings);
    const std::int64_t steps = std::ranges::count(rank.spans, SpanKind::Step, &Span::kind);
    findings.steps = std::max(findings.steps, steps);
    findings.ranks.push_back({.rank = sets.rank,
                              .fromGpu = !rank.gpu.empty(),
                              .span = lengthOf(sets.steps),
                              .attention = lengthOf(sets.attention),
                              .compute = lengthOf(sets.compute),
                              .copies = lengthOf(sets.copies),
                              .copiesExposed = lengthOf(sets.copiesExposed),
                              .idle = lengthOf(sets.idle),
                              .communication = figuresOf(sets.communication, sets.bytes)});
    const auto inSteps = [&](const IntervalSet& set) {
        return lengthOf(intersectionOf(set, sets.steps));
    };
    if (inSteps(sets.compute) + inSteps(sets.communication.exposed) + inSteps(sets.copiesExposed) +
            lengthOf(sets.idle) !=
        lengthOf(sets.steps))
        findings.violations.push_back(
            fmt::format("rank {}: the parts of its steps do not add up to them", sets.rank));
    addRingSteps(findings, rank, meetings, sets.compute);
    for (std::size_t i = 0; i < meetings.size(); ++i)
        if (rank.spans[i].kind() == SpanKind::Transfer && meetings[i].latest < 0)
            ++findings.unmatched;
    for (const BlamedWait& wait : blamedWaits(rank, meetings, sets.communication.wait))
        caused[wait.rank] += wait.when.end - wait.when.begin;
}

void checkInvariants(RunFindings& findings) {
    const auto check = [&](bool holds, int rank, const char* what) {
        if (!holds) findings.violations.push_back(fmt::format("rank {}: {}", rank, what));
    };
    const auto checkCommunication = [&](int rank, const CommunicationFigures& figures) {
        check(figures.hidden + figures.exposed == figures.comm, rank,
              "hidden and exposed do not add up to communication");
        check(
            figures.wait + figures.hiddenWait + figures.transfer + figures.unpaired == figures.comm,
            rank, "wait, hidden wait and transfer do not add up to communication");
        check(figures.wait <= figures.exposed, rank, "more wait than exposed time");
        check(figures.hiddenWait <= figures.hidden, rank, "more hidden wait than hidden time");
    };
    for (const RankFigures& rank : findings.ranks)
        checkCommunication(rank.rank, rank.communication);
    for (const RingStepFigures& step : findings.ringSteps)
        checkCommunication(step.rank, step.communication);
}

double meanMsPerStep(const RunFindings& findings, std::int64_t CommunicationFigures::*figure) {
    if (findings.ranks.empty() || findings.steps == 0) return 0;
    double sum = 0;
    for (const RankFigures& rank : findings.ranks)
        sum += static_cast<double>(rank.communication.*figure);
    return sum / 1e6 / static_cast<double>(findings.steps) /
           static_cast<double>(findings.ranks.size());
}

// Why transfers have no meeting.
struct Unmatched {
    std::int64_t absent = 0;       // an end is on a rank that is not in the trace
    std::int64_t undescribed = 0;  // they do not say what operation they are
    std::int64_t uncounted = 0;    // the ranks have different counts of them
};

Unmatched unmatchedOf(const Trace& trace, const Meetings& meetings) {
    int world = 1;
    for (const RankTrace& rank : trace.ranks) world = std::max(world, rank.origin.world);
    const bool complete = std::ssize(trace.ranks) >= world;
    Unmatched unmatched;
    for (std::size_t r = 0; r < trace.ranks.size(); ++r)
        for (std::size_t i = 0; i < meetings[r].size(); ++i) {
            const Span& span = trace.ranks[r].spans[i];
            if (span.kind() != SpanKind::Transfer || meetings[r][i].known()) continue;
            ++(span.operation() == Operation::None ? unmatched.undescribed
               : complete                          ? unmatched.uncounted
                                                   : unmatched.absent);
        }
    return unmatched;
}

// Another tool's single rank is refused the split by its clock's verdict, which says why.
void noteUnpaired(RunFindings& findings, const Unmatched& unmatched) {
    if (findings.unmatched == 0 || (findings.ranks.size() < 2 && !findings.clock.splits)) return;
    const auto note = [&](std::int64_t count, const char* one, const char* several) {
        if (count == 0) return;
        std::string sentence = fmt::format("{} {}", formatCount(count), count == 1 ? one : several);
        if (findings.clock.splits)
            sentence += ": who came late to them, and when they began to move, is not known";
        findings.notes.push_back(sentence);
    };
    note(unmatched.absent, "message has an end on a rank that is not in the trace",
         "messages have an end on a rank that is not in the trace");
    note(unmatched.undescribed,
         "communication kernel says by neither its name nor its launch what operation it is",
         "communication kernels say by neither their names nor their launches what operations they "
         "are");
    note(unmatched.uncounted, "message has no counterpart: the ranks have different counts of them",
         "messages have no counterpart: the ranks have different counts of them");
}

}  // namespace

std::optional<double> RankFigures::overlapPercent() const {
    if (communication.comm == 0) return std::nullopt;
    return 100.0 * static_cast<double>(communication.hidden) /
           static_cast<double>(communication.comm);
}

double RunFindings::exposedMsPerStep() const {
    return meanMsPerStep(*this, &CommunicationFigures::exposed);
}

double RunFindings::waitMsPerStep() const {
    return meanMsPerStep(*this, &CommunicationFigures::wait);
}

double RunFindings::hiddenWaitMsPerStep() const {
    return meanMsPerStep(*this, &CommunicationFigures::hiddenWait);
}

double RunFindings::transferMsPerStep() const {
    return meanMsPerStep(*this, &CommunicationFigures::transfer);
}

std::optional<double> RunFindings::hiddenPercent() const {
    double hidden = 0;
    double comm = 0;
    for (const RankFigures& rank : ranks) {
        hidden += static_cast<double>(rank.communication.hidden);
        comm += static_cast<double>(rank.communication.comm);
    }
    if (comm == 0) return std::nullopt;
    return 100 * hidden / comm;
}

bool RunFindings::splitsAll() const {
    return clock.splits && std::ranges::all_of(ranks, [](const RankFigures& rank) {
               return rank.communication.unpaired == 0;
           });
}

RunFindings analyze(const Trace& trace) {
    if (!hasGpuRecords(trace)) return analyze(trace, trustedMeetings(trace));
    const Trace replaced = withGpuSpans(trace);
    return analyze(replaced, trustedMeetings(replaced));
}

RunFindings analyze(const Trace& trace, const TrustedMeetings& trusted) {
    const Meetings& meetings = trusted.meetings;
    RunFindings findings;
    findings.clockErrorNs = trace.clockErrorNs;
    findings.clock = trusted.clock;
    findings.notes = trace.notes;
    CausedWaits caused;
    for (const RankTrace& rank : trace.ranks) caused[rank.origin.rank] = 0;
    for (std::size_t r = 0; r < trace.ranks.size(); ++r) {
        findings.dropped += trace.ranks[r].dropped;
        if (!trace.ranks[r].origin.source.empty()) findings.source = trace.ranks[r].origin.source;
        addRank(findings, caused, trace.ranks[r], meetings[r]);
    }
    if (!findings.source.empty()) findings.steps = std::max<std::int64_t>(1, findings.steps);
    for (const auto& [rank, wait] : caused) findings.blame.push_back({rank, wait});
    noteUnpaired(findings, unmatchedOf(trace, meetings));
    checkInvariants(findings);
    return findings;
}

}  // namespace ringscope
