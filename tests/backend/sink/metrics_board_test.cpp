#include "backend/sink/metrics_board.h"

#include "tests/backend/sink/events.h"

#include <gmock/gmock.h>

namespace ringscope {
namespace {

using test::eventOf;
using test::smallRun;
using test::stepOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;

constexpr const char* labels = R"(run="0123456789abcdef",name="demo/zigzag \"two\"",mode="zigzag")";

TEST(MetricsBoard, IsEmptyBeforeThereIsARun) {
    EXPECT_THAT(MetricsBoard().text(), EndsWith("# EOF\n"));
    EXPECT_THAT(MetricsBoard().text(), ::testing::Not(HasSubstr("run=\"")));
}

TEST(MetricsBoard, HasTheNewestStepAndSumsOfAll) {
    MetricsBoard board;
    board.write(eventOf(RunEvent::Kind::Began, smallRun()));
    board.write(eventOf(RunEvent::Kind::Step, smallRun(), stepOf(0, 3.0)));
    board.write(eventOf(RunEvent::Kind::Step, smallRun(), stepOf(1, 2.5)));
    const std::string text = board.text();
    EXPECT_THAT(text, HasSubstr("# TYPE ringscope_loss gauge\n"));
    EXPECT_THAT(text, HasSubstr(std::string("ringscope_loss{") + labels + "} 2.5\n"));
    EXPECT_THAT(text, HasSubstr(std::string("ringscope_steps_total{") + labels + "} 2\n"));
    EXPECT_THAT(text, HasSubstr(std::string("ringscope_tokens_total{") + labels + "} 4096\n"));
    EXPECT_THAT(text, HasSubstr(std::string("ringscope_step_seconds{") + labels + "} 0.04\n"));
}

TEST(MetricsBoard, HasTheNewestValidationWhereThereIsOne) {
    MetricsBoard board;
    board.write(eventOf(RunEvent::Kind::Began, smallRun()));
    EXPECT_THAT(board.text(), ::testing::Not(HasSubstr("ringscope_validation_loss{")));
    RunEvent event = eventOf(RunEvent::Kind::Validation, smallRun());
    event.validation = ValidationRecord{.step = 9, .loss = 1.5, .tokens = 10};
    board.write(event);
    EXPECT_THAT(board.text(),
                HasSubstr(std::string("ringscope_validation_loss{") + labels + "} 1.5\n"));
}

TEST(MetricsBoard, SaysWhatARunIsDoing) {
    MetricsBoard board;
    const auto state = [&](const char* name) {
        return HasSubstr(std::string("ringscope_run{") + labels + ",ringscope_run=\"" + name +
                         "\"} 1\n");
    };
    board.write(eventOf(RunEvent::Kind::Began, smallRun()));
    EXPECT_THAT(board.text(), state("starting"));
    board.write(eventOf(RunEvent::Kind::Step, smallRun(), stepOf(0)));
    EXPECT_THAT(board.text(), state("running"));
    RunRecord last = smallRun();
    last.status = RunStatus::Finished;
    board.write(eventOf(RunEvent::Kind::Ended, last));
    EXPECT_THAT(board.text(), state("finished"));
}

}  // namespace
}  // namespace ringscope
