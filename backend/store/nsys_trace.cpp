#include "backend/store/nsys_trace.h"

#include "backend/store/database.h"
#include "backend/store/statement.h"
#include "backend/trace/chrome/foreign_rank.h"
#include "backend/trace/trace_files.h"

#include <fmt/format.h>
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <system_error>
#include <unordered_map>
#include <utility>

namespace ringscope {
namespace {

namespace fs = std::filesystem;
using store::Database;
using store::Statement;

constexpr std::int64_t longestSpan = std::int64_t{1} << 44;

// Nsight's global ids of processes and threads hold the process id in bits 24 to 47.
int processOf(std::int64_t global) { return static_cast<int>((global >> 24) & 0xFFFFFF); }

// "ProfilerStep#7", "step 7": 7.
std::optional<int> stepNamed(std::string_view name) {
    for (const std::string_view prefix : {"ProfilerStep#", "step ", "Step "}) {
        if (!name.starts_with(prefix)) continue;
        const std::optional<std::int64_t> number = integerFrom(name.substr(prefix.size()));
        if (number && *number >= 0 && *number < mostSteps) return static_cast<int>(*number);
    }
    return std::nullopt;
}

class NsysImport {
public:
    NsysImport(Database& database, const KernelRules& rules) : database_(database), rules_(rules) {}

    Result<std::vector<ImportedRank>> read() {
        RINGSCOPE_CHECK(readTables());
        if (!tables_.contains("StringIds"))
            return Error{ErrorCode::Corrupt,
                         "this is not an export of Nsight Systems: it has no table StringIds; "
                         "expected what 'nsys export --type sqlite' writes"};
        RINGSCOPE_CHECK(readStrings());
        RINGSCOPE_CHECK(readKernels());
        RINGSCOPE_CHECK(readCopies("CUPTI_ACTIVITY_KIND_MEMCPY", Operation::MemoryCopy));
        RINGSCOPE_CHECK(readCopies("CUPTI_ACTIVITY_KIND_MEMSET", Operation::MemorySet));
        RINGSCOPE_CHECK(readCalls());
        RINGSCOPE_CHECK(readRanges());
        return finish();
    }

private:
    Result<void> readTables() {
        Statement query(database_,
                        "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c "
                        "WHERE m.type = 'table'");
        return forEach(query, [&] {
            const std::string table = query.text();
            tables_[table].insert(query.text());
        });
    }

    template <typename Take>
    static Result<void> forEach(Statement& query, const Take& take) {
        RINGSCOPE_TRY(bool found, query.next());
        while (found) {
            take();
            RINGSCOPE_TRY(const bool another, query.next());
            found = another;
        }
        return {};
    }

    bool has(const std::string& table, const std::string& column) const {
        const auto found = tables_.find(table);
        return found != tables_.end() && found->second.contains(column);
    }
    // The column, or `otherwise` if this version of the export lacks it.
    std::string columnOr(const std::string& table, const std::string& column,
                         const std::string& otherwise) const {
        return has(table, column) ? column : otherwise;
    }

    Result<void> readStrings() {
        Statement query(database_, "SELECT id, value FROM StringIds");
        return forEach(query, [&] {
            const std::int64_t id = query.integer();
            strings_[id] = query.text();
        });
    }

    ForeignRank& rankOf(std::int64_t global) {
        return ranks_.try_emplace(processOf(global), rules_).first->second;
    }
    const std::string& stringOf(std::int64_t id) {
        static const std::string unknown = "unknown";
        const auto found = strings_.find(id);
        return found == strings_.end() ? unknown : found->second;
    }
    static std::uint32_t nameOf(ForeignRank& rank, const std::string& name) {
        return rank.nameOf(name, [](std::string_view text) { return std::string(text); });
    }

