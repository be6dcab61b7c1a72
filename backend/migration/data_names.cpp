#include "backend/migration/data_names.h"

#include "backend/core/files.h"
#include "backend/core/plain_text.h"
#include "backend/core/text.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace ringscope {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t mostNames = 16;
constexpr std::size_t largestInfo = std::size_t{4} << 20;
constexpr std::array<std::string_view, 4> dataExtensions = {".jsonl", ".ndjson", ".txt", ".npy"};

// What LLaMA-Factory's list of data sets calls this one's file; empty where it has none.
std::string listedFile(const fs::path& folder, const std::string& name) {
    const Result<std::string> text = readFile(folder / "dataset_info.json", largestInfo);
    if (!text.ok()) return {};
    const nlohmann::json info = nlohmann::json::parse(*text, nullptr, /*allow_exceptions=*/false);
    if (!info.is_object() || !info.contains(name) || !info[name].is_object()) return {};
    const auto file = info[name].find("file_name");
    return file != info[name].end() && file->is_string() ? file->get<std::string>() : "";
}

}  // namespace

std::vector<std::string> dataNames(const std::string& text) {
    std::vector<std::string> names;
    for (const std::string_view key : {"path: ", "name_or_path: "})
        for (std::size_t at = text.find(key); at != std::string::npos && names.size() < mostNames;
             at = text.find(key, at + 1)) {
            if (at > 0 && text[at - 1] != '{' && text[at - 1] != ' ') continue;
            const std::size_t begin = at + key.size();
            names.emplace_back(trim(text.substr(begin, text.find_first_of(",}]", begin) - begin)));
        }
    if (!names.empty()) return names;
    std::string list = text;
    std::erase_if(list, [](char c) { return c == '[' || c == ']'; });
    for (const std::string& part : split(list, ','))
        if (!trim(part).empty() && names.size() < mostNames) names.emplace_back(trim(part));
    return names;
}

bool isDataFile(std::string_view name) {
    return std::ranges::any_of(dataExtensions,
                               [&](std::string_view end) { return name.ends_with(end); });
}

std::optional<fs::path> dataFileIn(const fs::path& folder, const std::string& name) {
    if (name.empty() || !isPrintable(name)) return std::nullopt;
    std::vector<std::string> spellings = {name};
    for (const std::string_view end : dataExtensions) spellings.push_back(name + std::string(end));
    if (std::string listed = listedFile(folder, name); !listed.empty())
        spellings.push_back(std::move(listed));
    for (const std::string& spelling : spellings) {
        std::error_code failed;
        const fs::path file = folder / spelling;
        if (isDataFile(spelling) && fs::is_regular_file(file, failed)) return file;
    }
    return std::nullopt;
}

}  // namespace ringscope
