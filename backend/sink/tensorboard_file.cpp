#include "backend/sink/tensorboard_file.h"

#include "backend/config/experiment.h"
#include "backend/core/files.h"
#include "backend/sink/event_file.h"

#include <fmt/format.h>
#include <unistd.h>
#include <array>
#include <bit>
#include <cctype>
#include <map>
#include <system_error>

namespace ringscope {
namespace tensorboard {
namespace {

// Castagnoli's polynomial, reflected.
constexpr std::array<std::uint32_t, 256> crcTable = [] {
    constexpr std::uint32_t polynomial = 0x82F63B78U;
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < table.size(); ++i) {
        std::uint32_t value = i;
        for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) * polynomial);
        table[i] = value;
    }
    return table;
}();

std::uint32_t maskedCrc(std::string_view bytes) {
    constexpr std::uint32_t delta = 0xA282EAD8U;
    return std::rotr(crc32c(bytes), 15) + delta;
}

template <typename Number>
std::string littleEndian(Number value) {
    std::string bytes(sizeof value, '\0');
    for (std::size_t i = 0; i < sizeof value; ++i)
        bytes[i] = static_cast<char>((value >> (8 * i)) & 0xFF);
    return bytes;
}

// --- protocol buffers: a field is its number and kind, then its value ---

enum Wire { Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5 };

std::string varint(std::uint64_t value) {
    std::string bytes;
    for (; value >= 0x80; value >>= 7) bytes += static_cast<char>((value & 0x7F) | 0x80);
    return bytes + static_cast<char>(value);
}

std::string key(int field, Wire wire) {
    return varint(static_cast<std::uint64_t>(field) << 3U | static_cast<std::uint64_t>(wire));
}

std::string bytesField(int field, std::string_view bytes) {
    return key(field, Bytes) + varint(bytes.size()) + std::string(bytes);
}

// Event: 1 wall_time, 2 step, 3 file_version, 5 summary; Summary: 1 value.
std::string eventOf(double seconds, std::int64_t step, std::string_view value) {
    std::string event = key(1, Fixed64) + littleEndian(std::bit_cast<std::uint64_t>(seconds));
    if (step != 0) event += key(2, Varint) + varint(static_cast<std::uint64_t>(step));
    return event + bytesField(5, bytesField(1, value));
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
    std::uint32_t crc = ~0U;
    for (const char byte : bytes)
        crc = crcTable[(crc ^ static_cast<unsigned char>(byte)) & 0xFF] ^ (crc >> 8);
    return ~crc;
}

// Value: 1 tag, 2 simple_value.
std::string scalarEvent(double seconds, std::int64_t step, std::string_view tag, float value) {
    return eventOf(
        seconds, step,
        bytesField(1, tag) + key(2, Fixed32) + littleEndian(std::bit_cast<std::uint32_t>(value)));
}

// Value: 1 tag, 8 tensor, 9 metadata. Tensor: 1 type (7 is text), 2 shape, 8 text. Metadata: 1
// plugin, whose 1 is its name.
std::string textEvent(double seconds, std::string_view tag, std::string_view text) {
    const std::string tensor = key(1, Varint) + varint(7) + bytesField(2, "") + bytesField(8, text);
    const std::string metadata = bytesField(1, bytesField(1, "text"));
    return eventOf(seconds, 0,
                   bytesField(1, tag) + bytesField(8, tensor) + bytesField(9, metadata));
}

std::string versionEvent(double seconds) {
    return key(1, Fixed64) + littleEndian(std::bit_cast<std::uint64_t>(seconds)) +
           bytesField(3, "brain.Event:2");
}

std::string record(std::string_view event) {
    const std::string length = littleEndian(static_cast<std::uint64_t>(event.size()));
    return length + littleEndian(maskedCrc(length)) + std::string(event) +
           littleEndian(maskedCrc(event));
}

}  // namespace tensorboard

namespace {

double secondsOf(const RunEvent& event) { return static_cast<double>(event.timeUs) / 1e6; }

// The run's name as that of a folder.
std::string folderNameOf(const RunRecord& run) {
    std::string name = run.name;
    for (char& letter : name)
        if (std::isalnum(static_cast<unsigned char>(letter)) == 0 && letter != '.' &&
            letter != '_' && letter != '=')
            letter = '-';
    return name + "-" + run.id.text.substr(0, 8);
}

std::string hostName() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "host";
}

// As Markdown, which the reader's page makes a text of.
std::string configText(const RunRecord& run) { return "```\n" + toYaml(run.config) + "```\n"; }

class TensorBoardFolder final : public SinkWriter {
public:
    explicit TensorBoardFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}

    Result<void> write(const RunEvent& event) override {
        using tensorboard::scalarEvent;
        const double seconds = secondsOf(event);
        if (event.kind == RunEvent::Kind::Began) return begin(event);
        const auto file = files_.find(event.run->id.text);
        if (file == files_.end()) return {};
        if (event.kind == RunEvent::Kind::Ended) {
            files_.erase(file);
            return {};
        }
        if (event.validation)
            return file->second.append(
                tensorboard::record(scalarEvent(seconds, event.validation->step, "validation/loss",
                                                static_cast<float>(event.validation->loss))));
        if (!event.step) return {};
        const StepRecord& step = *event.step;
        const std::chrono::duration<double> took = step.duration;
        std::string records;
        for (const auto& [tag, value] :
             {std::pair("train/loss", step.loss), std::pair("train/grad_norm", step.gradNorm),
              std::pair("speed/step_ms", took.count() * 1e3),
              std::pair("speed/tokens_per_s", static_cast<double>(step.tokens) / took.count())})
            records += tensorboard::record(
                scalarEvent(seconds, step.step, tag, static_cast<float>(value)));
        return file->second.append(records);
    }

private:
    Result<void> begin(const RunEvent& event) {
        const std::filesystem::path own = folder_ / folderNameOf(*event.run);
        std::error_code problem;
        std::filesystem::create_directories(own, problem);
        if (problem) return fileError(own, "make", problem.value());
        const std::string name = fmt::format("events.out.tfevents.{}.{}.{}",
                                             event.timeUs / 1'000'000, hostName(), ::getpid());
        RINGSCOPE_TRY(EventFile file, EventFile::open(own / name, EventFile::Existing::Refused));
        const double seconds = secondsOf(event);
        RINGSCOPE_CHECK(file.append(tensorboard::record(tensorboard::versionEvent(seconds)) +
                                    tensorboard::record(tensorboard::textEvent(
                                        seconds, "config", configText(*event.run)))));
        files_.emplace(event.run->id.text, std::move(file));
        return {};
    }

    std::filesystem::path folder_;
    std::map<std::string, EventFile> files_;  // of runs that go on
};

}  // namespace

Result<std::unique_ptr<SinkWriter>> openTensorBoard(const std::filesystem::path& folder) {
    std::error_code problem;
    std::filesystem::create_directories(folder, problem);
    if (problem) return fileError(folder, "make", problem.value());
    return std::unique_ptr<SinkWriter>(std::make_unique<TensorBoardFolder>(folder));
}

}  // namespace ringscope
