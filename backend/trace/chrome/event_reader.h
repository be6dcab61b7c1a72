// Reads the events of a Chrome trace one after another from a file of any size: only a window of
// the  text is in memory, never the whole file. Compressed files (.gz) are read like plain ones.
//
//   [{event}, {event}, …                         also without its end
//   {"key": …, "traceEvents": [{event}, …], "key": …}
//
// An event's text is cut out by counting brackets outside of strings; the caller parses it.
#pragma once

#include "backend/core/result.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct gzFile_s;

namespace ringscope {

class EventReader {
public:
    static Result<EventReader> open(const std::filesystem::path& path);

    // Valid until the next call, with `padding` readable bytes behind it. Nothing at the end.
    std::optional<std::string_view> next();
    static constexpr std::size_t padding = 64;

    // After the last event: what stood around the events, as a JSON object.
    std::string around() const { return "{" + around_ + "}"; }
    // A sentence where the text ended early or could not be followed; else empty.
    const std::string& loss() const { return loss_; }

private:
    struct Close {
        void operator()(gzFile_s* file) const;
    };
    explicit EventReader(gzFile_s* file);

    bool more();               // reads on; false at the end of the file
    bool swells();             // it holds so much more than its size that it is no trace
    int peek();                // the next byte that is no space, -1 at the end
    std::size_t wholeValue();  // bytes of the value that begins here; 0: it has no end
    bool toEvents();           // goes on to the next event; false where there is none
    bool member();             // of the object around the events; false where it ends
    void lose(std::string sentence);

    std::unique_ptr<gzFile_s, Close> file_;
    std::string window_;  // text_ bytes of it are text, behind them `padding` bytes
    std::size_t text_ = 0;
    std::size_t at_ = 0;
    std::uint64_t unpacked_ = 0;  // bytes read so far
    bool inEvents_ = false;
    bool eventsAlone_ = false;  // no object is around them
    bool begun_ = false;
    bool ended_ = false;
    std::string around_;
    std::string loss_;
};

}  // namespace ringscope
