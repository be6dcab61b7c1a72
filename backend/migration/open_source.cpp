#include "backend/core/files.h"
#include "backend/core/text.h"
#include "backend/core/units.h"
#include "backend/migration/migration.h"
#include "backend/migration/source_table.h"
#include "backend/migration/source_tree.h"

#include <algorithm>
#include <filesystem>
#include <optional>

namespace ringscope {
namespace fs = std::filesystem;
namespace {

constexpr int mostFoldersUp = 6;
constexpr std::size_t mostCompanions = 8;

Result<std::string> readConfiguration(const fs::path& path) {
    std::error_code failed;
    if (const std::uintmax_t size = fs::file_size(path, failed); !failed && size > largestSource)
        return Error{ErrorCode::InvalidConfig,
                     path.string() + ": a configuration holds at most " +
                         formatBytes({static_cast<std::int64_t>(largestSource)}) +
                         "; this file has " + formatBytes({static_cast<std::int64_t>(size)})};
    return readFile(path);
}

// Training scripts are started in the root of their project, and configurations lie below it, so
// the file is searched beside the source and in the folders above it.
std::optional<SourceFile> findCompanion(const fs::path& source, const std::string& name) {
    if (std::string object = decodedObject(name); !object.empty())
        return SourceFile{name, std::move(object)};
    std::error_code failed;
    fs::path folder = fs::absolute(source, failed).parent_path();
    if (failed) return std::nullopt;
    for (int up = 0; up <= mostFoldersUp; ++up, folder = folder.parent_path()) {
        const fs::path candidate = folder / name;  // `name` itself where it is absolute
        if (fs::is_regular_file(candidate, failed)) {
            Result<std::string> text = readConfiguration(candidate);
            if (text.ok()) return SourceFile{name, std::move(text).value()};
        }
        if (folder == folder.parent_path()) break;
    }
    return std::nullopt;
}

bool isThere(const MigrationInput& input, const std::string& name) {
    return std::ranges::find(input.companions, name, &SourceFile::name) != input.companions.end();
}

// Adds the files that this one names or writes, and returns their names.
std::vector<std::string> addNamedFiles(const fs::path& path, const SourceTree& tree,
                                       MigrationInput& input) {
    std::vector<std::string> added;
    const Source* source = recognise(tree).source;
    if (source == nullptr) return added;
    for (const SourceKey& key : tree.keys) {
        const KeyRule* rule = ruleOf(*source, key.ruleName());
        const bool names = rule != nullptr && rule->role == Role::Companion && key.isScalar;
        if (!names || isThere(input, key.text) || input.companions.size() >= mostCompanions)
            continue;
        const auto written = std::ranges::find(tree.embedded, key.text, &SourceFile::name);
        std::optional<SourceFile> companion = written != tree.embedded.end()
                                                  ? std::optional(*written)
                                                  : findCompanion(path, key.text);
        if (!companion) continue;
        added.push_back(companion->name);
        input.companions.push_back(*std::move(companion));
    }
    return added;
}

// A folder with a config.json for each name a model key has: below a root by the whole name or
// its last part, or the name itself where it is a path.
void findModels(const SourceTree& tree, const SourceOptions& options, MigrationInput& input) {
    const Source* source = recognise(tree).source;
    if (source == nullptr) return;
    const auto isCheckpoint = [](const fs::path& folder) {
        std::error_code failed;
        return fs::is_regular_file(folder / "config.json", failed);
    };
    for (const SourceKey& key : tree.keys) {
        const KeyRule* rule = ruleOf(*source, key.ruleName());
        if (rule == nullptr || rule->role != Role::Model || key.text.empty()) continue;
        std::vector<fs::path> places;
        for (const std::string& root : options.modelRoots) {
            places.push_back(fs::path(root) / key.text);
            places.push_back(fs::path(root) / fs::path(key.text).filename());
        }
        if (key.text.starts_with('/')) places.emplace_back(key.text);
        const auto found = std::ranges::find_if(places, isCheckpoint);
        std::error_code failed;
        if (found != places.end()) input.models[key.text] = fs::absolute(*found, failed).string();
    }
}

}  // namespace

Result<MigrationInput> openSource(const std::string& path, const SourceOptions& options) {
    MigrationInput input{.source = {.name = path, .text = {}}, .companions = {}};
    RINGSCOPE_TRY(input.source.text, readConfiguration(path));
    // migrate() fails with the reason where one of them cannot be read.
    std::vector<SourceFile> open = {input.source};
    for (std::size_t next = 0; next < open.size(); ++next) {
        const Result<SourceTree> tree = readSource(open[next]);
        if (!tree.ok()) continue;
        findModels(*tree, options, input);
        for (const std::string& name : addNamedFiles(path, *tree, input))
            open.push_back(*std::ranges::find(input.companions, name, &SourceFile::name));
    }
    return input;
}

}  // namespace ringscope
