#include "backend/run/training_checkpoint.h"

#include "backend/core/files.h"
#include "backend/core/output_file.h"
#include "backend/core/sha256.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>

namespace ringscope {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::json;

constexpr int manifestVersion = 1;
constexpr std::string_view stepPrefix = "step-";
constexpr std::string_view halfEnding = ".half";

Json fileJson(const CheckpointFile& file) {
    Json slices = Json::array();
    for (const CheckpointSlice& slice : file.slices)
        slices.push_back({slice.parameter, slice.first, slice.count});
    return {{"name", file.name},
            {"bytes", file.bytes},
            {"sha256", file.sha256},
            {"slices", std::move(slices)}};
}

// Throws nlohmann's exceptions, as all that read JSON here.
CheckpointFile checkpointFileOf(const Json& json) {
    CheckpointFile file{.name = json.at("name"),
                        .bytes = json.at("bytes"),
                        .sha256 = json.at("sha256"),
                        .slices = {}};
    for (const Json& slice : json.at("slices"))
        file.slices.push_back({slice.at(0), slice.at(1), slice.at(2)});
    return file;
}

Json bestJson(const std::optional<BestValidation>& best) {
    if (!best) return nullptr;
    return {{"loss", best->loss}, {"step", best->step}, {"since", best->since}};
}

std::optional<BestValidation> bestOf(const Json& json) {
    if (json.is_null()) return std::nullopt;
    return BestValidation{json.at("loss"), json.at("step"), json.at("since")};
}

std::string manifestText(const CheckpointManifest& manifest) {
    Json files = Json::array();
    for (const CheckpointFile& file : manifest.files) files.push_back(fileJson(file));
    const Json json = {{"version", manifestVersion},
                       {"run", manifest.run},
                       {"step", manifest.step},
                       {"config", manifest.configYaml},
                       {"data", manifest.data},
                       {"seed", manifest.seed},
                       {"optimizer_steps", manifest.optimizerSteps},
                       {"loss_scale", manifest.lossScale},
                       {"good_steps", manifest.goodSteps},
                       {"best_validation", bestJson(manifest.bestValidation)},
                       {"files", std::move(files)}};
    return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

CheckpointManifest manifestOf(const Json& json) {
    CheckpointManifest manifest{.run = json.at("run"),
                                .step = json.at("step"),
                                .configYaml = json.at("config"),
                                .data = json.at("data"),
                                .seed = json.at("seed"),
                                .optimizerSteps = json.at("optimizer_steps"),
                                .lossScale = json.at("loss_scale"),
                                .goodSteps = json.at("good_steps"),
                                .bestValidation = bestOf(json.value("best_validation", Json())),
                                .files = {}};
    for (const Json& file : json.at("files")) manifest.files.push_back(checkpointFileOf(file));
    return manifest;
}

Error damagedCheckpoint(const fs::path& file, std::string_view why) {
    return {ErrorCode::Corrupt, fmt::format("'{}' {}; take another checkpoint (`ringscope "
                                            "checkpoints ls`)",
                                            file.string(), why)};
}

// A name that leads out of the folder is none of ours.
bool isPlainName(const std::string& name) {
    return !name.empty() && name.find('/') == std::string::npos && name != "." && name != "..";
}

Result<void> checkSizes(const fs::path& checkpoint, const CheckpointManifest& manifest) {
    for (const CheckpointFile& file : manifest.files) {
        const fs::path path = checkpoint / file.name;
        if (!isPlainName(file.name))
            return damagedCheckpoint(checkpoint / manifestName,
                                     "names a file outside of its folder");
        std::error_code failed;
        const std::uintmax_t bytes = fs::file_size(path, failed);
        if (failed) return damagedCheckpoint(path, "is missing");
        if (bytes != static_cast<std::uintmax_t>(file.bytes))
            return damagedCheckpoint(
                path, fmt::format("has {} bytes and was written with {}", bytes, file.bytes));
    }
    return {};
}

std::optional<std::int64_t> stepOfName(std::string_view name) {
    if (!name.starts_with(stepPrefix)) return std::nullopt;
    name.remove_prefix(stepPrefix.size());
    std::int64_t step = 0;
    const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), step);
    if (problem != std::errc() || end != name.data() + name.size()) return std::nullopt;
    return step;
}

// What the folder's entries are is on the disk.
Result<void> syncFolder(const fs::path& folder) {
    const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0) return fileError(folder, "write", errno);
    // Some file systems of a network sync no folder and say EINVAL.
    const bool synced = ::fsync(file) == 0 || errno == EINVAL;
    const int number = errno;
    ::close(file);
    if (!synced) return fileError(folder, "write", number);
    return {};
}

Result<void> renameFolder(const fs::path& from, const fs::path& to) {
    if (::rename(from.c_str(), to.c_str()) == 0) return {};
    return fileError(to, "write", errno);
}

