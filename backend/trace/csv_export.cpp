// A trace as a table: a line for each span.
#include "backend/trace/csv_export.h"

#include "backend/core/csv.h"
#include "backend/core/output_file.h"
#include "backend/trace/trace.h"

#include <fmt/format.h>
#include <ostream>

namespace ringscope {
namespace {

class Table {
public:
    explicit Table(std::ostream& out) : out_(out) {
        out_ << "rank,where,begin_ns,duration_ns,kind,operation,pass,step,layer,ring_step,peer,"
                "bytes,message,name\n";
    }

    void add(const RankTrace& rank, const std::string& where, const std::vector<Span>& spans,
             const std::vector<std::uint32_t>& names) {
        for (std::size_t i = 0; i < spans.size(); ++i) {
            const Span& span = spans[i];
            const bool named = i < names.size() && names[i] < rank.names.size();
            out_ << fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", rank.origin.rank,
                                where, span.begin(), span.duration(), spanKindName(span.kind()),
                                operationName(span.operation()), spanPassName(span.pass()),
                                span.step(), orEmpty(span.layer()), orEmpty(span.ringStep()),
                                orEmpty(span.peer()), span.bytes(), span.message(),
                                named ? csvText(rank.names[names[i]]) : "");
        }
    }

private:
    static std::string orEmpty(int number) { return number < 0 ? "" : std::to_string(number); }
    std::ostream& out_;
};

}  // namespace

Result<void> writeTraceCsv(const Trace& trace, const std::filesystem::path& file) {
    return writeOutput(file, [&](std::ostream& out) {
        Table table(out);
        for (const RankTrace& rank : trace.ranks) {
            table.add(rank, "host", rank.spans, rank.spanNames);
            for (const GpuStream& stream : rank.gpu)
                table.add(rank, fmt::format("gpu {} stream {}", stream.device, stream.stream),
                          stream.spans, stream.names);
        }
    });
}

}  // namespace ringscope
