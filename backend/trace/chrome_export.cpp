// Chrome's trace JSON. Written piece by piece: a trace of millions of spans never stands in memory
// a second time as text.
#include "backend/core/files.h"
#include "backend/trace/trace.h"

#include <fmt/format.h>
#include <array>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <unordered_map>

namespace ringscope {
namespace {

// Lanes of a rank, top to bottom. A posted transfer overlaps others of its rank, and Chrome's
// format wants the slices of one thread nested, so transfers are asynchronous slices.
int lane(const Span& span) { return static_cast<int>(span.kind()); }

// A GPU's streams stand below the host's lanes.
constexpr int firstGpuLane = 100;

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
    return text + "}";
}

class ChromeWriter {
public:
    ChromeWriter(const Trace& trace, std::ostream& out) : trace_(trace), out_(out) {}

    void write() {
        out_ << fmt::format(R"({{"displayTimeUnit":"ns","baseTimeNanoseconds":{},"traceEvents":[)",
                            trace_.begin);
        for (const RankTrace& rank : trace_.ranks) {
            describe(rank);
            for (const Span& span : rank.spans) slice(rank.origin.rank, lane(span), span);
            for (std::size_t i = 0; i < rank.gpu.size(); ++i)
                for (const Span& span : rank.gpu[i].spans)
                    slice(rank.origin.rank, firstGpuLane + static_cast<int>(i), span);
        }
        out_ << "\n],\"otherData\":"
             << nlohmann::json{{"clock_error_ns", trace_.clockErrorNs}, {"notes", trace_.notes}}
                    .dump()
             << "}\n";
    }

private:
    void event(const std::string& fields) {
        out_ << (first_ ? "\n{" : ",\n{") << fields << '}';
        first_ = false;
    }

    // Microseconds with the nanoseconds kept; relative, so that a double holds them exactly.
    std::string time(std::int64_t ns) const {
        const std::int64_t since = ns - trace_.begin;
        return fmt::format("{}.{:03}", since / 1000, since % 1000);
    }

    void describe(const RankTrace& rank) {
        const int pid = rank.origin.rank;
        const auto name = [&](const char* what, int tid, const std::string& text) {
            event(fmt::format(R"("ph":"M","pid":{},"tid":{},"name":"{}","args":{{"name":{}}})", pid,
                              tid, what, nlohmann::json(text).dump()));
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

    void slice(int rank, int row, const Span& span) {
        if (span.kind() == SpanKind::Transfer) return transfer(rank, row, span);
        event(fmt::format(
            R"("ph":"X","pid":{},"tid":{},"ts":{},"dur":{}.{:03},"name":"{}","cat":"{}","args":{})",
            rank, row, time(span.begin()), span.duration() / 1000, span.duration() % 1000,
            title(span), spanKindName(span.kind()), arguments(span)));
    }

    void transfer(int rank, int row, const Span& span) {
        const std::string common =
            fmt::format(R"("cat":"transfer","pid":{},"tid":{},"id":{},"name":"{}")", rank, row,
                        ++asynchronous_, title(span));
        event(fmt::format(R"("ph":"b",{},"ts":{},"args":{})", common, time(span.begin()),
                          arguments(span)));
        event(fmt::format(R"("ph":"e",{},"ts":{})", common, time(span.end())));
        flow(rank, row, span);
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

    const Trace& trace_;
    std::ostream& out_;
    bool first_ = true;
    std::uint64_t asynchronous_ = 0;
};

}  // namespace

Result<void> writeChromeTrace(const Trace& trace, const std::filesystem::path& file) {
    const std::filesystem::path half = file.string() + ".part";
    std::ofstream out(half, std::ios::binary | std::ios::trunc);
    ChromeWriter(trace, out).write();
    out.close();
    std::error_code failed;
    if (out) std::filesystem::rename(half, file, failed);
    if (!out || failed) {
        std::filesystem::remove(half, failed);
        return Error{ErrorCode::Failed, "cannot write '" + file.string() + "'; is the disk full?"};
    }
    return {};
}

}  // namespace ringscope
