// Chrome's trace JSON. Written piece by piece: a trace of millions of spans never stands in memory
// a second time as text.
#include "backend/trace/chrome/chrome_export.h"

#include "backend/core/output_file.h"
#include "backend/trace/chrome/own_export.h"
#include "backend/trace/memory_curve.h"
#include "backend/trace/trace.h"
#include "backend/trace/trace_origin.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_map>

namespace ringscope {
namespace {

// Lanes of a rank, top to bottom. A posted transfer overlaps others of its rank, and Chrome's
// format wants the slices of one thread nested, so transfers are asynchronous slices.
int lane(const Span& span) { return static_cast<int>(span.kind()); }

// A GPU's streams stand below the host's lanes.
constexpr int firstGpuLane = 100;

// What the span is called where nothing named it. HTA knows a communication kernel by "nccl".
std::string title(const Span& span) {
    std::string text(operationName(span.operation()));
    if (span.kind() == SpanKind::Wait) text = "wait " + text;
    if (span.kind() == SpanKind::Step) text = fmt::format("step {}", span.step());
    if (span.ringStep() >= 0) text += fmt::format(" s{}", span.ringStep());
    return text;
}

std::string arguments(const Span& span) {
    std::string text = fmt::format(R"({{"step":{})", span.step());
    if (span.layer() >= 0) text += fmt::format(R"(,"layer":{})", span.layer());
    if (span.pass() != SpanPass::None)
        text += fmt::format(R"(,"pass":"{}")", spanPassName(span.pass()));
    if (span.ringStep() >= 0) text += fmt::format(R"(,"ring_step":{})", span.ringStep());
    if (span.peer() >= 0) text += fmt::format(R"(,"peer":{})", span.peer());
    if (span.bytes() > 0) text += fmt::format(R"(,"bytes":{})", span.bytes());
    if (span.message() > 0) text += fmt::format(R"(,"message":{})", span.message());
    return text + fmt::format(R"(,"kind":"{}","operation":"{}")", spanKindName(span.kind()),
                              operationName(span.operation()));
}

// Kineto's words for a GPU's work.
std::string_view gpuCategory(const Span& span) {
    if (span.operation() == Operation::MemoryCopy) return "gpu_memcpy";
    if (span.operation() == Operation::MemorySet) return "gpu_memset";
    return "kernel";
}

// The same for the host of another tool's trace; our own host lanes keep our words.
std::string_view hostCategory(const RankTrace& rank, const Span& span, bool launches) {
    if (rank.origin.source.empty()) return spanKindName(span.kind());
    if (launches) return "cuda_runtime";
    return span.kind() == SpanKind::Step ? "user_annotation" : "cpu_op";
}

// The columns of imported spans.
template <typename Value>
const Value* at(const std::vector<Value>& column, std::size_t i) {
    return i < column.size() ? &column[i] : nullptr;
}

class ChromeWriter {
public:
    ChromeWriter(const Trace& trace, std::ostream& out) : trace_(trace), out_(out) {}

    void write() {
        // HTA looks for the rank by this spelling. A file of several ranks says the first.
        const int rank = trace_.ranks.empty() ? 0 : trace_.ranks.front().origin.rank;
        const int world = trace_.ranks.empty() ? 1 : trace_.ranks.front().origin.world;
        out_ << fmt::format(R"({{"schemaVersion": 1, "displayTimeUnit": "ns", )"
                            R"("distributedInfo": {{"rank": {}, "world_size": {}}},)"
                            "\n\"baseTimeNanoseconds\":{},\"traceEvents\":[",
                            rank, world, trace_.begin);
        event(fmt::format(R"("ph":"M","pid":0,"name":"{}","args":{{}})", ownExportMark));
        for (const RankTrace& rank : trace_.ranks) {
            describe(rank);
            numberLaunches(rank);
            for (std::size_t i = 0; i < rank.spans.size(); ++i) {
                const Span& span = rank.spans[i];
                slice(rank, lane(span), span, at(rank.spanNames, i));
            }
            memory(rank);
            allocations(rank);
            for (std::size_t i = 0; i < rank.gpu.size(); ++i)
                for (std::size_t j = 0; j < rank.gpu[i].spans.size(); ++j)
                    gpuSlice(rank, firstGpuLane + static_cast<int>(i), rank.gpu[i], j);
        }
        out_ << "\n],";
        close();
    }

private:
    // Counter tracks: what one holds is added up, so segments have their own.
    void memory(const RankTrace& rank) {
        counters(rank, MemoryOf::Tensors);
        counters(rank, MemoryOf::Segments);
    }

