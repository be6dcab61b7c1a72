// Chrome trace JSON into ranks: which event becomes what.
#include "backend/trace/chrome/chrome_event.h"
#include "backend/trace/chrome/collective_note.h"
#include "backend/trace/chrome/event_reader.h"
#include "backend/trace/chrome/foreign_rank.h"
#include "backend/trace/chrome/import.h"
#include "backend/trace/chrome/own_export.h"

#include <fmt/format.h>
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

namespace ringscope {
namespace {

constexpr std::int64_t longestSpan = std::int64_t{1} << 44;

enum class Category : std::uint8_t { Kernel, Copy, Set, Call, Host, Left };

// Categories change their spelling with the versions of the tool.
const std::map<std::string, Category, std::less<>> categories = {
    {"kernel", Category::Kernel},
    {"Kernel", Category::Kernel},
    {"gpu_memcpy", Category::Copy},
    {"Memcpy", Category::Copy},
    {"gpu_memset", Category::Set},
    {"Memset", Category::Set},
    {"cuda_runtime", Category::Call},
    {"cuda_driver", Category::Call},
    {"Runtime", Category::Call},
    {"hip_runtime", Category::Call},
    {"gpu_user_annotation", Category::Left},  // the host's, drawn again above the kernels
    {"cuda_sync", Category::Left},
    {"overhead", Category::Left},
    {"Trace", Category::Left},
};

Category categoryOf(std::string_view name) {
    const auto known = categories.find(name);
    return known == categories.end() ? Category::Host : known->second;
}

// "ProfilerStep#7": 7.
std::optional<int> stepNamed(std::string_view name) {
    constexpr std::string_view prefix = "ProfilerStep#";
    if (!name.starts_with(prefix)) return std::nullopt;
    const std::optional<std::int64_t> number = integerFrom(name.substr(prefix.size()));
    if (!number || *number < 0 || *number >= mostSteps) return std::nullopt;
    return static_cast<int>(*number);
}

class ChromeImport {
public:
    explicit ChromeImport(const KernelRules& rules) : rank_(rules) {}

    Result<std::vector<ImportedRank>> read(const std::filesystem::path& file) {
        RINGSCOPE_TRY(EventReader reader, EventReader::open(file));
        ChromeEventParser parser;
        ChromeEvent event;
        std::uint64_t events = 0;
        for (auto text = reader.next(); text; text = reader.next()) {
            ++events;
            if (!parser.parse(*text, event)) {
                rank_.skip("that are not JSON objects");
            } else if (!own_.take(event)) {
                take(event);
            }
        }
        if (events == 0)
            return Error{ErrorCode::Corrupt,
                         "'" + file.string() + "' holds no trace events" +
                             (reader.loss().empty() ? "" : ": " + reader.loss()) +
                             "; expected Chrome trace JSON with \"traceEvents\""};
        return finish(reader);
    }

private:
    struct Opened {
        std::string name;
        std::int64_t begin = 0;
    };

    void take(const ChromeEvent& event) {
        switch (event.phase) {
            case 'X':
                return complete(event);
            case 'B':
                if (event.begin)
                    open_[threadOf(event)].push_back({std::string(event.name), *event.begin});
                return;
            case 'E':
                return close(event);
            case 'M':
                return;  // names of processes and threads
            default:
                rank_.skip(labelOf(event));
        }
    }

    std::string threadOf(const ChromeEvent& event) const {
        return std::string(event.pid) + "|" + std::string(event.tid);
    }

    std::string_view labelOf(const ChromeEvent& event) {
        const std::string_view category = withoutQuotes(event.category);
        label_.assign(category.empty() ? "without category" : category);
        if (event.phase == 's' || event.phase == 't' || event.phase == 'f') {
            label_ += " arrows";
        } else if (event.phase != 'X') {
            label_ += " (ph ";
            label_ += event.phase == 0 ? '?' : event.phase;
            label_ += ')';
        }
        return label_;
    }

