#include "launcher/output_queue.h"

#include <unistd.h>
#include <cerrno>

namespace ringscope {

void OutputQueue::add(const std::string& line) {
    if (broken_) return;
    queue_ += line;
    queue_ += '\n';
}

void OutputQueue::write() {
    std::size_t done = 0;
    while (!broken_ && done < queue_.size()) {
        const ssize_t written = ::write(number_, queue_.data() + done, queue_.size() - done);
        if (written >= 0) {
            done += static_cast<std::size_t>(written);
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            break;
        } else if (errno != EINTR) {
            broken_ = true;
        }
    }
    queue_.erase(0, broken_ ? queue_.size() : done);
}

}  // namespace ringscope