    static bool possible(ForeignRank& rank, std::int64_t begin, std::int64_t end) {
        constexpr std::int64_t latest = std::int64_t{1} << 61;
        if (begin >= 0 && begin <= end && end < latest && end - begin < longestSpan && end > 0)
            return true;
        rank.skip("without usable times");
        return false;
    }

    // start, end, device, context, stream, correlation, process. The table's own columns follow.
    std::string gpuColumns(const std::string& table) const {
        return "SELECT start, \"end\", deviceId, contextId, streamId, correlationId, " +
               columnOr(table, "globalPid", "0");
    }
    struct GpuRow {
        std::int64_t begin = 0;
        std::int64_t end = 0;
        GpuPlace place;
        std::int64_t correlation = 0;
        std::int64_t process = 0;
    };
    static GpuRow gpuRow(Statement& query) {
        GpuRow row;
        row.begin = query.integer();
        row.end = query.integer();
        row.place.device = query.integer();
        row.place.context = query.integer();
        row.place.stream = query.integer();
        row.correlation = query.integer();
        row.process = query.integer();
        return row;
    }

    Result<void> readKernels() {
        const std::string table = "CUPTI_ACTIVITY_KIND_KERNEL";
        if (!tables_.contains(table)) return {};
        const std::string name =
            columnOr(table, "demangledName", columnOr(table, "shortName", "0"));
        Statement query(database_, gpuColumns(table) + ", " + name + " FROM " + table);
        return forEach(query, [&] {
            const GpuRow row = gpuRow(query);
            ForeignRank& rank = rankOf(row.process);
            const std::uint32_t named = nameOf(rank, stringOf(query.integer()));
            if (!possible(rank, row.begin, row.end)) return;
            const KernelMeaning meaning = rank.meaningOf(named);
            rank.addGpu(
                row.place,
                Span(row.begin, row.end, {.kind = meaning.kind, .operation = meaning.operation}),
                named, row.correlation);
        });
    }

    Result<void> readCopies(const std::string& table, Operation operation) {
        if (!tables_.contains(table)) return {};
        Statement query(
            database_, gpuColumns(table) + ", " + columnOr(table, "bytes", "0") + " FROM " + table);
        return forEach(query, [&] {
            const GpuRow row = gpuRow(query);
            ForeignRank& rank = rankOf(row.process);
            if (!possible(rank, row.begin, row.end)) return;
            const std::uint32_t named =
                nameOf(rank, operation == Operation::MemoryCopy ? "Memcpy" : "Memset");
            rank.addGpu(row.place,
                        Span(row.begin, row.end,
                             {.kind = SpanKind::Copy,
                              .operation = operation,
                              .bytes = std::max<std::int64_t>(0, query.integer())}),
                        named, row.correlation);
        });
    }

    Result<void> readCalls() {
        const std::string table = "CUPTI_ACTIVITY_KIND_RUNTIME";
        if (!tables_.contains(table)) return {};
        Statement query(database_,
                        "SELECT start, \"end\", globalTid, correlationId, nameId FROM " + table);
        return forEach(query, [&] {
            const std::int64_t begin = query.integer();
            const std::int64_t end = query.integer();
            ForeignRank& rank = rankOf(query.integer());
            const std::int64_t correlation = query.integer();
            if (!possible(rank, begin, end)) return;
            if (correlation != 0) rank.launch(correlation, begin);
            rank.addHost(Span(begin, end, {.kind = SpanKind::Host}),
                         nameOf(rank, stringOf(query.integer())));
        });
    }