    void close(const ChromeEvent& event) {
        std::vector<Opened>& open = open_[threadOf(event)];
        if (open.empty() || !event.begin || *event.begin < open.back().begin)
            return rank_.skip("ends without a beginning");
        const Opened opened = std::move(open.back());
        open.pop_back();
        if (*event.begin - opened.begin >= longestSpan) return rank_.skip("without usable times");
        hostSpan(opened.begin, *event.begin, opened.name);
    }

    // Whether the event has times that a span can hold.
    bool hasTimes(const ChromeEvent& event) {
        if (!event.begin || !event.duration || *event.duration < 0 ||
            *event.duration >= longestSpan) {
            rank_.skip("without usable times");
            return false;
        }
        return true;
    }

    void complete(const ChromeEvent& event) {
        const std::string_view category = withoutQuotes(event.category);
        switch (categoryOf(category)) {
            case Category::Kernel:
                if (hasTimes(event)) kernel(event);
                return;
            case Category::Copy:
            case Category::Set:
                if (hasTimes(event) && !peerCopy(event))
                    gpuSpan(
                        event,
                        {.kind = SpanKind::Copy,
                         .operation = categoryOf(category) == Category::Copy ? Operation::MemoryCopy
                                                                             : Operation::MemorySet,
                         .bytes = std::max<std::int64_t>(event.bytes.value_or(0), 0)},
                        nameOf(event.name));
                return;
            case Category::Call:
                if (!hasTimes(event)) return;
                if (event.correlation.value_or(0) != 0)
                    rank_.launch(*event.correlation, *event.begin, threadNumber(event));
                return hostSpan(*event.begin, *event.begin + *event.duration, event.name);
            case Category::Host:
                if (!hasTimes(event)) return;
                communicationCall(event);
                return hostSpan(*event.begin, *event.begin + *event.duration, event.name);
            case Category::Left:
                return rank_.skip(labelOf(event));
        }
    }

    std::uint32_t nameOf(std::string_view json) {
        return rank_.nameOf(json, [](std::string_view text) { return textFrom(text); });
    }

    void hostSpan(std::int64_t begin, std::int64_t end, std::string_view name) {
        SpanTag tag{.kind = SpanKind::Host};
        if (const std::optional<int> step = stepNamed(withoutQuotes(name))) {
            if (std::ranges::find(steps_, *step) != steps_.end()) return;  // said twice
            steps_.push_back(*step);
            tag = {.kind = SpanKind::Step, .step = *step};
        }
        rank_.addHost(Span(begin, end, tag), nameOf(name));
    }

    std::uint32_t threadNumber(const ChromeEvent& event) {
        if (event.pid == lastPid_ && event.tid == lastTid_) return lastThread_;
        lastPid_ = event.pid;
        lastTid_ = event.tid;
        const auto next = static_cast<std::uint32_t>(threads_.size());
        lastThread_ = threads_.try_emplace(threadOf(event), next).first->second;
        return lastThread_;
    }

    void communicationCall(const ChromeEvent& event) {
        std::optional<CollectiveNote> note = noteOfCall(withoutQuotes(event.name));
        if (!note) return;
        if (const std::optional<CollectiveNote> said = noteFrom(event.collective)) {
            CollectiveNote both = *said;
            both.complete(*note);
            note = std::move(both);
        }
        rank_.call({.thread = threadNumber(event),
                    .begin = *event.begin,
                    .end = *event.begin + *event.duration,
                    .externalId = event.externalId.value_or(0),
                    .note = std::move(*note)});
    }

    void kernel(const ChromeEvent& event) {
        const std::uint32_t name = nameOf(event.name);
        const KernelMeaning meaning = rank_.meaningOf(name);
        SpanTag tag{.kind = meaning.kind, .operation = meaning.operation};
        std::optional<CollectiveNote> note = noteFrom(event.collective);
        if (!note && meaning.kind != SpanKind::Transfer) return gpuSpan(event, tag, name);
        if (!note) note.emplace();
        if (meaning.kind != SpanKind::Transfer)
            tag = {.kind = SpanKind::Transfer};
        else if (note->operation == Operation::None)
            note->operation = meaning.operation;
        rank_.addTransfer(placeOf(event), Span(*event.begin, *event.begin + *event.duration, tag),
                          name, event.correlation.value_or(0), event.externalId.value_or(0),
                          std::move(*note));
    }

