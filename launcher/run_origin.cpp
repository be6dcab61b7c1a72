#include "launcher/run_origin.h"

#include "backend/core/git_head.h"
#include "launcher/spawn_program.h"

#include <optional>
#include <utility>

namespace ringscope {
namespace {

constexpr std::chrono::seconds gitTakes{5};

std::optional<bool> hasChanges(const std::filesystem::path& folder) {
    const Result<ProgramEnd> status =
        runToEnd({.words = {"git", "--no-optional-locks", "-C", folder.string(), "status",
                            "--porcelain", "--untracked-files=no"},
                  .limit = gitTakes});
    if (!status.ok() || status->code != 0) return std::nullopt;
    return !status->out.empty();
}

}  // namespace

RunOrigin runOrigin(std::string command, const std::filesystem::path& folder) {
    RunOrigin origin{.command = std::move(command), .folder = folder.string()};
    origin.commit = gitCommit(folder);
    if (!origin.commit.empty()) origin.dirty = hasChanges(folder);
    return origin;
}

}  // namespace ringscope
