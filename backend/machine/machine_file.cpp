#include "backend/machine/machine_file.h"

#include "backend/config/settings.h"
#include "backend/config/yaml_tree.h"
#include "backend/config/yaml_value.h"
#include "backend/core/plain_text.h"
#include "backend/core/text.h"
#include "backend/core/units.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <utility>

namespace ringscope {
namespace {

constexpr double gigabytes = 1e9;
constexpr double mostFigure = 1e15;
constexpr std::int64_t mostRanksOfHost = 4096;

inline constexpr std::array passWords = {Choice{Pass::Forward, "forward"},
                                         Choice{Pass::Backward, "backward"}};
inline constexpr std::array maskWords = {Choice{MaskKind::Full, "full"},
                                         Choice{MaskKind::Causal, "causal"},
                                         Choice{MaskKind::Positions, "positions"}};

// Keys of a link's rates of collective operations.
inline constexpr std::array collectiveKeys = {Choice{TransferKind::AllGather, "all_gather"},
                                              Choice{TransferKind::ReduceScatter, "reduce_scatter"},
                                              Choice{TransferKind::AllToAll, "all_to_all"}};

std::vector<std::string> wordsOf(const auto& rows) {
    std::vector<std::string> words;
    for (const auto& row : rows) words.emplace_back(row.name);
    return words;
}

// A map of the file. Asking for a key marks it as known; end() refuses the others.
class MapReader {
public:
    MapReader(const YamlNode& node, std::string what, const std::string& file,
              std::vector<ConfigProblem>& problems)
        : node_(node), what_(std::move(what)), file_(file), problems_(problems) {
        if (node.kind != YamlNode::Kind::Map)
            say(node.at, "expected a map of " + what_ + "; got " + described(node));
    }

    const YamlNode* find(const std::string& key) {
        known_.push_back(key);
        if (node_.kind != YamlNode::Kind::Map) return nullptr;
        const auto found = std::ranges::find(node_.keys, key, &YamlNode::text);
        if (found == node_.keys.end()) return nullptr;
        return &node_.items[static_cast<std::size_t>(found - node_.keys.begin())];
    }
    const YamlNode* need(const std::string& key) {
        const YamlNode* found = find(key);
        if (found == nullptr && node_.kind == YamlNode::Kind::Map)
            say(node_.at, fmt::format("{} has no '{}'; add it", what_, key));
        return found;
    }

    std::string text(const std::string& key) {
        const YamlNode* node = need(key);
        if (node == nullptr) return {};
        if (node->kind != YamlNode::Kind::Scalar || trim(node->text).empty() ||
            !isPrintable(node->text)) {
            say(node->at,
                fmt::format("{}: expected a line of text; got {}", key, described(*node)));
            return {};
        }
        return node->text;
    }
    std::string optionalText(const std::string& key) {
        return find(key) == nullptr ? std::string() : text(key);
    }

    // Above 0, or from 0 on.
    double number(const std::string& key, std::optional<double> otherwise = std::nullopt,
                  bool zero = false) {
        const YamlNode* node = otherwise ? find(key) : need(key);
        if (node == nullptr) return otherwise.value_or(1);
        const std::optional<double> value = node->kind == YamlNode::Kind::Scalar && !node->quoted
                                                ? parseReal(node->text)
                                                : std::nullopt;
        if (!value || *value > mostFigure || *value < 0 || (*value == 0 && !zero)) {
            say(node->at, fmt::format("{}: expected a number {} 0; got {}", key,
                                      zero ? "from" : "above", described(*node)));
            return otherwise.value_or(1);
        }
        return *value;
    }
    int count(const std::string& key, std::int64_t least, std::optional<int> otherwise) {
        const YamlNode* node = otherwise ? find(key) : need(key);
        if (node == nullptr) return otherwise.value_or(1);
        const std::optional<std::int64_t> value =
            node->kind == YamlNode::Kind::Scalar ? parseInteger(node->text) : std::nullopt;
        if (!value || *value < least || *value > mostRanksOfHost) {
            say(node->at, fmt::format("{}: expected an integer, {} to {}; got {}", key, least,
                                      mostRanksOfHost, described(*node)));
            return otherwise.value_or(1);
        }
        return static_cast<int>(*value);
    }
    std::int64_t size(const std::string& key, bool needed) {
        const YamlNode* node = needed ? need(key) : find(key);
        if (node == nullptr) return 0;
        Result<Bytes> bytes = parseBytes(node->text);
        if (node->kind != YamlNode::Kind::Scalar || !bytes.ok() || bytes->count <= 0) {
            say(node->at,
                fmt::format("{}: expected a size like 80GiB; got {}", key, described(*node)));
            return 0;
        }
        return bytes->count;
    }
    template <typename Rows>
    auto word(const std::string& key, const Rows& rows) -> decltype(rows[0].value) {
        const YamlNode* node = need(key);
        if (node == nullptr) return rows[0].value;
        for (const auto& row : rows)
            if (node->kind == YamlNode::Kind::Scalar && row.name == node->text) return row.value;
        say(node->at, fmt::format("{}: expected {}; got {}{}", key, join(wordsOf(rows), ", "),
                                  described(*node), suggestion(node->text, wordsOf(rows))));
        return rows[0].value;
    }

