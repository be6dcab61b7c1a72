#include "backend/config/host_list.h"

#include "backend/core/files.h"
#include "backend/core/text.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace ringscope {
namespace {

constexpr std::size_t mostHosts = 4096;  // each is compared with those before it
constexpr std::string_view byteOrderMark = "\xEF\xBB\xBF";
constexpr int mostSlots = 1024;
constexpr int highestPort = 65535;

// A part of what was written, and where it begins.
struct Word {
    std::string_view text;
    std::size_t offset = 0;
};

// One sentence, and the offset it is about.
struct Problem {
    std::string message;
    std::size_t offset = 0;
};

std::vector<Word> wordsOf(std::string_view text, std::string_view separators) {
    std::vector<Word> words;
    std::size_t begin = text.find_first_not_of(separators);
    while (begin != std::string_view::npos) {
        const std::size_t end = std::min(text.find_first_of(separators, begin), text.size());
        words.push_back({text.substr(begin, end - begin), begin});
        begin = text.find_first_not_of(separators, end);
    }
    return words;
}

// What may stand in a name, a user or an address: nothing that a shell, ssh or YAML takes apart.
bool plainName(std::string_view name) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '-' || c == '_';
    };
    return !name.empty() && name.front() != '-' && std::ranges::all_of(name, allowed);
}

bool plainAddress(std::string_view address) {
    std::string dotted(address);
    std::ranges::replace(dotted, ':', '.');  // IPv6
    return plainName(dotted);
}

std::optional<int> numberUpTo(std::string_view text, int most) {
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number < 1 || number > most)
        return std::nullopt;
    return number;
}

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

std::optional<Problem> setNumber(int& value, const char* what, const Word& word, int most) {
    const std::optional<int> number = numberUpTo(word.text, most);
    if (!number)
        return Problem{std::string(what) + " is a number from 1 to " + std::to_string(most) +
                           "; got " + quoted(word.text),
                       word.offset};
    value = *number;
    return std::nullopt;
}

std::optional<Problem> readName(HostSpec& host, Word word) {
    if (const std::size_t at = word.text.find('@'); at != std::string_view::npos) {
        host.user = word.text.substr(0, at);
        if (!plainName(host.user))
            return Problem{"expected USER@HOST; got " + quoted(word.text), word.offset};
        word = {word.text.substr(at + 1), word.offset + at + 1};
    }
    if (const std::size_t colon = word.text.find(':'); colon != std::string_view::npos) {
        const Word slots{word.text.substr(colon + 1), word.offset + colon + 1};
        word.text = word.text.substr(0, colon);
        if (std::optional<Problem> bad = setNumber(host.slots, "HOST:SLOTS", slots, mostSlots))
            return bad;
    }
    host.name = word.text;
    if (plainName(host.name)) return std::nullopt;
    return Problem{
        "expected the name of a host: letters, digits, '.', '-' and '_'; got " + quoted(word.text),
        word.offset};
}

std::optional<Problem> readSetting(HostSpec& host, const Word& word) {
    const std::size_t equals = word.text.find('=');
    const std::string_view key = word.text.substr(0, equals);
    const std::size_t begin = equals == std::string_view::npos ? word.text.size() : equals + 1;
    const Word value{word.text.substr(begin), word.offset + begin};
    if (key == "slots" && host.slots != 0)
        return Problem{"slots are given twice for this host", word.offset};
    if (key == "slots") return setNumber(host.slots, "slots", value, mostSlots);
    if (key == "port") return setNumber(host.port, "port", value, highestPort);
    if (key != "addr")
        return Problem{"expected slots=N, addr=ADDRESS or port=N; got " + quoted(word.text),
                       word.offset};
    host.address = value.text;
    if (plainAddress(host.address)) return std::nullopt;
    return Problem{"addr is an address or a name without spaces; got " + quoted(value.text),
                   value.offset};
}

