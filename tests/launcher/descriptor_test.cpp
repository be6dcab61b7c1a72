#include "launcher/descriptor.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>
#include <array>
#include <cerrno>

namespace ringscope {
namespace {

bool isOpen(int number) { return ::fcntl(number, F_GETFD) >= 0; }

TEST(Descriptor, ClosesItsFileOnce) {
    int number = -1;
    {
        Descriptor owner(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        number = owner.number();
        const Descriptor next = std::move(owner);
        EXPECT_FALSE(owner.open());
        EXPECT_EQ(next.number(), number);
        EXPECT_TRUE(isOpen(number));
    }
    EXPECT_FALSE(isOpen(number));
}

TEST(Descriptor, ClosesItsFileWhenItGetsAnother) {
    Descriptor one(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    Descriptor two(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const int first = one.number();
    const int second = two.number();
    one = std::move(two);
    EXPECT_FALSE(isOpen(first));
    EXPECT_EQ(one.number(), second);
}

TEST(Pipes, AreClosedOnExecAndLeaveTheStandardStreamsAlone) {
    for (Ends& ends :
         std::array{readingPipe().value(), writingPipe().value(), writingSocket().value()}) {
        for (const Descriptor* end : {&ends.ours, &ends.theirs}) {
            EXPECT_GT(end->number(), STDERR_FILENO);
            EXPECT_EQ(::fcntl(end->number(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
        }
    }
}

TEST(Pipes, LeaveAFreeStandardStreamToTheProgramsOwner) {
    const Descriptor saved(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
    ASSERT_TRUE(saved.open());
    ::close(STDIN_FILENO);
    {
        const Ends ends = readingPipe().value();
        EXPECT_GT(ends.ours.number(), STDERR_FILENO);
        EXPECT_GT(ends.theirs.number(), STDERR_FILENO);
        EXPECT_FALSE(isOpen(STDIN_FILENO));
    }
    ::dup2(saved.number(), STDIN_FILENO);
}

TEST(Pipes, CarryBytesTheWayTheyAreCalled) {
    std::string bytes;
    const Ends reading = readingPipe().value();
    ASSERT_EQ(::write(reading.theirs.number(), "a", 1), 1);
    EXPECT_EQ(readSome(reading.ours.number(), bytes), ReadOutcome::Some);
    EXPECT_EQ(bytes, "a");

    const Ends writing = writingPipe().value();
    ASSERT_EQ(::write(writing.ours.number(), "b", 1), 1);
    EXPECT_EQ(readSome(writing.theirs.number(), bytes), ReadOutcome::Some);
    EXPECT_EQ(bytes, "b");
}

TEST(Sockets, FailInsteadOfASignalWhereNobodyReads) {
    Ends ends = writingSocket().value();
    ends.theirs.close();
    EXPECT_EQ(::send(ends.ours.number(), "x", 1, MSG_NOSIGNAL), -1);
    EXPECT_EQ(errno, EPIPE);
}

TEST(ReadSome, TellsNothingFromTheEnd) {
    Ends ends = readingPipe().value();
    std::string bytes = "old";
    EXPECT_FALSE(isNonBlocking(ends.ours.number()));
    setNonBlocking(ends.ours.number(), true);
    EXPECT_TRUE(isNonBlocking(ends.ours.number()));
    EXPECT_EQ(readSome(ends.ours.number(), bytes), ReadOutcome::Nothing);
    EXPECT_EQ(bytes, "");
    ends.theirs.close();
    EXPECT_EQ(readSome(ends.ours.number(), bytes), ReadOutcome::Ended);
    EXPECT_EQ(readSome(-1, bytes), ReadOutcome::Ended);
    setNonBlocking(ends.ours.number(), false);
    EXPECT_FALSE(isNonBlocking(ends.ours.number()));
}

TEST(SystemError, SaysWhatFailedAndTheSystemsReason) {
    EXPECT_EQ(systemError("cannot open a pipe", EMFILE).message,
              "cannot open a pipe: Too many open files");
}

}  // namespace
}  // namespace ringscope