    // A copy between two GPUs is communication, where a rule says so.
    bool peerCopy(const ChromeEvent& event) {
        const std::uint32_t name = nameOf(event.name);
        const KernelMeaning meaning = rank_.meaningOf(name);
        if (meaning.kind != SpanKind::Transfer) return false;
        const SpanTag tag{.kind = meaning.kind,
                          .operation = meaning.operation,
                          .bytes = std::max<std::int64_t>(event.bytes.value_or(0), 0)};
        rank_.addTransfer(placeOf(event), Span(*event.begin, *event.begin + *event.duration, tag),
                          name, event.correlation.value_or(0), event.externalId.value_or(0),
                          {.operation = meaning.operation, .bytes = tag.bytes});
        return true;
    }

    static GpuPlace placeOf(const ChromeEvent& event) {
        return {.device = event.device.value_or(integerFrom(event.pid).value_or(0)),
                .context = event.context.value_or(0),
                .stream = event.stream.value_or(integerFrom(event.tid).value_or(0))};
    }

    void gpuSpan(const ChromeEvent& event, const SpanTag& tag, std::uint32_t name) {
        rank_.addGpu(placeOf(event), Span(*event.begin, *event.begin + *event.duration, tag), name,
                     event.correlation.value_or(0));
    }

    Result<std::vector<ImportedRank>> finish(const EventReader& reader) {
        for (const auto& [thread, open] : open_)
            if (!open.empty()) rank_.skip("beginnings without an end", open.size());
        const nlohmann::json around = nlohmann::json::parse(reader.around(), nullptr, false);
        const auto numberIn = [](const nlohmann::json& object, const char* key,
                                 std::int64_t otherwise) {
            if (!object.is_object() || !object.contains(key)) return otherwise;
            const nlohmann::json& value = object[key];
            return value.is_number_integer() ? value.get<std::int64_t>() : otherwise;
        };
        const std::int64_t base = numberIn(around, "baseTimeNanoseconds", 0);
        std::vector<ImportedRank> ranks;
        for (RankTrace& rank : own_.finish(base, around))
            ranks.push_back({std::move(rank), true, {}});
        if (!rank_.empty() || ranks.empty()) {
            RankTrace rank = rank_.finish(base);
            const nlohmann::json& info = around.is_object() && around.contains("distributedInfo")
                                             ? around["distributedInfo"]
                                             : nlohmann::json();
            const auto bounded = [](std::int64_t value, std::int64_t least, int otherwise) {
                return value >= least && value < (1 << 20) ? static_cast<int>(value) : otherwise;
            };
            rank.origin.rank = bounded(numberIn(info, "rank", -1), 0, -1);
            rank.origin.world = bounded(numberIn(info, "world_size", 1), 1, 1);
            rank.origin.source = info.is_object() || around.contains("schemaVersion") ||
                                         around.contains("deviceProperties")
                                     ? "kineto"
                                     : "chrome";
            if (!rank.gpu.empty()) {
                rank.origin.device = fmt::format("cuda:{}", rank.gpu.front().device);
                rank.origin.gpuActivity = "on";
            }
            ranks.push_back({std::move(rank), false, rank_.takeNotes()});
        }
        if (!reader.loss().empty())
            for (ImportedRank& rank : ranks) {
                rank.trace.complete = false;
                rank.trace.losses.push_back(reader.loss());
            }
        return ranks;
    }

    ForeignRank rank_;
    OwnExport own_;
    std::map<std::string, std::vector<Opened>> open_;
    std::map<std::string, std::uint32_t> threads_;
    std::string lastPid_;
    std::string lastTid_;
    std::uint32_t lastThread_ = 0;
    std::vector<int> steps_;
    std::string label_;
};

}  // namespace

Result<std::vector<ImportedRank>> readChromeTrace(const std::filesystem::path& file,
                                                  const KernelRules& rules) {
    return ChromeImport(rules).read(file);
}

}  // namespace ringscope
