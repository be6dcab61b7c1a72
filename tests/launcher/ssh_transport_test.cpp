// Preparing a host and opening sessions, with a script in ssh's place that runs the command here.
#include "launcher/ssh_transport.h"

#include "backend/core/files.h"
#include "tests/support/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <chrono>
#include <fstream>

namespace ringscope::test {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;
using ::testing::ElementsAre;

class SshTransportTest : public ::testing::Test {
protected:
    SshTransportTest() {
        writeSsh("exec sh -c \"$2\"");
        writeProgram("ringscope", "echo \"ringscope 0.1.0\"");
        writeProgram("ringscope-rank", "echo rank");
    }

    const fs::path& folder() const { return folder_.path(); }
    fs::path cache() const { return folder() / "cache"; }
    // Where the programs of this moment lie on the host.
    fs::path folderThere() const {
        const HashedPrograms programs = hashPrograms({.agent = folder() / "ringscope",
                                                      .agentArguments = {},
                                                      .others = {folder() / "ringscope-rank"}})
                                            .value();
        return cache() / "bin" / programs.hash;
    }

    void writeScript(const fs::path& file, const std::string& text) const {
        std::ofstream(file) << "#!/bin/sh\n" << text << "\n";
        fs::permissions(file, fs::perms::owner_all);
    }
    void writeProgram(const std::string& name, const std::string& text) const {
        writeScript(folder() / name, text);
    }
    // A script that gets the host's name and the command, and notes that it was called.
    void writeSsh(const std::string& text) const {
        writeScript(folder() / "ssh",
                    "while [ \"$1\" != -- ]; do [ \"$1\" = -G ] && g=1; shift; done; "
                    "shift; echo \"$1\" >>" +
                        (folder() / "calls").string() + "; RINGSCOPE_CACHE=" + cache().string() +
                        "; export RINGSCOPE_CACHE\n" + text);
    }
    SshTransport transport() const {
        SshOptions options;
        options.program = (folder() / "ssh").string();
        return SshTransport(options, {.agent = folder() / "ringscope",
                                      .agentArguments = {"agent"},
                                      .others = {folder() / "ringscope-rank"},
                                      .torchLibrary = torchLibrary});
    }
    std::string refusal() const {
        SshTransport ssh = transport();
        const Result<void> ready = ssh.preflight(host);
        return ready.ok() ? "it is ready" : ready.error().message;
    }
    int calls() const {
        std::ifstream file(folder() / "calls");
        int lines = 0;
        for (std::string line; std::getline(file, line);) ++lines;
        return lines;
    }