bool isHalf(const fs::path& folder) { return folder.filename().string().ends_with(halfEnding); }

}  // namespace

std::string toText(const Result<CheckpointFile>& written) {
    const Json json =
        written.ok() ? fileJson(*written) : Json{{"problem", written.error().message}};
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<CheckpointFile> parseWritten(std::string_view text) {
    try {
        const Json json = Json::parse(text);
        if (json.contains("problem")) return Error{ErrorCode::Failed, json.at("problem")};
        return checkpointFileOf(json);
    } catch (const Json::exception&) {
        return Error{ErrorCode::Failed, "it told what cannot be read"};
    }
}

std::string checkpointName(std::int64_t step) { return fmt::format("{}{:08}", stepPrefix, step); }

fs::path checkpointRoot(const CheckpointConfig& config) {
    return fs::absolute(config.folder ? fs::path(*config.folder) : dataDirectory() / "checkpoints")
        .lexically_normal();
}

fs::path checkpointFolder(const CheckpointConfig& config, const std::string& run) {
    return checkpointRoot(config) / run;
}

std::vector<StoredCheckpoint> checkpointsIn(const fs::path& runFolder) {
    std::vector<StoredCheckpoint> found;
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(runFolder, failed)) {
        const std::optional<std::int64_t> step = stepOfName(entry.path().filename().string());
        if (step && fs::exists(entry.path() / manifestName, failed))
            found.push_back({entry.path(), *step});
    }
    std::ranges::sort(found, std::greater(), &StoredCheckpoint::step);
    return found;
}

Result<fs::path> newestCheckpoint(const fs::path& folder) {
    std::error_code failed;
    if (!isHalf(folder) && fs::exists(folder / manifestName, failed)) return folder;
    const std::vector<StoredCheckpoint> found = checkpointsIn(folder);
    if (!found.empty()) return found.front().folder;
    return Error{ErrorCode::NotFound, "there is no whole checkpoint in '" + folder.string() +
                                          "'; checkpoint.every makes a run write some"};
}

Result<CheckpointManifest> readManifest(const fs::path& checkpoint) {
    const fs::path path = checkpoint / manifestName;
    RINGSCOPE_TRY(const std::string text, readFile(path));
    try {
        const Json json = Json::parse(text);
        if (const int version = json.at("version"); version != manifestVersion)
            return Error{ErrorCode::Unavailable,
                         fmt::format("'{}' has version {}, and this Ringscope reads {}; use the "
                                     "Ringscope that wrote it",
                                     path.string(), version, manifestVersion)};
        CheckpointManifest manifest = manifestOf(json);
        RINGSCOPE_CHECK(checkSizes(checkpoint, manifest));
        return manifest;
    } catch (const Json::exception&) {
        return damagedCheckpoint(path, "is no manifest of a checkpoint");
    }
}

Result<void> verifyFile(const fs::path& checkpoint, const CheckpointFile& file) {
    const fs::path path = checkpoint / file.name;
    RINGSCOPE_TRY(const std::string hash, sha256OfFile(path));
    if (hash == file.sha256) return {};
    return damagedCheckpoint(path, "is damaged: its SHA-256 is not what was written");
}

fs::path halfFolder(const fs::path& runFolder, std::int64_t step) {
    return runFolder / (checkpointName(step) + std::string(halfEnding));
}

Result<void> commitCheckpoint(const fs::path& runFolder, const CheckpointManifest& manifest) {
    const fs::path half = halfFolder(runFolder, manifest.step);
    RINGSCOPE_CHECK(writeOutput(half / manifestName, manifestText(manifest)));
    RINGSCOPE_CHECK(syncFolder(half));
    RINGSCOPE_CHECK(renameFolder(half, runFolder / checkpointName(manifest.step)));
    return syncFolder(runFolder);
}

void sweepHalves(const fs::path& runFolder) {
    std::error_code failed;
    std::vector<fs::path> halves;
    for (const auto& entry : fs::directory_iterator(runFolder, failed))
        if (isHalf(entry.path())) halves.push_back(entry.path());
    for (const fs::path& half : halves) fs::remove_all(half, failed);
}

Result<void> removeCheckpoint(const fs::path& checkpoint) {
    const fs::path half = checkpoint.string() + std::string(halfEnding);
    std::error_code failed;
    fs::remove_all(half, failed);
    RINGSCOPE_CHECK(renameFolder(checkpoint, half));
    fs::remove_all(half, failed);
    if (failed) return fileError(half, "remove", failed.value());
    return {};
}

Result<void> keepNewest(const fs::path& runFolder, std::int64_t keep) {
    const std::vector<StoredCheckpoint> found = checkpointsIn(runFolder);
    for (auto i = static_cast<std::size_t>(keep); i < found.size(); ++i)
        RINGSCOPE_CHECK(removeCheckpoint(found[i].folder));
    return {};
}

}  // namespace ringscope