std::optional<Problem> readHost(HostSpec& host, std::string_view text,
                                std::string_view separators) {
    const std::vector<Word> words = wordsOf(text, separators);
    if (words.empty()) return Problem{"expected a host like node1:2; got " + quoted(text), 0};
    if (std::optional<Problem> bad = readName(host, words.front())) return bad;
    for (std::size_t i = 1; i < words.size(); ++i)
        if (std::optional<Problem> bad = readSetting(host, words[i])) return bad;
    return std::nullopt;
}

// Against those read before it.
std::optional<Problem> misfit(const std::vector<HostSpec>& before, const HostSpec& host) {
    if (before.empty()) return std::nullopt;
    if (before.size() >= mostHosts)
        return Problem{"expected at most " + std::to_string(mostHosts) + " hosts"};
    if (std::ranges::find(before, host.name, &HostSpec::name) != before.end())
        return Problem{"host " + host.name + " is named twice; name it once with all its slots"};
    if ((before.front().slots == 0) == (host.slots == 0)) return std::nullopt;
    const std::string& without = host.slots == 0 ? host.name : before.front().name;
    return Problem{"host " + without +
                   " does not say its slots and another host does; say them for every host or for "
                   "none"};
}

}  // namespace

Result<HostSpec> parseHost(std::string_view word) {
    HostSpec host;
    if (const std::optional<Problem> bad = readHost(host, word, "/"))
        return Error{ErrorCode::InvalidConfig, bad->message};
    return host;
}

std::string toText(const HostSpec& host) {
    std::string text = host.user.empty() ? host.name : host.user + "@" + host.name;
    if (host.slots > 0) text += ":" + std::to_string(host.slots);
    if (!host.address.empty()) text += "/addr=" + host.address;
    if (host.port > 0) text += "/port=" + std::to_string(host.port);
    return text;
}

Result<std::vector<HostSpec>> parseHosts(const std::vector<std::string>& words) {
    std::vector<HostSpec> hosts;
    for (const std::string& word : words) {
        RINGSCOPE_TRY(HostSpec host, parseHost(word));
        if (const std::optional<Problem> bad = misfit(hosts, host))
            return Error{ErrorCode::InvalidConfig, bad->message};
        hosts.push_back(std::move(host));
    }
    return hosts;
}

Result<std::vector<HostSpec>> parseHostfile(std::string_view text, const std::string& fileName) {
    std::vector<HostSpec> hosts;
    std::size_t number = 0;
    if (text.starts_with(byteOrderMark)) text.remove_prefix(byteOrderMark.size());
    for (const std::string& whole : split(text, '\n')) {
        ++number;
        const std::string_view line = std::string_view(whole).substr(0, whole.find('#'));
        const std::size_t first = line.find_first_not_of(" \t\r");
        if (first == std::string_view::npos) continue;
        HostSpec host;
        std::optional<Problem> bad = readHost(host, line, " \t\r");
        if (!bad && (bad = misfit(hosts, host))) bad->offset = first;
        if (bad)
            return Error{ErrorCode::InvalidConfig, fileName + ":" + std::to_string(number) + ":" +
                                                       std::to_string(bad->offset + 1) + ": " +
                                                       bad->message};
        hosts.push_back(std::move(host));
    }
    if (hosts.empty())
        return Error{ErrorCode::InvalidConfig,
                     fileName + ": names no host; write lines like 'node1 slots=2'"};
    return hosts;
}

Result<std::vector<HostSpec>> readHostfile(const std::string& file) {
    const Result<std::string> text = readTextFile(file);
    if (!text.ok() && text.error().code == ErrorCode::NotFound)
        return Error{ErrorCode::Unavailable, "no such hostfile: '" + file + "'"};
    if (!text.ok()) return Error{ErrorCode::Unavailable, "hostfile: " + text.error().message};
    return parseHostfile(*text, file);
}

}  // namespace ringscope
