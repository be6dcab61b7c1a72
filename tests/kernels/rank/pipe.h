// Standard input or output of a rank, as a test writes and reads it.
#pragma once

#include "backend/run/protocol.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope::test {

class Pipe {
public:
    Pipe() {
        if (::pipe(ends_.data()) != 0) throw std::runtime_error("no pipe");
    }
    ~Pipe() {
        close(ends_[0]);
        closeWriteEnd();
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    int readEnd() const { return ends_[0]; }
    int writeEnd() const { return ends_[1]; }
    void closeWriteEnd() { close(ends_[1]); }

    void write(std::string_view text) const {
        ASSERT_EQ(::write(ends_[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
    }

    // Blocks until there is a line.
    std::string nextLine() const {
        std::string line;
        char next = 0;
        while (::read(ends_[0], &next, 1) == 1 && next != '\n') line += next;
        return line;
    }
    RankEvent nextEvent() const { return parseRankEvent(nextLine()).value(); }

    // Closes the write end and reads what is left.
    std::vector<std::string> linesUntilEnd() {
        closeWriteEnd();
        std::vector<std::string> lines;
        for (std::string line = nextLine(); !line.empty(); line = nextLine()) lines.push_back(line);
        return lines;
    }

private:
    static void close(int& end) {
        if (end >= 0) ::close(end);
        end = -1;
    }

    std::array<int, 2> ends_{-1, -1};
};

}  // namespace ringscope::test
