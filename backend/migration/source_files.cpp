#include "backend/migration/source_files.h"

#include "backend/core/files.h"
#include "backend/core/text.h"

#include <algorithm>
#include <array>
#include <filesystem>

namespace ringscope {
namespace fs = std::filesystem;
namespace {

constexpr std::array<std::string_view, 10> readExtensions = {
    ".yaml", ".yml", ".json", ".hjson", ".toml", ".sh", ".bash", ".slurm", ".sbatch", ".py"};

void addFolder(const fs::path& folder, std::vector<NamedSource>& sources) {
    std::error_code failed;
    std::vector<std::string> found;
    fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied,
                                        failed);
    for (; !failed && at != fs::recursive_directory_iterator() && found.size() < mostSources;
         at.increment(failed)) {
        const std::string name = at->path().filename().string();
        std::error_code ignored;
        if (name.starts_with('.')) {
            if (at->is_directory(ignored)) at.disable_recursion_pending();
            continue;
        }
        const std::string extension = toLower(at->path().extension().string());
        const bool known = std::ranges::find(readExtensions, extension) != readExtensions.end();
        if (known && !at->is_symlink(ignored) && at->is_regular_file(ignored))
            found.push_back(at->path().string());
    }
    std::ranges::sort(found);
    for (std::string& path : found) sources.push_back({std::move(path), true});
}

}  // namespace

std::vector<NamedSource> namedSources(const std::vector<std::string>& paths) {
    std::vector<NamedSource> sources;
    for (const std::string& path : paths) {
        std::error_code failed;
        if (fs::is_directory(path, failed))
            addFolder(path, sources);
        else
            sources.push_back({path, false});
    }
    return sources;
}

bool isCompanionOf(const std::string& path, const MigrationInput& input) {
    const std::string name = fs::path(path).filename().string();
    return std::ranges::any_of(input.companions, [&](const SourceFile& companion) {
        if (fs::path(companion.name).filename() != name) return false;
        const Result<std::string> text = readFile(path, std::size_t{1} << 20);
        return text.ok() && *text == companion.text;
    });
}

}  // namespace ringscope