    // The rows of two lists of equal length: sizes, ascending, and rates.
    std::vector<RatePoint> points(const std::string& sizes, const std::string& rates) {
        const YamlNode* sizeList = need(sizes);
        const YamlNode* rateList = need(rates);
        if (sizeList == nullptr || rateList == nullptr) return {{1, 1}};
        std::vector<RatePoint> read;
        const std::size_t count = sizeList->items.size();
        if (sizeList->kind != YamlNode::Kind::List || rateList->kind != YamlNode::Kind::List ||
            count == 0 || count != rateList->items.size()) {
            say(rateList->at,
                fmt::format("{} and {}: expected two lists of one length; got {} and {} values",
                            sizes, rates, count, rateList->items.size()));
            return {{1, 1}};
        }
        for (std::size_t i = 0; i < count; ++i) {
            const std::optional<std::int64_t> size = parseInteger(sizeList->items[i].text);
            const std::optional<double> rate = parseReal(rateList->items[i].text);
            if (!size || *size < 1 || (!read.empty() && *size <= read.back().size))
                say(sizeList->items[i].at,
                    fmt::format("{}: expected integers that grow, from 1 on; got {}", sizes,
                                described(sizeList->items[i])));
            else if (!rate || *rate <= 0 || *rate > mostFigure)
                say(rateList->items[i].at, fmt::format("{}: expected numbers above 0; got {}",
                                                       rates, described(rateList->items[i])));
            else
                read.push_back({*size, *rate});
        }
        return read.empty() ? std::vector<RatePoint>{{1, 1}} : read;
    }

    // Calls body for each map of a list.
    void each(const std::string& key, const std::string& what, bool needed,
              const std::function<void(MapReader&)>& body) {
        const YamlNode* node = needed ? need(key) : find(key);
        if (node == nullptr) return;
        if (node->kind != YamlNode::Kind::List || node->items.empty()) {
            say(node->at, fmt::format("{}: expected a list; got {}", key, described(*node)));
            return;
        }
        for (const YamlNode& item : node->items) {
            MapReader row(item, what, file_, problems_);
            body(row);
            row.end();
        }
    }
    void part(const std::string& key, const std::string& what, bool needed,
              const std::function<void(MapReader&)>& body) {
        const YamlNode* node = needed ? need(key) : find(key);
        if (node == nullptr) return;
        MapReader map(*node, what, file_, problems_);
        body(map);
        map.end();
    }

