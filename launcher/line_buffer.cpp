#include "launcher/line_buffer.h"

#include <algorithm>

namespace ringscope {

void LineBuffer::feed(std::string_view bytes, const LineHandler& handle) {
    for (std::size_t end = bytes.find('\n'); end != std::string_view::npos;
         end = bytes.find('\n')) {
        append(bytes.substr(0, end));
        bytes.remove_prefix(end + 1);
        handle(line_);
        line_.clear();
        cut_ = false;
    }
    append(bytes);
}

void LineBuffer::finish(const LineHandler& handle) {
    if (!line_.empty()) handle(line_);
    line_.clear();
    cut_ = false;
}

void LineBuffer::append(std::string_view part) {
    if (cut_) return;
    const std::size_t room = longest_ - line_.size();
    line_ += part.substr(0, room);
    cut_ = part.size() > room;
    if (cut_) line_ += cutMark;
}

}  // namespace ringscope
