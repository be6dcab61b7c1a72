#include "launcher/program_sink.h"

#include "backend/core/files.h"
#include "backend/sink/json_lines.h"
#include "tests/backend/sink/events.h"
#include "tests/support/program.h"

#include <gtest/gtest.h>

namespace ringscope {
namespace {

using test::eventOf;
using test::smallRun;
using test::stepOf;

TEST(ProgramSink, GivesEachEventToTheProgram) {
    const test::TemporaryFolder folder;
    const std::string file = (folder.path() / "lines").string();
    const auto sink = startProgramSink({"/bin/sh", "-c", "cat > '" + file + "'"});
    ASSERT_TRUE(sink.ok());
    const RunEvent began = eventOf(RunEvent::Kind::Began, smallRun());
    const RunEvent step = eventOf(RunEvent::Kind::Step, smallRun(), stepOf(0));
    ASSERT_TRUE((*sink)->write(began).ok());
    ASSERT_TRUE((*sink)->write(step).ok());
    ASSERT_TRUE((*sink)->close().ok()) << "when it returns, the program has ended";
    EXPECT_EQ(readFile(file).value(), jsonLine(began) + jsonLine(step));
}

TEST(ProgramSink, SaysHowTheProgramEnded) {
    const auto sink = startProgramSink({"/bin/sh", "-c", "cat >/dev/null; exit 3"});
    ASSERT_TRUE(sink.ok());
    const Result<void> closed = (*sink)->close();
    ASSERT_FALSE(closed.ok());
    EXPECT_EQ(closed.error().message, "the program ended with exit code 3");
}

TEST(ProgramSink, OfAProgramThatEndedEarlyFailsWithoutASignal) {
    const auto sink = startProgramSink({"/bin/sh", "-c", "exec 0<&-; exit 0"});
    ASSERT_TRUE(sink.ok());
    Result<void> written;
    for (int i = 0; i < 100'000 && written.ok(); ++i)
        written = (*sink)->write(eventOf(RunEvent::Kind::Step, smallRun(), stepOf(i)));
    ASSERT_FALSE(written.ok());
    EXPECT_EQ(written.error().message, "the program ended with exit code 0 before the events did");
}

TEST(ProgramSink, OfNoProgramIsRefused) {
    const auto sink = startProgramSink({"no-such-program"});
    ASSERT_FALSE(sink.ok());
    EXPECT_EQ(sink.error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace ringscope
