// A run on two hosts, one of which speaks for the ranks of the other.
#include "backend/run/run_service.h"
#include "backend/trace/trace_files.h"
#include "tests/backend/run/fakes.h"
#include "tests/support/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <csignal>
#include <fstream>
#include <map>

namespace ringscope::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Each host has a script of its own; time passes in the first one's.
class TwoHosts final : public Transport {
public:
    std::string_view name() const override { return "two hosts"; }
    Result<void> preflight(const HostSpec&) override { return {}; }
    Result<std::unique_ptr<AgentChannel>> open(const HostSpec& host) override {
        return FakeTransport(scripts[host.name]).open(host);
    }

    std::map<std::string, Script> scripts;
};

class OtherHosts : public ::testing::Test {
protected:
    static RunRequest request() {
        RunRequest request = smallRequest(2, 1);
        request.plan.config.launch.transport = TransportKind::Ssh;
        request.plan.config.launch.hosts = {"alpha:1", "beta:1"};
        return request;
    }
    // A healthy rank; `before` is what its host says first.
    static void trains(Script& host, int rank) {
        if (rank == 0) host.says(RankSaid{RankRendezvous{.rank = 0, .port = 4242}});
        host.says(RankStarted{.rank = rank, .pid = 100 + rank});
        host.says(RankSaid{RankHello{
            .rank = rank, .pid = 100 + rank, .device = "cpu", .versions = "torch 2, gloo"}});
        host.says(RankSaid{stepOf(rank, 0, 5)});
        host.says(RankSaid{RankDone{.rank = rank, .steps = 1}});
        host.says(RankExited{.rank = rank});
    }
    RunRecord execute(const RunRequest& request) {
        RunService service(hosts, {&sink}, {}, hosts.scripts["alpha"].clock());
        return service.execute(request, {}).value();
    }

    TwoHosts hosts;
    Script& alpha = hosts.scripts["alpha"];
    Script& beta = hosts.scripts["beta"];
    RecordingSink sink;
    TemporaryFolder folder;
};

TEST_F(OtherHosts, DecideNothingAboutRanksThatAreNotTheirOwn) {
    beta.says(RankSaid{RankError{.rank = 0, .message = "spoofed"}});
    beta.says(RankExited{.rank = 0, .signal = SIGKILL});
    trains(alpha, 0);
    trains(beta, 1);
    const RunRecord run = execute(request());
    EXPECT_EQ(run.status, RunStatus::Finished) << run.statusReason;
    EXPECT_EQ(run.rankRecords[0].host, "alpha");
    EXPECT_THAT(sink.log,
                Contains("-1: the agent on beta spoke of rank 0, which is not its own; ignored"));
}

TEST_F(OtherHosts, SendNoTraceThatNobodyAskedFor) {
    beta.says(TraceChunk{.rank = 1, .offset = 0, .data = "Zm9v"});
    trains(alpha, 0);
    trains(beta, 1);
    RunRequest untraced = request();
    untraced.traces = folder.path();
    EXPECT_EQ(execute(untraced).status, RunStatus::Finished);
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST_F(OtherHosts, WhoseTraceCannotBeKeptTrainAllTheSame) {
    beta.says(TraceChunk{.rank = 1, .offset = 0, .data = "Zm9v"});
    beta.says(TraceChunk{.rank = 1, .offset = 3, .data = "Zm9v"});
    trains(alpha, 0);
    trains(beta, 1);
    RunRequest traced = request();
    traced.plan.config.profile.steps = StepRange{0, 1};
    traced.traces = folder.path() / "file";
    std::ofstream(traced.traces) << "where the folder would be";
    const RunRecord run = execute(traced);
    EXPECT_EQ(run.status, RunStatus::Finished) << run.statusReason;
    EXPECT_THAT(run.notes, Contains(HasSubstr("rank 1 has no trace: cannot make the folder")));
}

}  // namespace
}  // namespace ringscope::test
