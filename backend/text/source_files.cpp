#include "backend/text/source_files.h"

#include "backend/config/data_source.h"
#include "backend/core/files.h"

#include <fmt/format.h>
#include <glob.h>
#include <sys/stat.h>
#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

namespace ringscope {
namespace {

// The regular files that match; nothing where none does.
std::vector<std::string> matchingFiles(const std::string& pattern) {
    glob_t found{};
    std::vector<std::string> files;
    if (::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found) == 0)
        for (std::size_t i = 0; i < found.gl_pathc; ++i) files.emplace_back(found.gl_pathv[i]);
    ::globfree(&found);
    std::erase_if(files, [](const std::string& file) {
        std::error_code ignored;
        return !std::filesystem::is_regular_file(file, ignored);
    });
    std::ranges::sort(files);
    return files;
}

DataKind kindOfSource(const DataConfig& data, const std::string& path) {
    if (data.tokenizer == idTokenizer) return DataKind::Ids;
    return isJsonLines(path) ? DataKind::JsonLines : DataKind::Text;
}

Result<DataFile> dataFile(const DataConfig& data, const std::string& path) {
    struct stat about {};
    if (::stat(path.c_str(), &about) != 0) return fileError(path, "read", errno);
    if (!S_ISREG(about.st_mode))
        return Error{ErrorCode::InvalidConfig, "'" + path + "' is no regular file; name one"};
    if (about.st_size == 0)
        return Error{ErrorCode::InvalidConfig, "'" + path + "' is empty; name a file with text"};
    std::error_code failed;
    const std::filesystem::path whole = std::filesystem::canonical(path, failed);
    return DataFile{
        .path = path,
        .kind = kindOfSource(data, path),
        .bytes = about.st_size,
        .state = fmt::format("{} {} {}.{} {}.{} {}", about.st_dev, about.st_ino,
                             about.st_mtim.tv_sec, about.st_mtim.tv_nsec, about.st_ctim.tv_sec,
                             about.st_ctim.tv_nsec, failed ? path : whole.string())};
}

Result<void> addFiles(const DataConfig& data, const std::string& name,
                      std::vector<DataFile>& files) {
    if (name == builtinProse || name == builtinRecall) {
        files.push_back({.path = name, .kind = DataKind::Builtin, .state = name});
        return {};
    }
    if (isBuiltinSource(name))
        return Error{
            ErrorCode::InvalidConfig,
            "'" + name +
                "' is not shipped; use builtin:prose, builtin:recall or the path of a text "
                "file"};
    std::error_code ignored;
    if (!isSourcePattern(name) || std::filesystem::exists(name, ignored)) {
        RINGSCOPE_TRY(DataFile file, dataFile(data, name));
        files.push_back(std::move(file));
        return {};
    }
    const std::vector<std::string> matching = matchingFiles(name);
    if (matching.empty())
        return Error{ErrorCode::NotFound, "no file matches '" + name + "'; name files that do"};
    for (const std::string& path : matching) {
        RINGSCOPE_TRY(DataFile file, dataFile(data, path));
        files.push_back(std::move(file));
    }
    return {};
}

}  // namespace

Result<std::vector<DataFile>> dataFiles(const DataConfig& data) {
    std::vector<DataFile> files;
    for (const std::string& name : sourceNames(data.source)) {
        Result<void> added = addFiles(data, name, files);
        if (!added.ok()) return std::move(added).error().in("data.source");
    }
    return files;
}

}  // namespace ringscope
