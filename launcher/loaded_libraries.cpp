#include "launcher/loaded_libraries.h"

#include "backend/core/text.h"
#include "launcher/spawn_program.h"

namespace ringscope {

// Lines like "\tlibcupti.so.13 => /path/libcupti.so.13 (0x00007f…)", or "=> not found".
std::map<std::string, std::string> librariesIn(std::string_view lddText) {
    std::map<std::string, std::string> libraries;
    for (const std::string& line : split(lddText, '\n')) {
        const std::size_t arrow = line.find(" => ");
        if (arrow == std::string::npos) continue;
        const std::string name(trim(std::string_view(line).substr(0, arrow)));
        std::string path = line.substr(arrow + 4);
        path = path.substr(0, path.rfind(" ("));
        libraries[name] = path.starts_with('/') ? path : "";
    }
    return libraries;
}

Result<std::map<std::string, std::string>> librariesOf(const std::filesystem::path& program) {
    std::error_code ignored;
    if (!std::filesystem::exists(program, ignored))
        return Error{ErrorCode::NotFound, "there is no program '" + program.string() + "'"};
    RINGSCOPE_TRY(const ProgramEnd end, runToEnd({.words = {"ldd", program.string()},
                                                  .limit = std::chrono::seconds(20)}));
    if (end.code != 0) return Error{ErrorCode::Failed, "ldd: " + std::string(trim(end.err))};
    return librariesIn(end.out);
}

}  // namespace ringscope