    HostSpec host{.name = "node1"};
    std::string torchLibrary;

private:
    TemporaryFolder folder_;
};

TEST_F(SshTransportTest, CopiesProgramsThatAreNotThereAndChecksThem) {
    SshTransport ssh = transport();
    const Result<HostReport> report = ssh.prepare(host);
    ASSERT_TRUE(report.ok()) << report.error().message;
    EXPECT_TRUE(report->copied);
    EXPECT_EQ(report->version, "ringscope 0.1.0");
    EXPECT_GT(report->cores, 0);
    const HashedPrograms programs = hashPrograms({.agent = folder() / "ringscope",
                                                  .agentArguments = {},
                                                  .others = {folder() / "ringscope-rank"}})
                                        .value();
    for (const char* name : {"ringscope", "ringscope-rank"})
        EXPECT_EQ(readFile(cache() / "bin" / programs.hash / name).value(),
                  readFile(folder() / name).value());
}

TEST_F(SshTransportTest, PreparesAHostOnce) {
    SshTransport ssh = transport();
    ASSERT_TRUE(ssh.preflight(host).ok());
    const int before = calls();
    EXPECT_TRUE(ssh.preflight(host).ok());
    EXPECT_EQ(calls(), before);
    EXPECT_FALSE(transport().prepare(host)->copied) << "another transport finds the programs";
}

TEST_F(SshTransportTest, OpensASessionWithTheAgentAtItsOtherEnd) {
    writeProgram("ringscope",
                 "if [ \"$1\" = --version ]; then echo \"ringscope 0.1.0\"; exit; fi; "
                 "echo \"arguments $*\"; read line; echo \"got $line\"");
    SshTransport ssh = transport();
    const auto channel = ssh.open(host).value();
    EXPECT_EQ(channel->receive(seconds(20))->line, "arguments agent");
    ASSERT_TRUE(channel->send("hello").ok());
    EXPECT_EQ(channel->receive(seconds(20))->line, "got hello");
    const Result<AgentChannel::Received> end = channel->receive(seconds(20));
    ASSERT_FALSE(end.ok());
    EXPECT_EQ(end.error().message,
              "the ssh session of the agent on node1 ended without a word: the agent there or the "
              "ssh client here is gone; ranks there end by themselves");
}

TEST_F(SshTransportTest, SaysThatThereIsNoSsh) {
    fs::remove(folder() / "ssh");
    EXPECT_EQ(refusal(), "there is no program 'ssh' on this machine; install openssh-client");
}

TEST_F(SshTransportTest, SaysWhatSshsErrorMeans) {
    writeSsh("echo \"ssh: connect to host node1 port 22: Connection refused\" >&2; exit 255");
    EXPECT_EQ(refusal(),
              "node1 refuses ssh connections; check that sshd runs there and that the port is "
              "right");
}

TEST_F(SshTransportTest, NamesTheHostThatHasNoLibtorch) {
    torchLibrary = "/nowhere/libtorch-9/site/torch/lib";
    EXPECT_EQ(refusal(), "node1 has no libtorch (looked for " + (cache() / "libtorch-9").string() +
                             "); run ./quickstart setup --no-gui there, or set "
                             "RINGSCOPE_TORCH_DIR for its ssh sessions");
}

TEST_F(SshTransportTest, FindsLibtorchInTheHostsCache) {
    torchLibrary = "/nowhere/libtorch-9/site/torch/lib";
    const fs::path there = cache() / "libtorch-9" / "site" / "torch" / "lib";
    fs::create_directories(there);
    std::ofstream(there / "libtorch_cpu.so") << "";
    EXPECT_EQ(transport().prepare(host)->libtorch, there.string());
}

TEST_F(SshTransportTest, SaysWhyAProgramDoesNotStart) {
    writeProgram("ringscope-rank",
                 "echo \"ringscope-rank: error while loading shared libraries: libgloo.so.0: "
                 "cannot open\" >&2; exit 127");
    EXPECT_EQ(refusal(),
              "node1 lacks libgloo.so.0, which ringscope-rank needs; run ./quickstart setup "
              "--no-gui there");
}

TEST_F(SshTransportTest, SaysThatAProgramArrivedDamaged) {
    writeSsh("case \"$2\" in *\"mv -f\"*) head -c 10 | sh -c \"$2\";; *) sh -c \"$2\";; esac");
    EXPECT_EQ(refusal(),
              "ringscope-rank arrived damaged on node1; try again, and check the space there");
    EXPECT_FALSE(fs::exists(cache() / "bin" / "ringscope-rank"));
}

TEST_F(SshTransportTest, CopiesAgainWhatIsNotWhatItsHashSays) {
    EXPECT_EQ(refusal(), "it is ready");
    const fs::path there = folderThere();
    for (const char* name : {"ringscope", "ringscope-rank"}) {
        std::ofstream(there / name, std::ios::app) << "echo changed\n";
        EXPECT_TRUE(transport().prepare(host)->copied) << name;
        EXPECT_EQ(readFile(there / name).value(), readFile(folder() / name).value());
    }
    EXPECT_FALSE(transport().prepare(host)->copied);
}

TEST_F(SshTransportTest, LeavesFoldersThatNobodyElseMayWrite) {
    fs::create_directories(cache() / "bin");
    fs::permissions(cache() / "bin", fs::perms::all);
    EXPECT_EQ(refusal(), "it is ready");
    for (const fs::path& each : {cache() / "bin", folderThere(), folderThere() / "ringscope"})
        EXPECT_EQ(
            fs::status(each).permissions() & (fs::perms::group_write | fs::perms::others_write),
            fs::perms::none)
            << each;
}

TEST_F(SshTransportTest, TrustsNoFolderOfAnotherUser) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can give a folder to another user";
    fs::create_directories(cache() / "bin");
    constexpr uid_t nobody = 65534;
    ASSERT_EQ(::chown((cache() / "bin").c_str(), nobody, nobody), 0);
    EXPECT_EQ(refusal(),
              (cache() / "bin").string() +
                  " on node1 belongs to another user, who could change the programs in "
                  "it; set RINGSCOPE_CACHE for its ssh sessions to a folder of your own");
}

TEST_F(SshTransportTest, LeavesNoPartOfACopyThatFailedAndNoProgramOfLongAgo) {
    const fs::path old = cache() / "bin" / "0123";
    fs::create_directories(old);
    fs::last_write_time(old, fs::file_time_type::clock::now() - std::chrono::hours(24 * 40));
    EXPECT_EQ(refusal(), "it is ready");
    EXPECT_FALSE(fs::exists(old));
    fs::remove(folderThere() / "ringscope");
    writeSsh("case \"$2\" in *\"mv -f\"*) head -c 10 | sh -c \"$2\";; *) sh -c \"$2\";; esac");
    EXPECT_EQ(refusal(),
              "ringscope-rank arrived damaged on node1; try again, and check the space there");
    for (const auto& left : fs::directory_iterator(folderThere()))
        EXPECT_FALSE(left.path().filename().string().starts_with(".")) << left.path();
}

