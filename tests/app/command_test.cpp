// What all verbs share: exit codes, colour, width, signals, progress.
#include "app/cli/command.h"

#include "app/cli/progress.h"
#include "app/cli/report_file.h"
#include "app/cli/stop_signals.h"
#include "app/cli/store_access.h"
#include "tests/app/command_line.h"

#include <gmock/gmock.h>
#include <csignal>
#include <cstdlib>

namespace ringscope::test {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

int failed(ErrorCode code, std::string* printed = nullptr) {
    const Captured err(std::cerr);
    const int exit = cli::fail({code, "the sentence"});
    if (printed != nullptr) *printed = err.text();
    return exit;
}

TEST(Fail, HasAnExitCodeForEachKindOfError) {
    EXPECT_EQ(failed(ErrorCode::InvalidConfig), cli::BadConfig);
    EXPECT_EQ(failed(ErrorCode::NotFound), cli::NotFound);
    EXPECT_EQ(failed(ErrorCode::Unavailable), cli::PreflightFailed);
    EXPECT_EQ(failed(ErrorCode::Locked), cli::BadStore);
    EXPECT_EQ(failed(ErrorCode::Corrupt), cli::BadStore);
    EXPECT_EQ(failed(ErrorCode::Cancelled), cli::Interrupted);
    EXPECT_EQ(failed(ErrorCode::Failed), cli::Internal);
}

TEST(Fail, ThatOfAnotherProgramKeepsItsExitCode) {
    for (const cli::Exit exit : {cli::Internal, cli::BadConfig, cli::NotFound, cli::BadStore,
                                 cli::PreflightFailed, cli::Interrupted})
        EXPECT_EQ(cli::exitFor(app::errorCodeOf(exit)), exit);
}

// `migrate` and the window's --migrate ask the same function.
TEST(MigrationExit, IsNotFoundOnlyWhereTheFileCannotBeRead) {
    const Error unknown{ErrorCode::NotFound, "no training configuration of a known kind"};
    EXPECT_EQ(app::migrationExit(unknown, "/dev/null"), cli::BadConfig);
    EXPECT_EQ(app::migrationExit(unknown, "/no/such.yaml"), cli::NotFound);
    const Error invalid{ErrorCode::InvalidConfig, "a key stands twice"};
    EXPECT_EQ(app::migrationExit(invalid, "/no/such.yaml"), cli::BadConfig);
}

Error pdfError(const ProgramEnd& end) {
    const Result<void> outcome = cli::pdfOutcome(end);
    EXPECT_FALSE(outcome.ok());
    return outcome.ok() ? Error{} : outcome.error();
}

TEST(PdfOutcome, IsTheKindAndTheSentenceOfTheWindowsProgram) {
    EXPECT_TRUE(cli::pdfOutcome(ProgramEnd{.code = 0, .err = "a warning of Qt\n"}).ok());
    const Error locked = pdfError(
        {.code = cli::BadStore, .err = "QFont: a warning\nringscope-gui: 's.db' is locked\n"});
    EXPECT_EQ(cli::exitFor(locked.code), cli::BadStore);
    EXPECT_EQ(locked.message, "'s.db' is locked");
    EXPECT_EQ(cli::exitFor(pdfError({.code = cli::NotFound}).code), cli::NotFound);
}

TEST(PdfOutcome, HasASentenceWhereTheProgramSaidNone) {
    EXPECT_EQ(pdfError({.code = -1, .timedOut = true}).message,
              "ringscope-gui did not write the PDF within 5 minutes; write .html, or report fewer "
              "runs");
    EXPECT_EQ(pdfError({.code = -1}).message,
              "ringscope-gui was ended by a signal before it wrote the PDF");
    EXPECT_EQ(pdfError({.code = 9, .err = "Qt says something"}).message,
              "ringscope-gui ended with exit code 9 and wrote no PDF");
    EXPECT_EQ(pdfError({.code = 127}).code, ErrorCode::Unavailable);
    EXPECT_EQ(pdfError({.code = cli::NotFound, .err = "ringscope-gui: there is no run x"}).message,
              "there is no run x");
}

TEST(Fail, PrintsTheSentenceBehindTheProgramsName) {
    std::string printed;
    failed(ErrorCode::NotFound, &printed);
    EXPECT_EQ(printed, "ringscope: the sentence\n");
}

TEST(FailStore, IsNotFoundOnlyWhereThereIsNothingYet) {
    const Captured err(std::cerr);
    EXPECT_EQ(cli::failStore({ErrorCode::NotFound, ""}), cli::NotFound);
    EXPECT_EQ(cli::failStore({ErrorCode::Corrupt, ""}), cli::BadStore);
    EXPECT_EQ(cli::failStore({ErrorCode::Unavailable, ""}), cli::BadStore);
}

TEST(ColourWanted, IsWhatTheUserSays) {
    EXPECT_TRUE(cli::colourWanted({.colour = "always"}, -1));
    EXPECT_FALSE(cli::colourWanted({.colour = "never"}, 1));
}

TEST(ColourWanted, IsOffWhereNothingShowsIt) {
    EXPECT_FALSE(cli::colourWanted({.colour = "auto"}, -1));
    ::setenv("NO_COLOR", "1", 1);
    EXPECT_FALSE(cli::colourWanted({.colour = "auto"}, 1));
    EXPECT_TRUE(cli::colourWanted({.colour = "always"}, 1));
    ::unsetenv("NO_COLOR");
}

TEST(TerminalWidth, IsAHundredColumnsWhereThereIsNoTerminal) {
    ::unsetenv("COLUMNS");
    EXPECT_EQ(cli::terminalWidth(-1), 100);
}

TEST(TerminalWidth, IsWhatColumnsSaysInAPipe) {
    ::setenv("COLUMNS", "160", 1);
    EXPECT_EQ(cli::terminalWidth(-1), 160);
    for (const char* nonsense : {"", "wide", "0", "-5", "3"}) {
        ::setenv("COLUMNS", nonsense, 1);
        EXPECT_EQ(cli::terminalWidth(-1), 100) << nonsense;
    }
    ::unsetenv("COLUMNS");
}

TEST(StorePath, IsWhatTheUserNames) {
    EXPECT_EQ(cli::storePath({.store = "/x/runs.db"}), std::filesystem::path("/x/runs.db"));
    EXPECT_EQ(cli::storePath({}), defaultStorePath());
}

TEST(StopSignals, AskOnceAndSayWhichSignalItWas) {
    cli::StopSignals signals;
    EXPECT_EQ(signals.signal(), 0);
    EXPECT_FALSE(signals.token().stop_requested());
    ::raise(SIGINT);
    EXPECT_TRUE(becomesTrue([&] { return signals.token().stop_requested(); }));
    EXPECT_EQ(signals.signal(), SIGINT);
}

TEST(StopSignals, LeaveAHangUpIgnoredWhereItWas) {
    struct sigaction own {};
    struct sigaction ignored {};
    ignored.sa_handler = SIG_IGN;
    ASSERT_EQ(::sigaction(SIGHUP, &ignored, &own), 0);
    {
        cli::StopSignals signals;
        ::raise(SIGHUP);
        EXPECT_EQ(signals.signal(), 0) << "nohup ringscope run must outlive its terminal";
    }
    struct sigaction after {};
    ::sigaction(SIGHUP, &own, &after);
    EXPECT_EQ(after.sa_handler, SIG_IGN);
}

// What progress prints of a run from its beginning to its end.
std::string printed(cli::ProgressStyle style, const RunRecord& run) {
    const Captured err(std::cerr);
    cli::Progress progress(style);
    EXPECT_TRUE(progress.created(run).ok());
    EXPECT_TRUE(progress.changed(run).ok());
    for (const StepRecord& step : run.steps) EXPECT_TRUE(progress.step(run, step).ok());
    EXPECT_TRUE(progress.logLine(run, 0, "a line of the rank").ok());
    EXPECT_TRUE(progress.ended(run).ok());
    return err.text();
}

RunRecord withoutNotes(RunRecord run) {
    run.notes.clear();
    return run;
}

TEST(Progress, IsALinePerRunWhereThereIsNoTerminal) {
    const RunRecord run = withoutNotes(finished(newRun("zigzag")));
    const std::string text = printed({.runs = 4}, run);
    EXPECT_THAT(text, StartsWith("[1/4] sample/zigzag  "));
    EXPECT_THAT(text, HasSubstr(" tokens/s, "));
    EXPECT_EQ(std::ranges::count(text, '\n'), 1);
}

TEST(Progress, RedrawsALineOnATerminal) {
    const RunRecord run = withoutNotes(finished(newRun("zigzag")));
    const std::string text = printed({.live = true, .runs = 4}, run);
    EXPECT_THAT(text, StartsWith("\r\x1b[K[1/4] sample/zigzag  starting 2 ranks"));
    EXPECT_THAT(text, EndsWith("\n"));
    EXPECT_EQ(std::ranges::count(text, '\n'), 1);
}

TEST(Progress, SaysWhatAValidationFound) {
    const RunRecord run = withoutNotes(newRun("zigzag"));
    const Captured err(std::cerr);
    cli::Progress progress({.live = true});
    EXPECT_TRUE(progress.created(run).ok());
    EXPECT_TRUE(progress.validation(run, {.step = 19, .loss = 2.5, .tokens = 64}).ok());
    EXPECT_THAT(err.text(), EndsWith("[1/1] sample/zigzag  validation 2.5000 after step 19"));
}

TEST(Progress, ShowsTheNotesOfARunAndDoesNotCountAReference) {
    RunRecord run = finished(newRun("none"));
    run.reference = true;
    run.notes = {"window is not used"};
    EXPECT_THAT(printed({.runs = 4}, run),
                StartsWith("[reference] sample/none: note: window is not used\n[reference] "));
}

TEST(Progress, SaysANoteOfSeveralRunsOnce) {
    RunRecord first = finished(newRun("ring"));
    first.notes = {"2 groups of 2 ranks"};
    RunRecord second = finished(newRun("zigzag"));
    second.notes = {"2 groups of 2 ranks", "window is not used"};
    const Captured err(std::cerr);
    cli::Progress progress({.runs = 2});
    for (const RunRecord& run : {first, second}) EXPECT_TRUE(progress.created(run).ok());
    EXPECT_EQ(err.text(),
              "[1/2] sample/ring: note: 2 groups of 2 ranks\n"
              "[2/2] sample/zigzag: note: window is not used\n");
}

TEST(Progress, IsSilentWhereTheUserWantsItQuiet) {
    EXPECT_THAT(printed({.live = true, .silent = true}, finished(newRun("ring"))), IsEmpty());
}

}  // namespace
}  // namespace ringscope::test
