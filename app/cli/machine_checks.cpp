#include "app/cli/machine_checks.h"

#include "backend/core/files.h"
#include "backend/core/text.h"
#include "backend/core/units.h"
#include "launcher/gpus.h"
#include "launcher/loaded_libraries.h"
#include "launcher/machine_facts.h"
#include "launcher/ssh_client.h"

#include <fmt/format.h>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

namespace ringscope::cli {
namespace {

namespace fs = std::filesystem;
using Libraries = std::map<std::string, std::string>;

DoctorCheck machine() {
    return {"machine", CheckState::Ok,
            fmt::format("{} cores", std::thread::hardware_concurrency())};
}

DoctorCheck memory() {
    const Bytes all = memoryOf("/");
    if (all.count == 0)
        return {"memory", CheckState::Absent, "/proc/meminfo does not say how much there is"};
    return {"memory", CheckState::Ok,
            formatBytes(all) + " that processes here may use, " + formatBytes(freeMemoryOf("/")) +
                " of it free"};
}

// Where the store is or will be.
DoctorCheck disk(const fs::path& store) {
    constexpr Bytes least{512LL << 20};
    std::error_code failed;
    fs::path folder = fs::absolute(store, failed).parent_path();
    while (!fs::exists(folder, failed) && folder.has_relative_path()) folder = folder.parent_path();
    const fs::space_info space = fs::space(folder, failed);
    if (failed) return {"disk", CheckState::Failed, folder.string() + ": " + failed.message()};
    const Bytes free{static_cast<std::int64_t>(space.available)};
    const std::string text = formatBytes(free) + " free in " + folder.string();
    if (free < least)
        return {"disk", CheckState::Failed,
                text + "; traces and the store need room: make some, or use --db elsewhere"};
    return {"disk", CheckState::Ok, text};
}

std::string modelsText(const std::vector<std::string>& models) {
    std::map<std::string, int> counts;
    for (const std::string& model : models) ++counts[model];
    std::vector<std::string> words;
    for (const auto& [model, count] : counts) words.push_back(fmt::format("{} × {}", count, model));
    return join(words, ", ");
}

DoctorCheck gpu(const GpuReport& report) {
    const std::string hidden =
        report.hidden > 0
            ? fmt::format("; {} more {} kept from ranks (CUDA_VISIBLE_DEVICES, or the container)",
                          report.hidden, report.hidden == 1 ? "is" : "are")
            : "";
    if (!report.known)
        return {"gpu", CheckState::Absent, "not known: the driver says nothing in /proc"};
    if (report.models.empty())
        return {"gpu", CheckState::Absent,
                "none: ranks compute on the CPU, and launch.device cuda is refused" + hidden};
    return {"gpu", CheckState::Ok, modelsText(report.models) + hidden};
}

DoctorCheck driver(const GpuReport& report) {
    if (report.driver.empty())
        return {"driver", CheckState::Absent, "no NVIDIA driver: a GPU could not be used"};
    return {"driver", CheckState::Ok, "NVIDIA " + report.driver};
}

// The path of the first library whose name begins so; nothing where none does.
std::optional<std::string> pathOf(const Libraries& libraries, std::string_view name) {
    for (const auto& [library, path] : libraries)
        if (library.starts_with(name)) return path;
    return std::nullopt;
}

DoctorCheck library(std::string name, std::string_view file, const Result<Libraries>& loaded,
                    const std::string& meaning) {
    if (!loaded.ok()) {
        const bool notBuilt = loaded.error().code == ErrorCode::NotFound;
        return {std::move(name), CheckState::Absent,
                notBuilt ? meaning : loaded.error().message + ": " + meaning};
    }
    const std::optional<std::string> path = pathOf(*loaded, file);
    if (!path) return {std::move(name), CheckState::Absent, meaning};
    if (path->empty())
        return {std::move(name), CheckState::Failed,
                std::string(file) + " is not found: " + meaning};
    return {std::move(name), CheckState::Ok, *path};
}

DoctorCheck ssh() {
    const Result<std::string> version = sshClientVersion();
    if (version.ok()) return {"ssh", CheckState::Ok, *version};
    return {"ssh", CheckState::Absent,
            "no ssh client: runs on other hosts are not possible; install openssh-client"};
}

}  // namespace

std::vector<DoctorCheck> machineChecks(const fs::path& store) {
    const GpuReport gpus = findGpus();
    const fs::path programs = programDirectory();
    return {machine(),
            memory(),
            disk(store),
            gpu(gpus),
            driver(gpus),
            library("cupti", "libcupti", librariesOf(programs / "ringscope-rank"),
                    "not used by these programs: what a GPU does is not recorded"),
            library("nccl", "libnccl", librariesOf(programs / "libringscope_cuda.so"),
                    "built without CUDA: ranks talk over Gloo, on CPUs"),
            ssh()};
}

}  // namespace ringscope::cli
