#include "backend/core/files.h"
#include "backend/core/text.h"
#include "backend/core/units.h"
#include "backend/migration/data_names.h"
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

// The source's folder and those above it: names are relative to one of them.
std::vector<fs::path> foldersOf(const fs::path& source) {
    std::error_code failed;
    std::vector<fs::path> folders;
    fs::path folder = fs::absolute(source, failed).parent_path();
    for (int up = 0; !failed && up <= mostFoldersUp; ++up, folder = folder.parent_path()) {
        folders.push_back(folder);
        if (folder == folder.parent_path()) break;
    }
    return folders;
}

// Training scripts are started in the root of their project, and configurations lie below it, so
// the file is searched beside the source and in the folders above it.
std::optional<SourceFile> findCompanion(const fs::path& source, const std::string& name) {
    if (std::string object = decodedObject(name); !object.empty())
        return SourceFile{name, std::move(object)};
    for (const fs::path& folder : foldersOf(source)) {
        const fs::path candidate = folder / name;  // `name` itself where it is absolute
        std::error_code failed;
        if (!fs::is_regular_file(candidate, failed)) continue;
        Result<std::string> text = readConfiguration(candidate);
        if (text.ok()) return SourceFile{name, std::move(text).value()};
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

// Finds what the keys of a file name.
class NamedThings {
public:
    NamedThings(const fs::path& path, const SourceTree& tree, const SourceOptions& options,
                MigrationInput& input)
        : tree_(tree), options_(options), input_(input), folders_(foldersOf(path)) {}

    void find() {
        const Source* source = recognise(tree_).source;
        if (source == nullptr) return;
        for (const SourceKey& key : tree_.keys) {
            const KeyRule* rule = ruleOf(*source, key.ruleName());
            if (rule == nullptr || key.text.empty() || key.unresolved) continue;
            if (rule->role == Role::Model) findModel(key.text);
            if (rule->role == Role::Tokenizer) findTokenizer(key.text);
            if (rule->role == Role::Data)
                for (const std::string& name : dataNames(key.text)) findData(name);
        }
    }

private:
    // Below a root by the whole name or its last part; beside the file and above it by the name.
    std::vector<fs::path> placesOf(const std::string& name,
                                   const std::vector<std::string>& roots) const {
        std::vector<fs::path> places;
        for (const std::string& root : roots) {
            places.push_back(fs::path(root) / name);
            places.push_back(fs::path(root) / fs::path(name).filename());
        }
        for (const fs::path& folder : folders_) places.push_back(folder / name);
        return places;
    }

    void findModel(const std::string& name) {
        for (const fs::path& place : placesOf(name, options_.modelRoots)) {
            std::error_code failed;
            if (!fs::is_regular_file(place / "config.json", failed)) continue;
            input_.models[name] = fs::weakly_canonical(place, failed).string();
            return;
        }
    }

    void findTokenizer(const std::string& name) {
        for (const fs::path& place : placesOf(name, options_.modelRoots)) {
            std::error_code failed;
            const bool file = fs::is_regular_file(place, failed);
            if (!file && !fs::is_regular_file(place / "tokenizer.json", failed)) continue;
            input_.files[name] = fs::weakly_canonical(place, failed).string();
            return;
        }
    }

    void findData(const std::string& name) {
        std::vector<fs::path> folders(options_.dataRoots.begin(), options_.dataRoots.end());
        const SourceKey* named = tree_.find("dataset_dir");
        for (const fs::path& folder : folders_) {
            folders.push_back(folder);
            folders.push_back(folder / (named == nullptr ? "data" : named->text));
        }
        for (const fs::path& folder : folders) {
            const std::optional<fs::path> file = dataFileIn(folder, name);
            std::error_code failed;
            if (!file) continue;
            input_.files[name] = fs::weakly_canonical(*file, failed).string();
            return;
        }
    }

    const SourceTree& tree_;
    const SourceOptions& options_;
    MigrationInput& input_;
    std::vector<fs::path> folders_;
};

}  // namespace

Result<MigrationInput> openSource(const std::string& path, const SourceOptions& options) {
    MigrationInput input{.source = {.name = path, .text = {}}, .companions = {}};
    RINGSCOPE_TRY(input.source.text, readConfiguration(path));
    // migrate() fails with the reason where one of them cannot be read.
    std::vector<SourceFile> open = {input.source};
    for (std::size_t next = 0; next < open.size(); ++next) {
        const Result<SourceTree> tree = readSource(open[next]);
        if (!tree.ok()) continue;
        NamedThings(path, *tree, options, input).find();
        for (const std::string& name : addNamedFiles(path, *tree, input))
            open.push_back(*std::ranges::find(input.companions, name, &SourceFile::name));
    }
    return input;
}

}  // namespace ringscope