    // Of changes closer than this the last one is written.
    void counters(const RankTrace& rank, MemoryOf of) {
        constexpr std::int64_t apart = 10'000;
        std::int64_t last = 0;
        std::optional<BytesByCategory> pending;
        const auto write = [&] {
            if (of == MemoryOf::Tensors)
                tensors(rank, last, *pending);
            else
                counter(rank, last, "segments", fmt::format(R"("bytes":{})", totalOf(*pending)));
        };
        overMemory(
            rank,
            [&](std::int64_t at, const BytesByCategory& held) {
                if (pending && at - last >= apart) write();
                last = at;
                pending = held;
            },
            of);
        if (pending) write();
    }

    // What the counter is made from: own_export.h.
    void allocations(const RankTrace& rank) {
        constexpr std::size_t atATime = 1000;
        for (std::size_t from = 0; from < rank.allocations.size(); from += atATime) {
            std::string rows;
            for (std::size_t i = from; i < std::min(from + atATime, rank.allocations.size()); ++i) {
                const Allocation& one = rank.allocations[i];
                const bool held = one.end == Allocation::heldToTheEnd;
                rows += fmt::format(
                    "{}[{},{},{},{},{},{},{}]", i == from ? "" : ",", one.begin - trace_.begin,
                    held ? "null" : std::to_string(one.end - trace_.begin), one.bytes, one.step,
                    one.layer, static_cast<int>(one.category), static_cast<int>(one.pass));
            }
            event(fmt::format(R"("ph":"M","pid":{},"name":"{}","args":{{"allocations":[{}]}})",
                              rank.origin.rank, allocationsMark, rows));
        }
    }

    void tensors(const RankTrace& rank, std::int64_t at, const BytesByCategory& held) {
        std::string values;
        for (int i = 0; i < memoryCategoryCount; ++i)
            values += fmt::format(R"({}"{}":{})", i == 0 ? "" : ",",
                                  memoryCategoryName(static_cast<MemoryCategory>(i)),
                                  held[static_cast<std::size_t>(i)]);
        counter(rank, at, "memory", values);
    }

    void counter(const RankTrace& rank, std::int64_t at, const char* name,
                 const std::string& values) {
        event(fmt::format(R"("ph":"C","pid":{},"ts":{},"name":"{}","args":{{{}}})",
                          rank.origin.rank, time(at), name, values));
    }

    void event(const std::string& fields) {
        out_ << (first_ ? "\n{" : ",\n{") << fields << '}';
        first_ = false;
    }

    // Microseconds with the nanoseconds kept; relative, so that a double holds them exactly.
    std::string time(std::int64_t ns) const {
        const std::int64_t since = std::max<std::int64_t>(0, ns - trace_.begin);
        return fmt::format("{}.{:03}", since / 1000, since % 1000);
    }

    void describe(const RankTrace& rank) {
        const int pid = rank.origin.rank;
        const auto name = [&](const char* what, int tid, const std::string& text) {
            event(fmt::format(R"("ph":"M","pid":{},"tid":{},"name":"{}","args":{{"name":{}}})", pid,
                              tid, what, json(text)));
        };
        name("process_name", 0, fmt::format("rank {} ({})", pid, rank.origin.host));
        for (int kind = 0; kind <= static_cast<int>(SpanKind::Step); ++kind)
            name("thread_name", kind, std::string(spanKindName(static_cast<SpanKind>(kind))));
        for (std::size_t i = 0; i < rank.gpu.size(); ++i)
            name("thread_name", firstGpuLane + static_cast<int>(i),
                 fmt::format("GPU {} stream {}", rank.gpu[i].device, rank.gpu[i].stream));
        event(fmt::format(
            R"("ph":"M","pid":{0},"name":"process_sort_index","args":{{"sort_index":{0}}})", pid));
    }

    // A launch and what it launched carry one number, by which HTA brings them together.
    void numberLaunches(const RankTrace& rank) {
        launches_.clear();
        std::uint64_t number = correlation_;
        for (const GpuStream& stream : rank.gpu)
            for (std::size_t i = 0; i < stream.spans.size(); ++i) {
                ++number;
                const std::int64_t* launched = at(stream.launched, i);
                if (launched != nullptr && *launched > 0) launches_.emplace(*launched, number);
            }
    }

    // `named` is a number of a name, or nothing.
    std::string nameOf(const RankTrace& rank, const Span& span, const std::uint32_t* named) const {
        return named != nullptr && *named < rank.names.size() ? json(rank.names[*named])
                                                              : fmt::format("\"{}\"", title(span));
    }

    static std::string json(const std::string& text) {
        return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    }

