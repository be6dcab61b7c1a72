#include "backend/session/run_export.h"

#include "backend/config/experiment.h"
#include "backend/core/output_file.h"
#include "backend/core/sha256.h"
#include "backend/core/text.h"
#include "backend/report/config_text.h"
#include "backend/report/run_json.h"
#include "backend/store/run_files.h"
#include "backend/trace/trace_files.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <system_error>
#include <vector>

namespace ringscope {
namespace fs = std::filesystem;
namespace {

std::string number(double value) { return std::isfinite(value) ? fmt::format("{}", value) : ""; }

std::string stepsCsv(const RunRecord& run) {
    std::string text = "step,loss,grad_norm,duration_ms,tokens\r\n";
    for (const StepRecord& step : run.steps)
        text +=
            fmt::format("{},{},{},{},{}\r\n", step.step, number(step.loss), number(step.gradNorm),
                        number(milliseconds(step.duration)), step.tokens);
    return text;
}

std::string logName(int rank) { return rank < 0 ? "agent.log" : fmt::format("rank-{}.log", rank); }

// The text of each log file. Lines that were dropped leave a line that counts them.
std::map<std::string, std::string> logTexts(const std::vector<LogLine>& lines) {
    std::map<std::string, std::string> texts;
    std::int64_t expected = 0;
    for (const LogLine& line : lines) {
        std::string& text = texts[logName(line.rank)];
        if (line.number > expected)
            text += fmt::format("... {} lines of all ranks dropped ...\n", line.number - expected);
        expected = line.number + 1;
        text += line.text + '\n';
    }
    return texts;
}

// The files of one export, each with its hash.
class Folder {
public:
    explicit Folder(fs::path root) : root_(std::move(root)) {}

    Result<void> write(const fs::path& name, const std::string& content) {
        RINGSCOPE_CHECK(makeFolderOf(name));
        RINGSCOPE_CHECK(writeOutput(root_ / name, content));
        sums_ += sha256(content) + "  " + name.generic_string() + '\n';
        return {};
    }

    Result<void> copy(const fs::path& name, const fs::path& from) {
        RINGSCOPE_CHECK(makeFolderOf(name));
        std::error_code failed;
        fs::copy_file(from, root_ / name, failed);
        if (failed)
            return Error{ErrorCode::Failed, "cannot copy '" + from.string() + "' to '" +
                                                (root_ / name).string() + "': " + failed.message()};
        RINGSCOPE_TRY(const std::string sum, sha256OfFile(root_ / name));
        sums_ += sum + "  " + name.generic_string() + '\n';
        return {};
    }

    Result<void> close() { return writeOutput(root_ / "SHA256SUMS", sums_); }

private:
    Result<void> makeFolderOf(const fs::path& name) const {
        std::error_code failed;
        fs::create_directories((root_ / name).parent_path(), failed);
        if (!failed) return {};
        return Error{ErrorCode::Failed, "cannot make the folder '" +
                                            (root_ / name).parent_path().string() +
                                            "': " + failed.message()};
    }

    fs::path root_;
    std::string sums_;
};

std::string_view folderOfFile(const RunFile& file) {
    return rankOfTraceFile(file.path) ? "trace" : "weights";
}

Result<void> fill(Folder& folder, Store& store, const RunRecord& run) {
    const nlohmann::json object = {{"schema_version", jsonSchemaVersion}, {"run", toJson(run)}};
    RINGSCOPE_CHECK(folder.write("config.yaml", experimentTextOf(run)));
    RINGSCOPE_CHECK(folder.write("run.json", object.dump(2) + "\n"));
    RINGSCOPE_CHECK(folder.write("steps.csv", stepsCsv(run)));
    RINGSCOPE_TRY(const std::vector<LogLine> lines, store.log(run.id, {}));
    for (const auto& [name, text] : logTexts(lines))
        RINGSCOPE_CHECK(folder.write(fs::path("logs") / name, text));
    for (const RunFile& file : runFiles(store.path(), run.id, WithHash::No))
        RINGSCOPE_CHECK(
            folder.copy(fs::path(folderOfFile(file)) / file.path.filename(), file.path));
    return folder.close();
}

}  // namespace

std::string exportFolderName(const RunRecord& run) {
    std::string name = run.name;
    const auto unfit = [](char c) {
        return c == '/' || c == ' ' || static_cast<unsigned char>(c) < 0x20;
    };
    std::ranges::replace_if(name, unfit, '-');
    return name + "-" + run.id.text.substr(0, 8);
}

Result<void> exportRun(Store& store, const RunId& id, const fs::path& path) {
    RINGSCOPE_TRY(const RunRecord run, store.load(id));
    std::error_code ignored;
    const bool existed = fs::exists(path, ignored);
    if (existed && (!fs::is_directory(path, ignored) || !fs::is_empty(path, ignored)))
        return Error{ErrorCode::InvalidConfig, "'" + path.string() +
                                                   "' exists and is no empty folder; name "
                                                   "another one"};
    Folder folder(path);
    Result<void> filled = fill(folder, store, run);
    if (!filled.ok()) fs::remove_all(path, ignored);
    return filled;
}

}  // namespace ringscope
