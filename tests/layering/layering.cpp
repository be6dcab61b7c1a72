#include "tests/layering/layering.h"

#include "tests/layering/rules.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <optional>
#include <string_view>

namespace ringscope::layering {
namespace {

namespace fs = std::filesystem;

struct SourceFile {
    std::string path;  // from the root
    std::vector<std::string> lines;
};

bool contains(const std::vector<std::string_view>& list, std::string_view item) {
    return std::find(list.begin(), list.end(), item) != list.end();
}

// "backend/plan" is within "backend" and "backend/plan", not within "backend/pl".
bool within(std::string_view path, std::string_view folder) {
    return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

bool withinAny(std::string_view path, const std::vector<std::string_view>& folders) {
    return std::any_of(folders.begin(), folders.end(),
                       [&](std::string_view folder) { return within(path, folder); });
}

std::string join(const std::vector<std::string_view>& items) {
    std::string text;
    for (std::string_view item : items) text.append(text.empty() ? "" : ", ").append(item);
    return text;
}

bool isSource(const fs::path& path) {
    static const std::vector<std::string_view> extensions = {".h",  ".hpp", ".cpp",  ".cc",
                                                             ".cu", ".cuh", ".cmake"};
    return contains(extensions, path.extension().string()) || path.filename() == "CMakeLists.txt";
}

// Neither a program's output nor another program's file.
bool isOurs(const fs::path& path) {
    return std::none_of(path.begin(), path.end(), [](const fs::path& part) {
        return part == "fixtures" || part == "golden" || part == "corpus";
    });
}

std::vector<fs::path> foldersToRead(const fs::path& root) {
    std::vector<fs::path> folders;
    for (const auto& entry : fs::directory_iterator(root)) {
        const std::string name = entry.path().filename().string();
        if (entry.is_directory() && !name.starts_with('.') && !name.starts_with("build"))
            folders.push_back(entry.path());
    }
    std::sort(folders.begin(), folders.end());
    return folders;
}

SourceFile readFile(const fs::path& root, const fs::path& path) {
    SourceFile file{path.lexically_relative(root).generic_string(), {}};
    std::ifstream in(path);
    for (std::string line; std::getline(in, line);) file.lines.push_back(line);
    return file;
}

std::vector<SourceFile> readSources(const fs::path& root) {
    std::vector<SourceFile> files;
    for (const fs::path& folder : foldersToRead(root))
        for (const auto& entry : fs::recursive_directory_iterator(folder))
            if (entry.is_regular_file() && isSource(entry.path()))
                files.push_back(readFile(root, entry.path()));
    std::sort(files.begin(), files.end(),
              [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
    return files;
}

// The Markdown files of the root and of the top folders.
std::vector<SourceFile> readPages(const fs::path& root) {
    std::vector<fs::path> paths;
    const auto add = [&paths](const fs::directory_entry& entry) {
        if (entry.is_regular_file() && entry.path().extension() == ".md" && isOurs(entry.path()))
            paths.push_back(entry.path());
    };
    for (const auto& entry : fs::directory_iterator(root)) add(entry);
    for (std::string_view folder : topFolders)
        if (fs::is_directory(root / folder))
            for (const auto& entry : fs::recursive_directory_iterator(root / folder)) add(entry);
    std::sort(paths.begin(), paths.end());
    std::vector<SourceFile> files;
    for (const fs::path& path : paths) files.push_back(readFile(root, path));
    return files;
}

struct Include {
    std::string header;
    bool quoted = false;
};

std::optional<Include> includeOn(std::string_view line) {
    const auto skipSpace = [&line] {
        while (!line.empty() && std::isspace(static_cast<unsigned char>(line.front())) != 0)
            line.remove_prefix(1);
    };
    skipSpace();
    if (!line.starts_with('#')) return std::nullopt;
    line.remove_prefix(1);
    skipSpace();
    if (!line.starts_with("include")) return std::nullopt;
    line.remove_prefix(std::string_view("include").size());
    skipSpace();
    if (line.empty() || (line.front() != '"' && line.front() != '<')) return std::nullopt;
    const bool quoted = line.front() == '"';
    line.remove_prefix(1);
    const std::size_t end = line.find(quoted ? '"' : '>');
    if (end == std::string_view::npos) return std::nullopt;
    return Include{std::string(line.substr(0, end)), quoted};
}

bool isQtHeader(std::string_view header) {
    if (header.size() < 2 || header.starts_with("qcustomplot")) return false;
    const bool camel = header[0] == 'Q' &&
                       std::isalpha(static_cast<unsigned char>(header[1])) != 0 &&
                       header.find('.') == std::string_view::npos;
    return camel || header.starts_with("qglobal") || header.starts_with("qnamespace");
}

std::string foreignMessage(std::string_view header, std::string_view api,
                           const std::vector<std::string_view>& allowedIn) {
    return "<" + std::string(header) + "> is " + std::string(api) + ", which only " +
           join(allowedIn) + " may include";
}

std::optional<std::string> foreignViolation(std::string_view file, std::string_view header) {
    if (isQtHeader(header) && !withinAny(file, qtAllowedIn))
        return foreignMessage(header, "Qt", qtAllowedIn);
    for (const ForeignRule& rule : foreignRules) {
        const bool matches =
            std::any_of(rule.headers.begin(), rule.headers.end(), [&](std::string_view prefix) {
                if (!prefix.ends_with('!')) return header.starts_with(prefix);
                return header == prefix.substr(0, prefix.size() - 1);
            });
        if (matches && !withinAny(file, rule.allowedIn))
            return foreignMessage(header, rule.api, rule.allowedIn);
    }
    return std::nullopt;
}

// The room of `path` in the order's folder: "backend/plan/modes/ring.h" -> "plan"; empty for a file
// beside the rooms.
std::string_view roomOf(std::string_view path, const RoomOrder& order) {
    path.remove_prefix(order.folder.size() + 1);
    const std::size_t slash = path.find('/');
    return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

// Where `path` stands in the order of rooms and files beside them; none: in a room that is not
// listed, or in no room of a folder that allows no files beside them.
std::optional<std::size_t> positionOf(std::string_view path, const RoomOrder& order) {
    const std::string_view room = roomOf(path, order);
    if (room.empty()) {
        if (order.filesBeside == FilesBeside::None) return std::nullopt;
        return order.filesBeside == FilesBeside::BelowRooms ? 0 : order.rooms.size() + 1;
    }
    const auto found = std::find(order.rooms.begin(), order.rooms.end(), room);
    if (found == order.rooms.end()) return std::nullopt;
    return static_cast<std::size_t>(found - order.rooms.begin()) + 1;
}

// Whether an include within one folder follows the order of its rooms.
std::optional<std::string> orderViolation(std::string_view file, std::string_view header) {
    for (const RoomOrder& order : roomOrders) {
        if (!within(file, order.folder) || !within(header, order.folder)) continue;
        const std::optional<std::size_t> from = positionOf(file, order);
        const std::optional<std::size_t> to = positionOf(header, order);
        if (!from || !to)
            return "'" + std::string(from ? header : file) + "' is in no room that rules.h lists";
        if (*to <= *from) continue;
        const std::string folder(order.folder);
        const std::string_view room = roomOf(header, order);
        const bool beside = roomOf(file, order).empty();
        return (beside ? "files beside the rooms of " + folder
                       : folder + "/" + std::string(roomOf(file, order))) +
               " may not include \"" + std::string(header) + "\": " +
               (room.empty() ? "it stands above all rooms of "
                             : std::string(room) + " comes after " + (beside ? "them" : "it") +
                                   " in the order of ") +
               folder;
    }
    return std::nullopt;
}

std::optional<std::string> ownViolation(std::string_view file, std::string_view header) {
    if (within(header, "embedded") || header.ends_with(".moc")) return std::nullopt;  // generated
    if (!withinAny(header, topFolders))
        return "\"" + std::string(header) + "\" is not written from the repository root";
    if (auto message = orderViolation(file, header)) return message;
    const auto rule = std::find_if(folderRules.begin(), folderRules.end(),
                                   [&](const FolderRule& row) { return within(file, row.folder); });
    if (rule == folderRules.end()) return "no row of rules.h rules this folder";
    if (within(header, rule->folder) || withinAny(header, rule->mayInclude)) return std::nullopt;
    return std::string(rule->folder) + " may not include \"" + std::string(header) +
           "\"; it may include " +
           (rule->mayInclude.empty() ? "only itself" : join(rule->mayInclude));
}

bool isWordCharacter(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// The process call on this line, if any: `fork(`, not `forked(`, `x.fork(` or a comment.
std::string_view processCallOn(std::string_view line) {
    line = line.substr(0, line.find("//"));
    for (std::string_view call : processCalls) {
        for (std::size_t at = line.find(call); at != std::string_view::npos;
             at = line.find(call, at + 1)) {
            const std::size_t end = at + call.size();
            const bool starts = at == 0 || (!isWordCharacter(line[at - 1]) && line[at - 1] != '.' &&
                                            line[at - 1] != '>' && line[at - 1] != '"');
            if (starts && end < line.size() && line[end] == '(') return call;
        }
    }
    return {};
}

void checkHeader(const SourceFile& file, std::vector<Violation>& found) {
    bool commented = false;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
        const std::string& line = file.lines[i];
        if (line.starts_with("#pragma once")) {
            if (!commented)
                found.push_back({file.path, static_cast<int>(i) + 1,
                                 "a comment before #pragma once says what the header is for"});
            return;
        }
        commented = commented || line.starts_with("//");
    }
    found.push_back({file.path, 0, "has no #pragma once"});
}

// Columns of UTF-8 text.
int columns(std::string_view text) {
    return static_cast<int>(
        std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

// Where a raw string that `line` begins, or is in (`end` is then its end), goes on after the line:
// what ends it; else empty. `touched`: a part of the line is raw.
struct RawString {
    std::string end;
    bool touched = false;

    void read(std::string_view line) {
        touched = !end.empty();
        while (!line.empty()) {
            if (!end.empty()) {
                const std::size_t close = line.find(end);
                if (close == std::string_view::npos) return;
                line.remove_prefix(close + end.size());
                end.clear();
            }
            const std::size_t open = line.find("R\"");
            const std::size_t bracket =
                open == std::string_view::npos ? open : line.find('(', open);
            if (bracket == std::string_view::npos) return;
            touched = true;
            end = ")" + std::string(line.substr(open + 2, bracket - open - 2)) + "\"";
            line.remove_prefix(bracket + 1);
        }
    }
};

// Lines of C++ that are too wide. One with raw text in it cannot be broken and may be.
void checkWidth(const SourceFile& file, std::vector<Violation>& found) {
    RawString raw;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
        raw.read(file.lines[i]);
        const int width = columns(file.lines[i]);
        if (width > widestLine && !raw.touched)
            found.push_back({file.path, static_cast<int>(i) + 1,
                             "has " + std::to_string(width) + " columns; " +
                                 std::to_string(widestLine) + " is the limit"});
    }
}

bool isCpp(std::string_view path) {
    return !path.ends_with(".cmake") && !path.ends_with("CMakeLists.txt");
}

// Columns of the widest cell of a table's row; 0 for a line that is none.
int widestCellOn(std::string_view line) {
    if (!line.starts_with('|')) return 0;
    int widest = 0;
    while (!line.empty()) {
        line.remove_prefix(1);
        std::string_view cell = line.substr(0, line.find('|'));
        line.remove_prefix(cell.size());
        while (cell.starts_with(' ')) cell.remove_prefix(1);
        while (cell.ends_with(' ')) cell.remove_suffix(1);
        widest = std::max(widest, columns(cell));
    }
    return widest;
}

void checkTables(const SourceFile& page, std::vector<Violation>& found) {
    for (std::size_t i = 0; i < page.lines.size(); ++i)
        if (const int widest = widestCellOn(page.lines[i]); widest > widestCell)
            found.push_back({page.path, static_cast<int>(i) + 1,
                             "has a table cell of " + std::to_string(widest) + " characters; " +
                                 std::to_string(widestCell) +
                                 " is the limit: put the rest below the table"});
}

}  // namespace

std::vector<Violation> includeViolations(const fs::path& root) {
    std::vector<Violation> found;
    for (const SourceFile& file : readSources(root)) {
        if (within(file.path, "tests")) continue;
        for (std::size_t i = 0; i < file.lines.size(); ++i) {
            const int number = static_cast<int>(i) + 1;
            if (const auto include = includeOn(file.lines[i])) {
                auto message = foreignViolation(file.path, include->header);
                if (!message && include->quoted) message = ownViolation(file.path, include->header);
                if (message) found.push_back({file.path, number, *message});
            }
            const std::string_view call = processCallOn(file.lines[i]);
            if (!call.empty() && !within(file.path, "launcher"))
                found.push_back(
                    {file.path, number,
                     std::string(call) + "() starts a process, which only launcher may"});
        }
    }
    return found;
}

std::vector<Violation> shapeViolations(const fs::path& root) {
    std::vector<Violation> found;
    for (const SourceFile& file : readSources(root)) {
        const std::string_view top = std::string_view(file.path).substr(0, file.path.find('/'));
        if (!contains(topFolders, top))
            found.push_back(
                {file.path, 0, "top folder " + std::string(top) + " is not in rules.h"});
        if (static_cast<int>(file.lines.size()) > longestFile)
            found.push_back({file.path, longestFile + 1,
                             "has " + std::to_string(file.lines.size()) + " lines; " +
                                 std::to_string(longestFile) + " is the limit"});
        if (file.path.ends_with(".h")) checkHeader(file, found);
        if (isCpp(file.path) && isOurs(file.path)) checkWidth(file, found);
    }
    for (const SourceFile& page : readPages(root)) checkTables(page, found);
    for (std::string_view folder : topFolders)
        if (fs::is_directory(root / folder) && !fs::exists(root / folder / "README.md"))
            found.push_back({std::string(folder), 0, "has no README.md"});
    return found;
}

std::string describe(const std::vector<Violation>& violations) {
    std::string text;
    for (const Violation& violation : violations) {
        text += violation.file + ":";
        if (violation.line > 0) text += std::to_string(violation.line) + ":";
        text += " " + violation.message + "\n";
    }
    return text;
}

}  // namespace ringscope::layering
