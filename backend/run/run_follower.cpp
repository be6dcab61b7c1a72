#include "backend/run/run_follower.h"

#include "backend/core/text.h"
#include "backend/core/version.h"

#include <fmt/format.h>
#include <algorithm>
#include <csignal>
#include <utility>

namespace ringscope {
namespace {

constexpr std::size_t longestLastWords = 300;  // bytes

std::size_t index(int rank) { return static_cast<std::size_t>(rank); }

// "rank 1" or "ranks 1, 2 and 3".
std::string named(const std::vector<int>& ranks) {
    std::vector<std::string> names;
    for (const int rank : ranks) names.push_back(std::to_string(rank));
    if (names.size() == 1) return "rank " + names.front();
    const std::string last = names.back();
    names.pop_back();
    return "ranks " + join(names, ", ") + " and " + last;
}

// A rank's group names the rank that says it: "rank 0: sending KV to rank 1 failed: ...".
bool isOfGroup(std::string_view message) { return message.starts_with("rank "); }

// "cuda:0" is the first of several "cuda" devices.
std::string deviceKind(const std::string& device) { return device.substr(0, device.find(':')); }

}  // namespace

RunFollower::RunFollower(RunRecord& record, ExpectedWork expected, SinkList& sinks,
                         const RunLimits& limits, Time now)
    : record_(record),
      expected_(std::move(expected)),
      sinks_(sinks),
      limits_(limits),
      log_(limits.firstLogLines, limits.lastLogLines,
           [this](int rank, std::string_view line) { sinks_.logLine(record_, rank, line); }),
      merge_(record.ranks, expected_.firstStep),
      stall_(record.ranks, expected_.stall),
      ranks_(index(record.ranks)),
      nextStep_(expected_.firstStep),
      started_(now),
      lastEvent_(now) {
    record_.rankRecords.resize(ranks_.size());
    for (std::size_t rank = 0; rank < ranks_.size(); ++rank)
        record_.rankRecords[rank].rank = static_cast<int>(rank);
}

void RunFollower::handle(const AgentFrame& frame, const std::string& host, Time now) {
    std::visit([&](const auto& alternative) { handleFrame(alternative, host, now); }, frame);
}

void RunFollower::handleFrame(const AgentHello& hello, const std::string& host, Time /*now*/) {
    if (hello.version == version()) return;
    fail(fmt::format("the agent on {} is ringscope {}, this is {}; install the same version there",
                     host, hello.version, version()));
}

void RunFollower::handleFrame(const AgentMachine& machine, const std::string& host, Time /*now*/) {
    RunEnvironment& environment = record_.environment;
    const auto known = std::ranges::find(environment.hosts, host, &HostFacts::host);
    HostFacts& facts = known == environment.hosts.end() ? environment.hosts.emplace_back() : *known;
    facts = machine.facts;
    facts.host = host;
    environment.network = networkWords(environment.hosts);
}

void RunFollower::handleFrame(const RankStarted& started, const std::string& host, Time /*now*/) {
    if (!knows(started.rank, host)) return;
    RankRecord& rank = record_.rankRecords[index(started.rank)];
    rank.host = host;
    rank.pid = started.pid;
}

void RunFollower::handleFrame(const RankSaid& frame, const std::string& host, Time now) {
    if (!knows(rankOf(frame.event), host)) return;
    if (!std::holds_alternative<RankPlace>(frame.event)) lastEvent_ = now;
    std::visit([&](const auto& event) { handleEvent(event, now); }, frame.event);
}

void RunFollower::handleFrame(const RankPrinted& printed, const std::string& host, Time /*now*/) {
    if (!knows(printed.rank, host)) return;
    const std::string_view words = trim(printed.line);
    if (printed.stream == "err" && !words.empty())
        ranks_[index(printed.rank)].lastWords = words.substr(0, longestLastWords);
    log_.add(printed.rank, printed.line);
}

void RunFollower::handleFrame(const RankExited& exited, const std::string& host, Time now) {
    if (!knows(exited.rank, host)) return;
    RankState& state = ranks_[index(exited.rank)];
    if (std::exchange(state.exited, true)) return;
    lastEvent_ = now;
    stall_.ended(exited.rank);
    RankRecord& rank = record_.rankRecords[index(exited.rank)];
    if (exited.signal != 0) rank.endedBy = signalName(exited.signal);
    if (exited.signal == 0) rank.exitCode = exited.code;

    const bool well = exited.signal == 0 && exited.code == 0 && state.heard == Heard::Done;
    if (well || cancelled_) return;
    std::string reason = fmt::format("rank {} ", exited.rank);
    if (exited.signal != 0)
        reason += "was ended by " + signalName(exited.signal);
    else if (exited.code == 0)
        reason += "ended before its work was done";
    else
        reason += fmt::format("ended with exit code {}", exited.code);
    reason += lastWords(exited, state);
    if (const std::string place = stall_.placeOf(exited.rank); !place.empty())
        reason += "; it was last heard of in " + place;
    // A rank that reported its error, or aborts over it, may have lost a peer before.
    const bool wordless = state.heard != Heard::Error && exited.signal != SIGABRT;
    if (wordless) forgetEcho(now);
    failureIsEnd_ = failureIsEnd_ || (!failure_ && state.heard != Heard::Error);
    fail(std::move(reason));
}

// What a rank said last, for which nobody made a sentence.
std::string RunFollower::lastWords(const RankExited& exited, const RankState& state) const {
    if (exited.signal == SIGKILL)
        return exited.wantOfMemory
                   ? ", when memory ran out there; lower train.seq_len or the model, "
                     "or use more ranks"
                   : "";
    if (state.heard == Heard::Error || exited.signal == SIGTERM) return {};
    if (!state.lastWords.empty()) return ": " + state.lastWords;
    if (exited.signal != 0 || exited.code == 0) return {};
    return " without saying why; `ringscope runs show " + record_.id.text.substr(0, 8) +
           " --log 20` has what it printed";
}

void RunFollower::handleFrame(const AgentError& error, const std::string& host, Time /*now*/) {
    fail(host == "localhost" ? error.message : host + ": " + error.message);
}

void RunFollower::handleEvent(const RankRendezvous& rendezvous, Time /*now*/) {
    if (rendezvous.rank == 0) port_ = rendezvous.port;
}

void RunFollower::handleEvent(const RankHello& hello, Time /*now*/) {
    heard(hello.rank, Heard::Hello);
    checkPlan(hello);
    checkData(hello);
    record_.rankRecords[index(hello.rank)].pid = hello.pid;
    if (hello.rank == 0) {
        record_.device = deviceKind(hello.device);
        record_.versions = fmt::format("ringscope {}, {}", version(), hello.versions);
    }
    if (ranksWhere([](const RankState& rank) { return rank.heard == Heard::Nothing; }).empty())
        becomeRunning();
}

void RunFollower::handleEvent(const RankStep& report, Time /*now*/) {
    heard(report.rank, Heard::Hello);
    if (failure_) return;
    const Result<std::optional<StepRecord>> step = merge_.add(report);
    if (!step.ok()) return fail(step.error().message);
    if (!*step) return;
    becomeRunning();
    nextStep_ = (*step)->step + 1;
    // An earlier try has done this step.
    if (!record_.steps.empty() && (*step)->step <= record_.steps.back().step) return;
    record_.steps.push_back(**step);
    sinks_.step(record_, **step);
}

// A rank that tells of layers the model does not have would fill the store with them.
void RunFollower::handleEvent(const RankRouting& told, Time /*now*/) {
    if (failure_) return;
    const ModelConfig& model = record_.config.model;
    const RoutingRecord& routing = told.routing;
    if (routing.layer >= model.layers || std::ssize(routing.use) != model.experts.count)
        return fail(fmt::format(
            "rank {} told how layer {} used {} experts; the model has {} layers "
            "with {}",
            told.rank, routing.layer, routing.use.size(), model.layers, model.experts.count));
    const auto isKnown = [&](const RoutingRecord& known) {
        return known.step == routing.step && known.layer == routing.layer;
    };
    if (std::ranges::any_of(record_.routing, isKnown)) return;  // of an earlier try
    record_.routing.push_back(routing);
    sinks_.routing(record_, routing);
}

void RunFollower::handleEvent(const RankValidation& told, Time /*now*/) {
    heard(told.rank, Heard::Hello);
    if (failure_) return;
    record_.validations.push_back(told.validation);
    sinks_.validation(record_, told.validation);
}

void RunFollower::handleEvent(const RankDone& done, Time /*now*/) {
    heard(done.rank, Heard::Done);
    stall_.ended(done.rank);
    RankRecord& rank = record_.rankRecords[index(done.rank)];
    rank.peakMemory = done.peakMemory;
    rank.attentionBytesPerStep = done.attentionBytesPerStep;
    rank.gradientBytesPerStep = done.gradientBytesPerStep;
    rank.expertBytesPerStep = done.expertBytesPerStep;
    checkEnd(done);
}

// All ranks do all steps, or end early after the same one and say why.
void RunFollower::checkEnd(const RankDone& done) {
    const std::int64_t steps = merge_.reportedBy(done.rank);
    const bool early = !done.ended.empty() && steps == done.steps && steps <= expected_.steps;
    if (steps != expected_.steps && !early)
        return fail(fmt::format("rank {} was done after {} of {} steps", done.rank, steps,
                                expected_.steps));
    if (!firstDone_) {
        firstDone_ = done;
        if (!done.ended.empty()) record_.notes.push_back(done.ended);
        return;
    }
    const std::int64_t first = merge_.reportedBy(firstDone_->rank);
    if (steps != first)
        fail(
            fmt::format("rank {} was done after {} steps, rank {} after {}; all should end "
                        "together, please report this",
                        done.rank, steps, firstDone_->rank, first));
}

// Of two reports at about the same time, one that its rank's group failed is the consequence.
void RunFollower::handleEvent(const RankError& error, Time now) {
    heard(error.rank, Heard::Error);
    const bool ofGroup = isOfGroup(error.message);
    if (!ofGroup && failureIsOfGroup_) forgetEcho(now);
    if (failure_ || cancelled_) return;
    failureIsOfGroup_ = ofGroup;
    fail(fmt::format("rank {}: {}", error.rank, error.message));
    echoUntil_ = now + limits_.settle;
}

// A rank that says what it does before its hello is not silent: it reads much data.
void RunFollower::handleEvent(const RankLog& log, Time now) {
    if (ranks_[index(log.rank)].heard == Heard::Nothing) started_ = now;
    log_.add(log.rank, log.message);
}

void RunFollower::handleEvent(const RankPlace& place, Time now) { stall_.heard(place, now); }

void RunFollower::handleEvent(const RankTurn& turn, Time /*now*/) {
    heard(turn.rank, Heard::Hello);
    if (!failure_) sinks_.turn(record_, turn);
}

void RunFollower::handleEvent(const RankVerdict& verdict, Time /*now*/) {
    heard(verdict.rank, Heard::Hello);
    if (!failure_) sinks_.verdict(record_, verdict);
}

void RunFollower::handleEvent(const RankEvaluated& evaluated, Time /*now*/) {
    heard(evaluated.rank, Heard::Hello);
    if (!failure_) sinks_.evaluated(record_, evaluated);
}

void RunFollower::handleEvent(const RankTokens& told, Time /*now*/) {
    heard(told.rank, Heard::Hello);
    if (!failure_) sinks_.tokens(record_, told);
}

void RunFollower::handleEvent(const RankGenerated& generated, Time /*now*/) {
    heard(generated.rank, Heard::Hello);
    if (!failure_) sinks_.generated(record_, generated);
}

// A rank that tells no plan is one of a test, or verifies.
void RunFollower::checkPlan(const RankHello& hello) {
    if (hello.plan.empty() || expected_.planHash.empty() || hello.plan == expected_.planHash)
        return;
    const std::string& host = record_.rankRecords[index(hello.rank)].host;
    fail(
        fmt::format("rank {}{} plans this run differently than the ringscope that started it; "
                    "install the same build of ringscope on every host",
                    hello.rank, host.empty() ? "" : " on " + host));
}

// Each rank reads the files of its own host.
void RunFollower::checkData(const RankHello& hello) {
    if (hello.data.empty()) return;
    if (data_.hash.empty()) {
        data_.rank = hello.rank;
        data_.hash = hello.data;
    }
    if (data_.hash == hello.data) return;
    const auto named = [this](int rank) {
        const std::string& host = record_.rankRecords[index(rank)].host;
        return fmt::format("rank {}{}", rank, host.empty() ? "" : " on " + host);
    };
    fail(
        fmt::format("{} reads other data than {}: the files of data.source, or the tokenizer's, "
                    "differ; copy the same ones to every host",
                    named(hello.rank), named(data_.rank)));
}

void RunFollower::heard(int rank, Heard word) {
    Heard& last = ranks_[index(rank)].heard;
    last = std::max(last, word);
}

bool RunFollower::knows(int rank, const std::string& host) {
    if (rank >= 0 && index(rank) < ranks_.size()) return true;
    fail(fmt::format("the agent on {} spoke of rank {}, but this run has {} ranks", host, rank,
                     ranks_.size()));
    return false;
}

void RunFollower::becomeRunning() {
    if (record_.status != RunStatus::Starting) return;
    record_.status = RunStatus::Running;
    sinks_.changed(record_);
}

void RunFollower::lost(const std::vector<int>& ranks, std::string reason, Time now) {
    forgetEcho(now);
    fail(std::move(reason));
    for (const int rank : ranks) ranks_[index(rank)].exited = true;
}

void RunFollower::forgetEcho(Time now) {
    if (!echoUntil_ || now > *echoUntil_) return;
    failure_.reset();
    echoUntil_.reset();
    failureIsEnd_ = false;
}

void RunFollower::agentGone(const std::vector<int>& ranks, const std::string& host) {
    for (const int rank : ranks) {
        if (std::exchange(ranks_[index(rank)].exited, true)) continue;
        fail(fmt::format("the agent on {} ended unexpectedly, and its ranks with it", host));
    }
}

void RunFollower::fail(std::string reason) {
    if (!failure_ && !cancelled_) failure_ = std::move(reason);
}

void RunFollower::cancel() {
    if (failure_ || cancelled_ || allExited()) return;
    cancelled_ = true;
    record_.status = RunStatus::Stopping;
    sinks_.changed(record_);
}

std::optional<int> RunFollower::takePort() { return std::exchange(port_, std::nullopt); }

std::vector<int> RunFollower::ranksWhere(bool (*property)(const RankState&)) const {
    std::vector<int> found;
    for (std::size_t rank = 0; rank < ranks_.size(); ++rank)
        if (property(ranks_[rank])) found.push_back(static_cast<int>(rank));
    return found;
}

void RunFollower::checkTime(Time now) {
    const std::vector<int> unheard =
        ranksWhere([](const RankState& rank) { return rank.heard == Heard::Nothing; });
    if (!unheard.empty() && now - started_ > limits_.firstWord)
        fail(fmt::format("{} said nothing within {} of the start", named(unheard),
                         formatDuration(limits_.firstWord)));
    const std::vector<int> atWork =
        ranksWhere([](const RankState& rank) { return rank.heard != Heard::Done; });
    const std::vector<int> alive = ranksWhere([](const RankState& rank) { return !rank.exited; });
    if (atWork.empty() && !alive.empty() && now - lastEvent_ > limits_.exit)
        fail(fmt::format("{} did not end within {} of the last report", named(alive),
                         formatDuration(limits_.exit)));
    if (!atWork.empty() && now - lastEvent_ > limits_.silence) fail(silence(atWork));
    checkStall(now);
}

void RunFollower::checkStall(Time now) {
    if (failure_ || cancelled_) return;
    if (const std::optional<std::string> sentence = stall_.check(now)) {
        if (expected_.onStall == StallAction::End) return fail(*sentence);
        record_.notes.push_back(*sentence);
        log_.add(-1, *sentence);
        sinks_.changed(record_);
    } else if (const std::optional<std::string> over = stall_.goesOn(now)) {
        record_.notes.push_back(*over);
        log_.add(-1, *over);
        sinks_.changed(record_);
    }
}

// Those who are furthest behind are the ones the others wait for.
std::string RunFollower::silence(const std::vector<int>& atWork) const {
    std::int64_t fewest = merge_.reportedBy(atWork.front());
    for (const int rank : atWork) fewest = std::min(fewest, merge_.reportedBy(rank));
    std::vector<int> behind;
    for (const int rank : atWork)
        if (merge_.reportedBy(rank) == fewest) behind.push_back(rank);
    const std::string missing = fewest < expected_.steps ? fmt::format("step {}", fewest)
                                                         : std::string("the end of its work");
    return fmt::format("{} did not report {} within {}", named(behind), missing,
                       formatDuration(limits_.silence));
}

bool RunFollower::allExited() const { return std::ranges::all_of(ranks_, &RankState::exited); }

bool RunFollower::exited(const std::vector<int>& ranks) const {
    return std::ranges::all_of(ranks, [this](int rank) { return ranks_[index(rank)].exited; });
}

bool RunFollower::decided(Time now) const {
    if (cancelled_ || allExited()) return true;
    return failure_ && (!echoUntil_ || now > *echoUntil_);
}

void RunFollower::conclude() {
    log_.end();
    record_.statusReason = failure_.value_or("");
    record_.status = failure_     ? RunStatus::Failed
                     : cancelled_ ? RunStatus::Cancelled
                                  : RunStatus::Finished;
}

}  // namespace ringscope
