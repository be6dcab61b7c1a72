#include "launcher/remote_programs.h"

#include "backend/core/files.h"
#include "backend/core/sha256.h"

namespace ringscope {

RemotePrograms RemotePrograms::ours() {
    const std::filesystem::path folder = programDirectory();
    RemotePrograms programs{.agent = folder / "ringscope", .others = {folder / "ringscope-rank"}};
    programs.torchLibrary = RINGSCOPE_TORCH_LIBRARY;
    const std::filesystem::path cuda = folder / "libringscope_cuda.so";
    std::error_code ignored;
    if (std::filesystem::exists(cuda, ignored)) programs.others.push_back(cuda);
    return programs;
}

Result<HashedPrograms> hashPrograms(const RemotePrograms& programs) {
    HashedPrograms hashed;
    std::vector<std::filesystem::path> paths = programs.others;
    paths.push_back(programs.agent);
    std::string all;
    for (const std::filesystem::path& path : paths) {
        Result<std::string> hash = sha256OfFile(path);
        if (!hash.ok())
            return Error{ErrorCode::NotFound,
                         "there is no program '" + path.string() + "'; ./quickstart builds it"};
        all += path.filename().string() + " " + *hash + "\n";
        hashed.files.push_back({.path = path,
                                .name = path.filename().string(),
                                .sha256 = std::move(*hash),
                                .program = path.extension() != ".so"});
    }
    hashed.hash = sha256(all).substr(0, 32);
    return hashed;
}

}  // namespace ringscope