    void end() {
        for (const YamlNode& key : node_.keys)
            if (std::ranges::find(known_, key.text) == known_.end())
                say(key.at, fmt::format("unknown key {} of {}{}", shown(key.text), what_,
                                        suggestion(key.text, known_)));
    }
    void say(const TextPosition& at, std::string message) {
        problems_.push_back(
            {fmt::format("{}:{}:{}", file_, at.line, at.column), std::move(message)});
    }
    const TextPosition& at() const { return node_.at; }

private:
    const YamlNode& node_;
    std::string what_;
    const std::string& file_;
    std::vector<ConfigProblem>& problems_;
    std::vector<std::string> known_{};
};

std::int64_t nanosOf(double microseconds) {
    return static_cast<std::int64_t>(std::llround(microseconds * 1000));
}

void readDevice(MapReader& map, Device& device) {
    device.kind = map.word("kind", deviceKinds);
    device.name = map.text("name");
    device.perHost = map.count("per_host", 1, std::nullopt);
    device.cores = map.count("cores", 0, 0);
    device.memoryBytes = map.size("memory", true);
    device.bandwidth = map.number("bandwidth") * gigabytes;
    device.launchNanos = nanosOf(map.number("launch", std::nullopt, true));
    if (map.find("turn") != nullptr) device.turnNanos = nanosOf(map.number("turn"));
    device.watts = map.number("power", 0, true);
    map.part("peak", "rates by number type", true, [&](MapReader& peaks) {
        for (const NumberFormatRow& row : numberFormats)
            if (const double rate = peaks.number(std::string(row.name), 0, true); rate > 0)
                device.peaks.push_back({row.value, rate});
        if (device.peaks.empty()) peaks.say(peaks.at(), "peak: name a type, like bf16: 989.4");
    });
    device.source = map.text("source");
}

void readTables(MapReader& map, Machine& machine) {
    map.each("products", "a table of products", true, [&](MapReader& row) {
        machine.products.push_back({.format = row.word("type", numberFormats),
                                    .points = row.points("rows", "tflops"),
                                    .source = row.text("source")});
    });
    map.each("attention", "a table of attention", true, [&](MapReader& row) {
        AttentionTable table;
        table.kernel = row.text("kernel");
        table.format = row.word("type", numberFormats);
        table.heads = row.count("heads", 1, std::nullopt);
        table.headColumns = row.count("head_size", 1, std::nullopt);
        table.pass = row.word("pass", passWords);
        table.mask = row.word("mask", maskWords);
        table.points = row.points("tokens", "tflops");
        table.source = row.text("source");
        machine.attention.push_back(std::move(table));
    });
}

void readLinks(MapReader& map, Machine& machine) {
    map.each("links", "a link", true, [&](MapReader& row) {
        LinkLevel link;
        link.name = row.text("name");
        link.reach = row.count("reach", 0, std::nullopt);
        link.bandwidth = row.number("bandwidth") * gigabytes;
        link.latencyNanos = nanosOf(row.number("latency", std::nullopt, true));
        link.sharedBy = row.count("shared_by", 1, 1);
        for (const auto& key : collectiveKeys)
            row.part(std::string(key.name), "a collective operation", false, [&](MapReader& rate) {
                link.collectives.push_back(
                    {.kind = key.value,
                     .bandwidth = rate.number("bandwidth") * gigabytes,
                     .latencyNanos = nanosOf(rate.number("latency", std::nullopt, true))});
            });
        link.source = row.text("source");
        const int before = machine.links.empty() ? 1 : machine.links.back().reach;
        if (before == 0 || (link.reach != 0 && link.reach <= before && !machine.links.empty()) ||
            (link.reach != 0 && link.reach % before != 0))
            row.say(row.at(), fmt::format("reach: expected a multiple of the {} ranks that the "
                                          "level before joins, or 0 for all; got {}",
                                          before, link.reach));
        machine.links.push_back(std::move(link));
    });
    if (!machine.links.empty() && machine.links.back().reach != 0)
        map.say(map.at(), "links: the last one must have reach 0: it joins all ranks");
}

// A kernel needs a table of full and causal blocks in both directions, for one of the types.
void checkKernels(MapReader& map, const Machine& machine) {
    const std::vector<std::string> kernels = machine.kernels();
    if (kernels.empty()) return;
    if (std::ranges::find(kernels, machine.kernel) == kernels.end())
        map.say(map.at(), fmt::format("kernel: attention has no table of {}; it has {}",
                                      shown(machine.kernel), join(kernels, ", ")));
    for (const std::string& kernel : kernels)
        for (const Pass pass : {Pass::Forward, Pass::Backward})
            for (const MaskKind mask : {MaskKind::Full, MaskKind::Causal})
                if (!std::ranges::any_of(machine.attention, [&](const AttentionTable& table) {
                        return table.kernel == kernel && table.pass == pass && table.mask == mask;
                    }))
                    map.say(map.at(),
                            fmt::format("attention: kernel {} has no table of {} {} blocks; add it",
                                        shown(kernel), maskName(mask),
                                        pass == Pass::Forward ? "forward" : "backward"));
}

std::string quotedText(std::string_view text) { return yamlScalar(text); }

std::string listText(const std::vector<RatePoint>& points, bool rates) {
    std::vector<std::string> parts;
    for (const RatePoint& point : points)
        parts.push_back(rates ? formatReal(point.tflops) : std::to_string(point.size));
    return "[" + join(parts, ", ") + "]";
}

std::string realText(double value) { return formatReal(value); }
std::string microText(std::int64_t nanos) { return formatReal(static_cast<double>(nanos) / 1000); }

}  // namespace

MachineReading readMachine(const std::string& fileName, std::string_view text) {
    MachineReading reading;
    const YamlReading yaml = readYaml(text);
    for (const YamlProblem& problem : yaml.problems)
        reading.problems.push_back(
            {fmt::format("{}:{}:{}", fileName, problem.at.line, problem.at.column),
             problem.message});
    if (yaml.broken) return reading;
    Machine& machine = reading.machine;
    MapReader map(yaml.root, "a machine", fileName, reading.problems);
    machine.name = map.text("machine");
    machine.about = map.text("about");
    machine.measured = map.optionalText("measured");
    machine.kernel = map.text("kernel");
    map.part("device", "a device", true,
             [&](MapReader& part) { readDevice(part, machine.device); });
    readTables(map, machine);
    readLinks(map, machine);
    map.part("host", "a host", true, [&](MapReader& part) {
        machine.host = {.memoryBandwidth = part.number("copy") * gigabytes,
                        .diskRead = part.number("disk_read") * gigabytes,
                        .diskWrite = part.number("disk_write") * gigabytes,
                        .memoryBytes = part.size("memory", true),
                        .source = part.text("source")};
    });
    map.part("price", "a price", false, [&](MapReader& part) {
        machine.price = Price{part.number("usd_per_device_hour"), part.text("source")};
    });
    map.part("failures", "a rate of failures", false, [&](MapReader& part) {
        machine.failures = FailureRate{part.number("device_hours"), part.text("source")};
    });
    map.part("error", "an error bar", true, [&](MapReader& part) {
        machine.error = {part.number("percent"), part.text("source")};
    });
    checkKernels(map, machine);
    map.end();
    return reading;
}

std::string machineText(const Machine& machine) {
    std::string text = fmt::format("machine: {}\nabout: {}\n", quotedText(machine.name),
                                   quotedText(machine.about));
    if (!machine.measured.empty())
        text += fmt::format("measured: {}\n", quotedText(machine.measured));
    const Device& device = machine.device;
    const std::string turn =
        device.cores > 0 ? fmt::format("  turn: {}\n", microText(device.turnNanos)) : "";
    std::vector<std::string> peaks;
    for (const PeakRate& peak : device.peaks)
        peaks.push_back(fmt::format("{}: {}", nameOf(peak.format), realText(peak.tflops)));
    text += fmt::format(
        "kernel: {}\ndevice:\n  kind: {}\n  name: {}\n  per_host: {}\n  cores: {}\n  memory: {}\n"
        "  bandwidth: {}\n  launch: {}\n{}  power: {}\n  peak: {{{}}}\n  source: {}\n",
        quotedText(machine.kernel), nameOf(device.kind), quotedText(device.name), device.perHost,
        device.cores, device.memoryBytes, realText(device.bandwidth / gigabytes),
        microText(device.launchNanos), turn, realText(device.watts), join(peaks, ", "),
        quotedText(device.source));
    text += "products:\n";
    for (const ProductTable& table : machine.products)
        text += fmt::format("  - type: {}\n    rows: {}\n    tflops: {}\n    source: {}\n",
                            nameOf(table.format), listText(table.points, false),
                            listText(table.points, true), quotedText(table.source));
    text += "attention:\n";
    for (const AttentionTable& table : machine.attention)
        text += fmt::format(
            "  - kernel: {}\n    type: {}\n    heads: {}\n    head_size: {}\n    pass: {}\n"
            "    mask: {}\n    tokens: {}\n    tflops: {}\n    source: {}\n",
            quotedText(table.kernel), nameOf(table.format), table.heads, table.headColumns,
            table.pass == Pass::Forward ? "forward" : "backward",
            maskWords[static_cast<std::size_t>(table.mask)].name, listText(table.points, false),
            listText(table.points, true), quotedText(table.source));
    text += "links:\n";
    for (const LinkLevel& link : machine.links) {
        text += fmt::format(
            "  - name: {}\n    reach: {}\n    bandwidth: {}\n    latency: {}\n    shared_by: {}\n",
            quotedText(link.name), link.reach, realText(link.bandwidth / gigabytes),
            microText(link.latencyNanos), link.sharedBy);
        for (const CollectiveRate& rate : link.collectives)
            text += fmt::format(
                "    {}: {{bandwidth: {}, latency: {}}}\n",
                std::ranges::find(collectiveKeys, rate.kind, &Choice<TransferKind>::value)->name,
                realText(rate.bandwidth / gigabytes), microText(rate.latencyNanos));
        text += fmt::format("    source: {}\n", quotedText(link.source));
    }
    const HostPath& host = machine.host;
    text += fmt::format(
        "host:\n  copy: {}\n  disk_read: {}\n  disk_write: {}\n  memory: {}\n  source: {}\n",
        realText(host.memoryBandwidth / gigabytes), realText(host.diskRead / gigabytes),
        realText(host.diskWrite / gigabytes), host.memoryBytes, quotedText(host.source));
    if (machine.price)
        text +=
            fmt::format("price:\n  usd_per_device_hour: {}\n  source: {}\n",
                        realText(machine.price->perDeviceHour), quotedText(machine.price->source));
    if (machine.failures)
        text += fmt::format("failures:\n  device_hours: {}\n  source: {}\n",
                            realText(machine.failures->deviceHours),
                            quotedText(machine.failures->source));
    text += fmt::format("error:\n  percent: {}\n  source: {}\n", realText(machine.error.percent),
                        quotedText(machine.error.source));
    return text;
}

}  // namespace ringscope
