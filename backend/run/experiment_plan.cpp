#include "backend/run/experiment_plan.h"

#include "backend/config/data_source.h"
#include "backend/core/text.h"
#include "backend/model/adapter_folder.h"
#include "backend/model/checkpoint.h"
#include "backend/model/model_config_text.h"
#include "backend/model/model_files.h"
#include "backend/plan/placement.h"

#include <fmt/format.h>
#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

namespace ringscope {
namespace {

// Runs that are refused for the same reason, but for the name of their mode.
struct RefusalGroup {
    std::string reason;  // without the mode's name where it begins with that
    bool beginsWithMode = false;
    std::vector<const RefusedRun*> runs;
};

std::vector<RefusalGroup> groupedByReason(const std::vector<RefusedRun>& refused) {
    std::vector<RefusalGroup> groups;
    for (const RefusedRun& run : refused) {
        const std::string& said = run.reason.message;
        const bool beginsWithMode = said.starts_with(run.mode + " ");
        const std::string reason = beginsWithMode ? said.substr(run.mode.size()) : said;
        const auto same = std::ranges::find_if(groups, [&](const RefusalGroup& group) {
            return group.reason == reason && group.beginsWithMode == beginsWithMode;
        });
        if (same != groups.end())
            same->runs.push_back(&run);
        else
            groups.push_back({reason, beginsWithMode, {&run}});
    }
    return groups;
}

// The first of them, and how many more there are.
std::string firstOf(std::vector<std::string> words) {
    constexpr std::size_t most = 8;
    const std::size_t all = words.size();
    words.resize(std::min(most, all));
    return join(words, ", ") + (all > most ? fmt::format(" and {} more", all - most) : "");
}

std::string labelsOf(const std::vector<const RefusedRun*>& runs) {
    std::vector<std::string> labels;
    for (const RefusedRun* run : runs) labels.push_back(run->label);
    return firstOf(std::move(labels));
}

std::string reasonOf(const RefusalGroup& group) {
    if (!group.beginsWithMode) return group.reason;
    const std::string& mode = group.runs.front()->mode;
    const bool oneMode =
        std::ranges::all_of(group.runs, [&](const RefusedRun* run) { return run->mode == mode; });
    return (oneMode ? mode : "each") + group.reason;
}

std::string_view plural(std::size_t count) { return count == 1 ? "run" : "runs"; }

// A file that ranks read, and the field that names it.
struct NeededFile {
    std::string path;
    std::string_view field;
    std::string_view advice;          // ends the sentence that it cannot be read here
    std::string_view adviceForHosts;  // and that it cannot be read on a host
    auto operator<=>(const NeededFile&) const = default;
};

std::vector<NeededFile> neededFiles(const RunConfig& config) {
    std::vector<NeededFile> files;
    for (const std::string& name : sourceNames(config.data.source))
        if (!isBuiltinSource(name) && !isSourcePattern(name))
            files.push_back({name, "data.source", "write the path of a text file, or builtin:prose",
                             ", or write builtin:prose"});
    if (config.model.from)
        files.push_back(
            {*config.model.from +
                 (isAdapterFolder(*config.model.from) ? "/adapter_config.json" : "/config.json"),
             "model.from", "write the folder of a checkpoint", ""});
    return files;
}

// Nothing where the file can be read here.
std::optional<Error> unreadable(const NeededFile& file) {
    std::error_code ignored;
    std::string why;
    if (std::filesystem::is_directory(file.path, ignored)) {
        why = "it is a folder";
    } else {
        errno = 0;
        const std::ifstream stream(file.path, std::ios::binary);
        if (stream) return std::nullopt;
        why = std::generic_category().message(errno);
    }
    return Error{ErrorCode::Unavailable, fmt::format("{}: cannot read '{}' ({}); {}", file.field,
                                                     file.path, why, file.advice)};
}

Result<void> checkData(const RunConfig& config) {
    for (const NeededFile& file : neededFiles(config))
        if (std::optional<Error> problem = unreadable(file)) return *std::move(problem);
    return {};
}

// Whether the tokenizer is there, not whether it is one: reading a large one takes half a second.
Result<void> checkTokenizer(const DataConfig& data) {
    if (std::ranges::find(tokenizerWords, data.tokenizer) != tokenizerWords.end()) return {};
    const std::optional<std::filesystem::path> file = tokenizerIn(data.tokenizer);
    std::optional<Error> problem =
        unreadable({file ? file->string() : data.tokenizer, "data.tokenizer",
                    "write byte, char, or the path of a tokenizer's file or folder", ""});
    if (problem) return *std::move(problem);
    return {};
}

// Reads the headers of the checkpoint's files, each checkpoint once.
Result<void> checkWeights(const RunConfig& config, std::set<std::string>& checked) {
    if (!config.model.from || !checked.insert(*config.model.from).second) return {};
    const Result<Checkpoint> checkpoint = Checkpoint::open(*config.model.from);
    if (checkpoint.ok()) return {};
    return Error{ErrorCode::Unavailable, "model.from: " + checkpoint.error().message};
}

// Whether the weights can be written when the training has ended.
Result<void> checkKeeping(const RunConfig& config) {
    if (!config.checkpoint.atEnd || config.model.from) return {};
    Result<std::string> text = modelConfigText({config.model, config.attention}, {});
    if (text.ok()) return {};
    return std::move(text).error().in("checkpoint.at_end");
}

struct PlacedHost {
    HostSpec host;
    int ranks = 0;
};

Result<std::vector<PlacedHost>> placedHosts(const RunPlan& plan) {
    RINGSCOPE_TRY(const std::vector<HostSpec> hosts, launchHosts(plan.config.launch));
    RINGSCOPE_TRY(const auto placed, placeRanks(plan.ranks, hosts));
    std::vector<PlacedHost> all;
    for (std::size_t i = 0; i < hosts.size(); ++i)
        all.push_back({hosts[i], static_cast<int>(placed[i].size())});
    return all;
}

// What is wrong with the host's GPUs for these ranks; nothing where they suffice or are not known.
Result<void> checkGpus(Transport& transport, const PlacedHost& place) {
    const std::optional<int> gpus = transport.gpusOf(place.host);
    if (!gpus || *gpus >= place.ranks) return {};
    const std::string where = place.host.isThisMachine() ? "this machine" : place.host.name;
    const std::string there = *gpus == 0 ? "no GPU that ranks can use"
                                         : fmt::format("{} {} for {} ranks", *gpus,
                                                       *gpus == 1 ? "GPU" : "GPUs", place.ranks);
    const std::string advice = *gpus == 0 ? "use launch.device cpu, or other hosts"
                                          : "use fewer ranks there, or launch.device cpu";
    return Error{ErrorCode::Unavailable,
                 fmt::format("launch.device cuda takes a GPU for each rank, and {} has {}; {}",
                             where, there, advice)};
}

// The hosts whose ranks read each file.
using ReadersOf = std::map<NeededFile, std::vector<HostSpec>>;

void addReader(ReadersOf& files, const RunConfig& config, const HostSpec& host) {
    if (host.isThisMachine()) return;
    for (const NeededFile& file : neededFiles(config)) {
        std::vector<HostSpec>& readers = files[file];
        if (std::ranges::find(readers, host) == readers.end()) readers.push_back(host);
    }
}

// Each host is asked once for each file; the first file that is missing anywhere is said.
Result<void> checkReaders(Transport& transport, const ReadersOf& files) {
    for (const auto& [file, hosts] : files) {
        std::vector<std::string> problems;
        for (const HostSpec& host : hosts) {
            RINGSCOPE_TRY(const std::string why, transport.whyUnreadable(host, file.path));
            if (!why.empty()) problems.push_back(fmt::format("{} ({})", host.name, why));
        }
        if (problems.empty()) continue;
        const bool relative = std::filesystem::path(file.path).is_relative();
        return Error{
            ErrorCode::Unavailable,
            fmt::format("{}: cannot read '{}' on {}; every host needs the file at this path{}{}",
                        file.field, file.path, firstOf(std::move(problems)),
                        relative ? ", which begins in the home folder there" : "",
                        file.adviceForHosts)};
    }
    return {};
}

}  // namespace

ExperimentPlan planRuns(const Experiment& experiment) {
    return planRuns(experiment.name, expandRuns(experiment));
}

ExperimentPlan planRuns(const std::string& experiment, const std::vector<ExpandedRun>& runs) {
    const std::string experimentId = RunId::random().text;
    ExperimentPlan all;
    for (const ExpandedRun& run : runs) {
        Result<RunPlan> plan = planRun(run.config);
        if (!plan.ok()) {
            const std::string above = experiment + "/";
            all.refused.push_back(
                {.name = run.name,
                 .label = run.name.starts_with(above) ? run.name.substr(above.size()) : run.name,
                 .mode = run.config.parallel.mode,
                 .reason = std::move(plan).error()});
            continue;
        }
        all.requests.push_back({.plan = std::move(*plan),
                                .experiment = experiment,
                                .experimentId = experimentId,
                                .name = run.name,
                                .repeat = run.repeat,
                                .baseline = run.baseline});
    }
    return all;
}

std::vector<std::string> refusalSentences(const ExperimentPlan& plan) {
    std::vector<std::string> sentences;
    for (const RefusalGroup& group : groupedByReason(plan.refused))
        sentences.push_back(plan.size() == 1
                                ? group.runs.front()->reason.message
                                : fmt::format("{} of {} {} cannot work ({}): {}", group.runs.size(),
                                              plan.size(), plural(plan.size()),
                                              labelsOf(group.runs), reasonOf(group)));
    return sentences;
}

Error refusalOf(const ExperimentPlan& plan) {
    const bool outside = std::ranges::all_of(plan.refused, [](const RefusedRun& run) {
        return run.reason.code == ErrorCode::Unavailable;
    });
    return {outside ? ErrorCode::Unavailable : ErrorCode::InvalidConfig,
            join(refusalSentences(plan), "\n")};
}

std::vector<PlannedHost> plannedHosts(Transport& transport, const ExperimentPlan& plan) {
    std::vector<PlannedHost> hosts;
    for (const RunRequest& request : plan.requests) {
        const Result<std::vector<PlacedHost>> places = placedHosts(request.plan);
        if (!places.ok()) continue;  // planning has placed them before
        for (const PlacedHost& place : *places) {
            const auto same = std::ranges::find(hosts, place.host, &PlannedHost::host);
            if (same != hosts.end())
                same->mostRanks = std::max(same->mostRanks, place.ranks);
            else
                hosts.push_back({place.host, place.ranks, transport.commandFor(place.host)});
        }
    }
    return hosts;
}

Result<void> checkThisMachine(Transport& transport, const std::vector<RunRequest>& requests) {
    std::set<std::string> checkpoints;
    for (const RunRequest& request : requests) {
        const RunConfig& config = request.plan.config;
        RINGSCOPE_TRY(const std::vector<PlacedHost> places, placedHosts(request.plan));
        for (const PlacedHost& place : places) {
            if (!place.host.isThisMachine()) continue;
            RINGSCOPE_CHECK(checkData(config));
            RINGSCOPE_CHECK(checkTokenizer(config.data));
            RINGSCOPE_CHECK(checkWeights(config, checkpoints));
            RINGSCOPE_CHECK(checkKeeping(config));
            if (config.launch.device == DeviceChoice::Cuda)
                RINGSCOPE_CHECK(checkGpus(transport, place));
        }
    }
    return {};
}

Result<void> prepareHosts(Transport& transport, const std::vector<RunRequest>& requests) {
    RINGSCOPE_CHECK(checkThisMachine(transport, requests));
    std::vector<HostSpec> ready;
    ReadersOf files;
    for (const RunRequest& request : requests) {
        RINGSCOPE_TRY(const std::vector<PlacedHost> places, placedHosts(request.plan));
        for (const PlacedHost& place : places) {
            if (std::ranges::find(ready, place.host) == ready.end()) {
                RINGSCOPE_CHECK(transport.preflight(place.host));
                ready.push_back(place.host);
            }
            if (request.plan.config.launch.device == DeviceChoice::Cuda)
                RINGSCOPE_CHECK(checkGpus(transport, place));
            addReader(files, request.plan.config, place.host);
        }
    }
    return checkReaders(transport, files);
}

}  // namespace ringscope
