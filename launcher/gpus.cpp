#include "launcher/gpus.h"

#include "backend/core/text.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string_view>
#include <system_error>

namespace ringscope {
namespace {

namespace fs = std::filesystem;

bool isVersion(std::string_view word) {
    const auto allowed = [](char c) { return (c >= '0' && c <= '9') || c == '.'; };
    return word.find('.') != std::string_view::npos && word.front() != '.' &&
           std::ranges::all_of(word, allowed);
}

// "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.15  Release Build ..."
std::string driverVersion(const fs::path& file) {
    std::ifstream lines(file);
    std::string line;
    std::getline(lines, line);
    for (const std::string& word : split(line, ' '))
        if (!word.empty() && isVersion(word)) return word;
    return {};
}

// The value behind "Model:" in a file of lines like "Model:  NVIDIA H200".
std::string valueIn(const fs::path& file, std::string_view key) {
    std::ifstream lines(file);
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with(key))
            return std::string(trim(std::string_view(line).substr(key.size())));
    return {};
}

std::size_t mostVisible(const std::string& visible) {
    const std::string_view devices = trim(visible);
    if (devices.empty() || devices.front() == '-') return 0;
    return static_cast<std::size_t>(std::ranges::count(devices, ',')) + 1;
}

}  // namespace

GpuReport findGpus(const fs::path& root, const std::optional<std::string>& visible) {
    GpuReport report;
    std::error_code failed;
    const fs::path driver = root / "proc/driver/nvidia";
    report.driver = driverVersion(driver / "version");
    if (report.driver.empty() && fs::exists(root / "dev/dxg", failed)) report.known = false;
    for (fs::directory_iterator gpu(driver / "gpus", failed), end; !failed && gpu != end;
         gpu.increment(failed)) {
        const fs::path facts = gpu->path() / "information";
        const std::string minor = valueIn(facts, "Device Minor:");
        std::error_code ignored;
        if (!minor.empty() && !fs::exists(root / "dev" / ("nvidia" + minor), ignored)) {
            ++report.hidden;
            continue;
        }
        const std::string model = valueIn(facts, "Model:");
        report.models.push_back(model.empty() ? "GPU" : model);
    }
    const std::size_t most = visible ? mostVisible(*visible) : report.models.size();
    if (most < report.models.size()) {
        report.hidden += static_cast<int>(report.models.size() - most);
        report.models.resize(most);
    }
    std::ranges::sort(report.models);
    return report;
}

GpuReport findGpus() {
    const char* visible = std::getenv("CUDA_VISIBLE_DEVICES");
    return findGpus("/", visible == nullptr ? std::nullopt : std::optional<std::string>(visible));
}

}  // namespace ringscope