TEST_F(SshTransportTest, SaysThatTheConnectionWasLostInTheMiddle) {
    writeSsh("echo \"ringscope-boot cores 4\"");
    EXPECT_EQ(refusal(), "the connection to node1 was lost while the host was checked");
}

TEST_F(SshTransportTest, IgnoresWhatLoginScriptsPrint) {
    writeSsh("printf 'Welcome'; echo; echo 'ringscope is great'; sh -c \"$2\"");
    EXPECT_EQ(refusal(), "it is ready");
}

TEST_F(SshTransportTest, NamesAProgramThatIsMissingHere) {
    fs::remove(folder() / "ringscope-rank");
    EXPECT_EQ(refusal(), "there is no program '" + (folder() / "ringscope-rank").string() +
                             "'; ./quickstart builds it");
    EXPECT_EQ(calls(), 0);
}

TEST_F(SshTransportTest, TakesTheAddressOfTheHostListOrAsksSsh) {
    writeSsh("echo \"user anna\"; echo \"hostname 127.0.0.3\"; echo \"port 22\"");
    SshTransport ssh = transport();
    EXPECT_EQ(ssh.addressOf(host).value(), "127.0.0.3");
    host.address = "127.0.0.9";
    EXPECT_EQ(ssh.addressOf(host).value(), "127.0.0.9");
    host.address = "nowhere.invalid";
    EXPECT_EQ(ssh.addressOf(host).value(), "nowhere.invalid") << "other hosts may know the name";
}

TEST_F(SshTransportTest, LooksAtAFileWhereTheAgentWouldStart) {
    fs::create_directories(folder() / "home" / "texts");
    std::ofstream(folder() / "home" / "it's $HOME.txt") << "text";
    writeSsh("cd " + (folder() / "home").string() + " && echo Welcome && sh -c \"$2\"");
    SshTransport ssh = transport();
    const auto why = [&](const std::string& path) { return ssh.whyUnreadable(host, path).value(); };
    EXPECT_EQ(why("it's $HOME.txt"), "");
    EXPECT_EQ(why((folder() / "home" / "it's $HOME.txt").string()), "");
    EXPECT_EQ(why("nope.txt"), "No such file or directory");
    EXPECT_EQ(why("texts"), "it is a folder");
    if (::geteuid() == 0) return;  // may read everything
    fs::permissions(folder() / "home" / "it's $HOME.txt", fs::perms::none);
    EXPECT_EQ(why("it's $HOME.txt"), "Permission denied");
}

TEST_F(SshTransportTest, SaysThatAHostIsGoneWhenItIsAskedForAFile) {
    writeSsh("echo \"ssh: connect to host node1 port 22: Connection refused\" >&2; exit 255");
    SshTransport ssh = transport();
    EXPECT_EQ(ssh.whyUnreadable(host, "a.txt").error().code, ErrorCode::Unavailable);
}

class ProgramHash : public ::testing::Test {
protected:
    ProgramHash() {
        write("ringscope", "agent");
        write("ringscope-rank", "rank");
        write("libringscope_cuda.so", "module");
    }
    void write(const std::string& name, const std::string& text) const {
        std::ofstream(folder.path() / name) << text;
    }
    HashedPrograms hashed() const {
        return hashPrograms({.agent = folder.path() / "ringscope",
                             .agentArguments = {},
                             .others = {folder.path() / "ringscope-rank",
                                        folder.path() / "libringscope_cuda.so"}})
            .value();
    }
    TemporaryFolder folder;
};

TEST_F(ProgramHash, ChangesWithTheContentsOfAnyOfThem) {
    const std::string before = hashed().hash;
    EXPECT_EQ(hashed().hash, before);
    EXPECT_EQ(before.size(), 32U);
    write("libringscope_cuda.so", "module of another day");
    EXPECT_NE(hashed().hash, before);
}

TEST_F(ProgramHash, ListsTheAgentLastAndLibrariesAsNoPrograms) {
    std::vector<std::string> names;
    std::vector<bool> programs;
    for (const HashedFile& file : hashed().files) {
        names.push_back(file.name);
        programs.push_back(file.program);
    }
    EXPECT_THAT(names, ElementsAre("ringscope-rank", "libringscope_cuda.so", "ringscope"));
    EXPECT_THAT(programs, ElementsAre(true, false, true));
}

}  // namespace
}  // namespace ringscope::test