    Result<void> readRanges() {
        const std::string table = "NVTX_EVENTS";
        if (!tables_.contains(table)) return {};
        Statement query(database_, "SELECT start, \"end\", globalTid, " +
                                       columnOr(table, "text", "NULL") + ", " +
                                       columnOr(table, "textId", "NULL") + " FROM " + table);
        return forEach(query, [&] {
            const std::int64_t begin = query.integer();
            const std::optional<std::int64_t> end = query.integerIfAny();
            ForeignRank& rank = rankOf(query.integer());
            const std::optional<std::string> text = query.textIfAny();
            const std::optional<std::int64_t> textId = query.integerIfAny();
            if (!end) return rank.skip("NVTX marks");
            if (!possible(rank, begin, *end)) return;
            const std::string& name = text ? *text : stringOf(textId.value_or(-1));
            SpanTag tag{.kind = SpanKind::Host};
            if (const std::optional<int> step = stepNamed(name))
                tag = {.kind = SpanKind::Step, .step = *step};
            rank.addHost(Span(begin, *end, tag), nameOf(rank, name));
        });
    }

    // The processes that used a GPU; if none did, all processes.
    Result<std::vector<ImportedRank>> finish() {
        std::vector<ImportedRank> finished;
        std::vector<ImportedRank> withGpu;
        for (auto& [process, parts] : ranks_) {
            RankTrace rank = parts.finish(0);
            rank.origin.pid = process;
            rank.origin.source = "nsys";
            rank.clock = {{.local = 0, .reference = 0, .error = 0}};
            if (!rank.gpu.empty()) {
                rank.origin.device = fmt::format("cuda:{}", rank.gpu.front().device);
                rank.origin.gpuActivity = "on";
            }
            (rank.gpu.empty() ? finished : withGpu).push_back({std::move(rank), false, {}});
        }
        std::vector<ImportedRank>& kept = withGpu.empty() ? finished : withGpu;
        if (kept.empty())
            return Error{ErrorCode::Corrupt, "the export holds no GPU work, calls or NVTX ranges"};
        for (std::size_t i = 0; i < kept.size(); ++i)
            kept[i].trace.origin.rank = static_cast<int>(i);
        if (&kept == &withGpu && !finished.empty())
            withGpu.front().trace.notes.push_back(
                fmt::format("processes that used no GPU and are left out: {}", finished.size()));
        return std::move(kept);
    }

    Database& database_;
    const KernelRules& rules_;
    std::map<std::string, std::set<std::string>> tables_;
    std::unordered_map<std::int64_t, std::string> strings_;
    std::map<int, ForeignRank> ranks_;  // by process
};

bool hasName(const fs::path& file) { return traceKindNamed(file) == TraceKind::Nsys; }

}  // namespace

bool isNsysExport(const fs::path& place) {
    std::error_code failed;
    if (fs::is_regular_file(place, failed)) return hasName(place);
    if (!fs::is_directory(place, failed)) return false;
    for (const auto& entry : fs::directory_iterator(place, failed))
        if (hasName(entry.path())) return true;
    return false;
}

Result<Trace> importNsysTrace(const fs::path& place, const KernelRules& rules) {
    std::vector<fs::path> files;
    std::error_code failed;
    if (fs::is_directory(place, failed)) {
        for (const auto& entry : fs::directory_iterator(place, failed))
            if (hasName(entry.path())) files.push_back(entry.path());
    } else {
        files.push_back(place);
    }
    std::ranges::sort(files);
    std::vector<ImportedRank> ranks;
    for (const fs::path& file : files) {
        RINGSCOPE_TRY(Database database,
                      Database::open(fs::absolute(file), Database::Mode::Immutable));
        Result<std::vector<ImportedRank>> read = NsysImport(database, rules).read();
        if (!read.ok()) return std::move(read).error().in("'" + file.string() + "'");
        for (ImportedRank& rank : *read) {
            rank.trace.origin.run = file.filename().string();
            rank.trace.origin.rank = static_cast<int>(ranks.size());
            // Exports of several hosts have clocks of their own.
            if (files.size() > 1) rank.trace.clock.clear();
            ranks.push_back(std::move(rank));
        }
    }
    Trace trace = joinRanks(std::move(ranks));
    if (std::string others = leftOutNote(place, TraceKind::Nsys); !others.empty())
        trace.notes.push_back(std::move(others));
    return trace;
}

}  // namespace ringscope
