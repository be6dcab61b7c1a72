// Lines for the controller, written when it reads them. The agent never waits for the controller.
#pragma once

#include <cstddef>
#include <string>

namespace ringscope {

class OutputQueue {
public:
    // `number` is not owned and has to be non-blocking.
    explicit OutputQueue(int number) : number_(number) {}

    void add(const std::string& line);
    void write();  // as much as can be written without waiting

    bool broken() const { return broken_; }  // nobody reads any more; lines are dropped
    int pending() const { return queue_.empty() ? -1 : number_; }  // for poll()
    // The caller must stop reading from ranks until this is false again.
    bool full() const { return queue_.size() > fullSize; }

private:
    static constexpr std::size_t fullSize = 1024 * 1024;

    int number_;
    std::string queue_;
    bool broken_ = false;
};

}  // namespace ringscope
