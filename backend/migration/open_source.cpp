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

}  // namespace

Result<MigrationInput> openSource(const std::string& path) {
    MigrationInput input{.source = {.name = path, .text = {}}, .companions = {}};
    RINGSCOPE_TRY(input.source.text, readConfiguration(path));
    const Result<SourceTree> tree = readSource(input.source);
    if (!tree.ok()) return input;  // migrate() fails with the reason
    const Source* source = recognise(*tree).source;
    if (source == nullptr) return input;
    for (const KeyRule& rule : source->rules) {
        const SourceKey* key = rule.role == Role::Companion ? tree->find(rule.path) : nullptr;
        if (key == nullptr || !key->isScalar) continue;
        if (std::optional<SourceFile> companion = findCompanion(path, key->text))
            input.companions.push_back(*std::move(companion));
    }
    return input;
}

}  // namespace ringscope
