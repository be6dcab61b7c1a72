#include "launcher/output_queue.h"

#include "launcher/descriptor.h"

#include <gtest/gtest.h>
#include <csignal>

namespace ringscope {
namespace {

class OutputQueueTest : public ::testing::Test {
protected:
    OutputQueueTest() : pipe(writingPipe().value()), queue(pipe.ours.number()) {
        std::signal(SIGPIPE, SIG_IGN);
        setNonBlocking(pipe.ours.number(), true);
        setNonBlocking(pipe.theirs.number(), true);
    }
    // What the reader has got so far.
    std::string read() {
        std::string all;
        std::string part;
        while (readSome(pipe.theirs.number(), part) == ReadOutcome::Some) all += part;
        return all;
    }

    Ends pipe;
    OutputQueue queue;
};

TEST_F(OutputQueueTest, WritesLinesInOrder) {
    EXPECT_EQ(queue.pending(), -1);
    queue.add("one");
    queue.add("two");
    EXPECT_EQ(queue.pending(), pipe.ours.number());
    queue.write();
    EXPECT_EQ(queue.pending(), -1);
    EXPECT_EQ(read(), "one\ntwo\n");
}

TEST_F(OutputQueueTest, NeverWaitsForAReaderAndLosesNothing) {
    std::string wanted;
    for (int i = 0; i < 50; ++i) {
        const std::string line(10'000, static_cast<char>('a' + i % 26));
        queue.add(line);
        wanted += line + "\n";
    }
    queue.write();
    EXPECT_NE(queue.pending(), -1) << "a pipe holds 64 KiB";
    std::string got = read();
    while (queue.pending() != -1) {
        queue.write();
        got += read();
    }
    EXPECT_EQ(got, wanted);
}

TEST_F(OutputQueueTest, IsFullWhenAMebibyteWaits) {
    queue.add(std::string(1024 * 1024, 'x'));
    EXPECT_TRUE(queue.full());
    while (queue.full()) {
        queue.write();
        read();
    }
    EXPECT_LE(read().size(), 1024U * 1024U);
}

TEST_F(OutputQueueTest, DropsLinesAfterTheReaderIsGone) {
    pipe.theirs.close();
    queue.add("lost");
    EXPECT_FALSE(queue.broken());
    queue.write();
    EXPECT_TRUE(queue.broken());
    queue.add("lost, too");
    EXPECT_EQ(queue.pending(), -1);
    EXPECT_FALSE(queue.full());
}

}  // namespace
}  // namespace ringscope