    void slice(const RankTrace& rank, int row, const Span& span, const std::uint32_t* named) {
        if (span.kind() == SpanKind::Transfer) return transfer(rank, row, span, named);
        const auto launch =
            span.kind() == SpanKind::Host ? launches_.find(span.begin()) : launches_.end();
        const bool launches = launch != launches_.end();
        event(fmt::format(
            R"("ph":"X","pid":{},"tid":{},"ts":{},"dur":{}.{:03},"name":{},"cat":"{}","args":{}{}}})",
            rank.origin.rank, row, time(span.begin()), span.duration() / 1000,
            span.duration() % 1000, nameOf(rank, span, named), hostCategory(rank, span, launches),
            arguments(span), launches ? fmt::format(R"(,"correlation":{})", launch->second) : ""));
    }

    void gpuSlice(const RankTrace& rank, int row, const GpuStream& stream, std::size_t i) {
        const Span& span = stream.spans[i];
        const std::uint32_t* named = at(stream.names, i);
        const bool transfers = span.kind() == SpanKind::Transfer;
        std::string more =
            fmt::format(R"(,"device":{},"context":{},"stream":{},"correlation":{})", stream.device,
                        stream.context, stream.stream, ++correlation_);
        if (const std::int64_t* launched = at(stream.launched, i); launched && *launched > 0)
            more += fmt::format(R"(,"launched":{})", time(*launched));
        const std::string name = transfers && named == nullptr
                                     ? fmt::format("\"nccl:{}\"", title(span))
                                     : nameOf(rank, span, named);
        event(fmt::format(
            R"("ph":"X","pid":{},"tid":{},"ts":{},"dur":{}.{:03},"name":{},"cat":"{}","args":{}{}}})",
            rank.origin.rank, row, time(span.begin()), span.duration() / 1000,
            span.duration() % 1000, name, gpuCategory(span), arguments(span), more));
        if (transfers) flow(rank.origin.rank, row, span);
    }

    void transfer(const RankTrace& rank, int row, const Span& span, const std::uint32_t* named) {
        const std::string common =
            fmt::format(R"("cat":"transfer","pid":{},"tid":{},"id":{},"name":{})", rank.origin.rank,
                        row, ++asynchronous_, nameOf(rank, span, named));
        event(fmt::format(R"("ph":"b",{},"ts":{},"args":{}}})", common, time(span.begin()),
                          arguments(span)));
        event(fmt::format(R"("ph":"e",{},"ts":{})", common, time(span.end())));
        flow(rank.origin.rank, row, span);
    }

    // An arrow from where a message was posted to where its receiver had it.
    void flow(int rank, int row, const Span& span) {
        const bool sends = span.operation() == Operation::Send;
        if (!sends && span.operation() != Operation::Receive) return;
        const int from = sends ? rank : span.peer();
        const int to = sends ? span.peer() : rank;
        const std::string id =
            fmt::format("{}-{}-{}-{}", from, to, static_cast<int>(span.pass()), span.message());
        event(fmt::format(
            R"("ph":"{}","cat":"message","name":"message","id":"{}","pid":{},"tid":{},"ts":{}{})",
            sends ? "s" : "f", id, rank, row, time(sends ? span.begin() : span.end()),
            sends ? "" : R"(,"bp":"e")"));
    }

    void close() {
        nlohmann::json ranks = nlohmann::json::array();
        for (const RankTrace& rank : trace_.ranks) {
            nlohmann::json& words = ranks.emplace_back(traceOriginJson(rank.origin));
            words.update(
                {{"dropped", rank.dropped}, {"notes", rank.notes}, {"losses", rank.losses}});
            // The times are on the reference clock; what is left to say is how well they are known.
            for (const ClockSample& sample : rank.clock)
                words["clock"].push_back({sample.reference, sample.error});
        }
        nlohmann::json around = {
            {"otherData", {{"clock_error_ns", trace_.clockErrorNs}, {"notes", trace_.notes}}},
            {"ringscope", {{"ranks", std::move(ranks)}}}};
        const std::string text =
            around.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
        out_ << text.substr(1) << '\n';
    }

    const Trace& trace_;
    std::ostream& out_;
    bool first_ = true;
    std::uint64_t asynchronous_ = 0;
    std::uint64_t correlation_ = 0;
    std::unordered_map<std::int64_t, std::uint64_t> launches_;  // when, number
};

}  // namespace

Result<void> writeChromeTrace(const Trace& trace, const std::filesystem::path& file) {
    return writeOutput(file, [&](std::ostream& out) { ChromeWriter(trace, out).write(); });
}

}  // namespace ringscope
