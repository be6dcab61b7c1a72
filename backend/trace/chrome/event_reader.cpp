#include "backend/trace/chrome/event_reader.h"

#include <fmt/format.h>
#include <zlib.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace ringscope {
namespace {

constexpr std::size_t firstWindow = std::size_t{1} << 20;
constexpr std::size_t largestValue = std::size_t{64} << 20;

// Traces are compressed to a tenth or a thirtieth; a file made to hurt holds a thousand times its
// size. The first bytes are not judged.
constexpr std::uint64_t notJudged = std::uint64_t{64} << 20;
constexpr std::uint64_t mostTimes = 200;
constexpr std::uint64_t mostUnpacked = std::uint64_t{64} << 30;

bool isSpace(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

// The quote that ends a string whose first byte is `p`; nullptr where it is not in the text.
const char* endOfString(const char* p, const char* end) {
    while (p < end) {
        p = static_cast<const char*>(std::memchr(p, '"', static_cast<std::size_t>(end - p)));
        if (p == nullptr) return nullptr;
        const char* before = p;
        while (before[-1] == '\\') --before;
        if ((p - before) % 2 == 0) return p;
        ++p;
    }
    return nullptr;
}

// Bytes of the value that begins at `begin`; 0 where the text ends before it does.
std::size_t lengthOfValue(const char* begin, const char* end) {
    const char* p = begin;
    if (*p != '{' && *p != '[' && *p != '"') {
        while (p < end && *p != ',' && *p != '}' && *p != ']' && !isSpace(*p)) ++p;
        if (p == begin) return 1;  // a bracket or comma that nothing opened
        return p < end ? static_cast<std::size_t>(p - begin) : 0;
    }
    int depth = 0;
    for (; p < end; ++p) {
        switch (*p) {
            case '{':
            case '[':
                ++depth;
                break;
            case '}':
            case ']':
                if (--depth <= 0) return static_cast<std::size_t>(p + 1 - begin);
                break;
            case '"':
                p = endOfString(p + 1, end);
                if (p == nullptr) return 0;
                if (depth == 0) return static_cast<std::size_t>(p + 1 - begin);
                break;
            default:
                break;
        }
    }
    return 0;
}

}  // namespace

void EventReader::Close::operator()(gzFile_s* file) const { ::gzclose(file); }

EventReader::EventReader(gzFile_s* file) : file_(file), window_(firstWindow + padding, '\0') {}

Result<EventReader> EventReader::open(const std::filesystem::path& path) {
    gzFile_s* file = ::gzopen(path.c_str(), "rb");
    if (file == nullptr)
        return Error{ErrorCode::NotFound, "cannot read the trace '" + path.string() +
                                              "': " + std::generic_category().message(errno)};
    ::gzbuffer(file, 1 << 18);
    EventReader reader(file);
    if (!reader.more() && reader.text_ == 0)
        return Error{ErrorCode::Corrupt,
                     "'" + path.string() + "' holds no trace: " +
                         (reader.loss_.empty() ? "the file is empty" : reader.loss_)};
    return reader;
}

void EventReader::lose(std::string sentence) {
    ended_ = true;
    if (loss_.empty()) loss_ = std::move(sentence);
}

bool EventReader::more() {
    if (at_ > 0) {
        std::memmove(window_.data(), window_.data() + at_, text_ - at_);
        text_ -= std::exchange(at_, 0);
    }
    if (text_ + padding == window_.size()) window_.resize(2 * text_ + padding);
    const int wanted =
        static_cast<int>(std::min(window_.size() - padding - text_, std::size_t{1} << 24));
    const int read = ::gzread(file_.get(), window_.data() + text_, static_cast<unsigned>(wanted));
    if (read > 0) {
        text_ += static_cast<std::size_t>(read);
        unpacked_ += static_cast<std::uint64_t>(read);
        return !swells();
    }
    int code = Z_OK;
    const char* why = ::gzerror(file_.get(), &code);
    if (code == Z_BUF_ERROR && loss_.empty())
        loss_ = "the compressed file is cut off";
    else if (code != Z_OK && loss_.empty())
        loss_ = fmt::format("the file cannot be unpacked any further: {}", why);
    return false;
}

bool EventReader::swells() {
    if (unpacked_ <= notJudged || ::gzdirect(file_.get()) == 1) return false;
    const auto packed = static_cast<std::uint64_t>(std::max<z_off_t>(::gzoffset(file_.get()), 1));
    if (unpacked_ > mostUnpacked)
        lose(fmt::format("the compressed file holds more than {} GiB; what follows is not read",
                         mostUnpacked >> 30));
    else if (unpacked_ / packed > mostTimes)
        lose(
            fmt::format("the compressed file holds more than {} times its size, which no trace "
                        "does; what follows is not read",
                        mostTimes));
    return ended_;
}

int EventReader::peek() {
    while (true) {
        while (at_ < text_ && isSpace(window_[at_])) ++at_;
        if (at_ < text_) return static_cast<unsigned char>(window_[at_]);
        if (!more()) return -1;
    }
}

std::size_t EventReader::wholeValue() {
    while (true) {
        const std::size_t length = lengthOfValue(window_.data() + at_, window_.data() + text_);
        if (length > 0) return length;
        if (text_ - at_ >= largestValue) {
            lose(fmt::format("a value of more than {} MiB was met; what follows is not read",
                             largestValue >> 20));
            return 0;
        }
        if (!more()) {
            lose("the text ends in the middle of a value");
            return 0;
        }
    }
}

bool EventReader::member() {
    int c = peek();
    if (c == ',') {
        ++at_;
        c = peek();
    }
    if (c == '}') {
        ended_ = true;
        return false;
    }
    if (c != '"') {
        lose(c < 0 ? "the text ends before its last bracket"
                   : "the object around the events is not JSON");
        return false;
    }
    const std::size_t keyLength = wholeValue();
    if (keyLength == 0) return false;
    const std::string key = window_.substr(at_, keyLength);
    at_ += keyLength;
    if (peek() != ':') {
        lose("the object around the events is not JSON");
        return false;
    }
    ++at_;
    if (peek() == '[' && key == "\"traceEvents\"") {
        ++at_;
        inEvents_ = true;
        return true;
    }
    const std::size_t length = peek() < 0 ? 0 : wholeValue();
    if (length == 0) {
        lose("the text ends in the middle of a value");
        return false;
    }
    if (around_.size() + length <= largestValue) {
        if (!around_.empty()) around_ += ',';
        around_.append(key).append(1, ':').append(window_, at_, length);
    }
    at_ += length;
    return true;
}

bool EventReader::toEvents() {
    if (!begun_) {
        begun_ = true;
        if (peek() == 0xEF && text_ - at_ >= 3) at_ += 3;  // a byte order mark
        const int first = peek();
        if (first != '[' && first != '{') {
            lose("this is not a Chrome trace: it begins with neither '[' nor '{'");
            return false;
        }
        ++at_;
        inEvents_ = eventsAlone_ = first == '[';
    }
    while (!ended_) {
        if (!inEvents_) {
            if (!member()) return false;
            continue;
        }
        int c = peek();
        while (c == ',') {
            ++at_;
            c = peek();
        }
        if (c == ']') {
            ++at_;
            inEvents_ = false;
            if (eventsAlone_) ended_ = true;
            continue;
        }
        if (c >= 0) return true;
        lose("the text ends in the middle of its events");
    }
    return false;
}

std::optional<std::string_view> EventReader::next() {
    if (ended_ || !toEvents()) return std::nullopt;
    const std::size_t length = wholeValue();
    if (length == 0) return std::nullopt;
    const std::string_view event(window_.data() + at_, length);
    at_ += length;
    return event;
}

}  // namespace ringscope
