#include "launcher/ssh_command.h"

#include "launcher/spawn_program.h"
#include "launcher/ssh_failure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace ringscope {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

TEST(SshCommand, NeverAsksForwardsOrAcceptsAChangedKey) {
    const auto words = sshWords({.configFile = "cfg", .connectSeconds = 7},
                                {.name = "node1", .user = "anna", .port = 2222}, "exec sh");
    for (const char* wanted : {"BatchMode=yes", "StrictHostKeyChecking=accept-new",
                               "ForwardAgent=no", "ClearAllForwardings=yes", "ConnectTimeout=7"})
        EXPECT_THAT(words, Contains(wanted));
    const std::vector<std::string> end(words.end() - 7, words.end());
    EXPECT_EQ(end,
              (std::vector<std::string>{"-p", "2222", "-l", "anna", "--", "node1", "exec sh"}));
    EXPECT_THAT(sshWords({}, {.name = "node1"}, ""), Not(Contains("-F")));
}

TEST(SshCommand, ScriptsMeanTheSameToEveryShell) {
    const RemotePlace place{.hash = "h", .torchLibrary = "/c/libtorch-1/site/torch/lib"};
    for (const std::string& command :
         {agentCommand(place, "ringscope", {"agent"}),
          probeCommand(place, {{.path = {}, .name = "ringscope", .sha256 = "00"}}),
          copyCommand(place, "ringscope", "00"), readableCommand("a.txt")}) {
        const std::size_t begin = command.find('\'') + 1;
        const std::string script = command.substr(begin, command.find('\'', begin) - begin);
        EXPECT_GT(script.size(), 100U) << command;
        EXPECT_EQ(script.find_first_of("!\\\n"), std::string::npos) << script;
    }
    EXPECT_THAT(agentCommand(place, "ringscope", {"agent"}),
                HasSubstr("'h' '/c/libtorch-1/site/torch/lib' 'libtorch-1' 'ringscope' 'agent'"));
}

// What a real shell makes of it.
RC_GTEST_PROP(SshCommand, WordsArriveAsTheyWere, ()) {
    const std::string word = *rc::gen::container<std::string>(
        rc::gen::elementOf(std::string("a '\"$`;&|<>()\\*?!~#\n")));
    const auto end =
        runToEnd({.words = {"/bin/sh", "-c", remoteShell("printf \"%s\" \"$1\"", {word})}});
    RC_ASSERT(end.value().out == word);
}

TEST(SshFailure, EachOfSshsWordsBecomesASentenceWithWhatToDo) {
    const auto sentence = [](std::string_view words) { return sshFailure("b", words).message; };
    EXPECT_THAT(sentence("ssh: Could not resolve hostname b: Name or service not known\r\n"),
                HasSubstr("~/.ssh/config"));
    EXPECT_THAT(sentence("ssh: connect to host b port 22: Connection refused\r\n"),
                HasSubstr("sshd runs there"));
    EXPECT_THAT(sentence("ssh: connect to host b port 22: Connection timed out"),
                HasSubstr("does not answer"));
    EXPECT_THAT(sentence("@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\n"
                         "Host key verification failed."),
                ::testing::EndsWith("with: ssh-keygen -R b"));
    // Keys are kept by address and port, which ssh knows.
    EXPECT_THAT(sentence("@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\r\n"
                         "  remove with:\r\n"
                         "  ssh-keygen -f \"/home/a/.ssh/known_hosts\" -R \"[10.0.0.5]:2222\"\r\n"
                         "Host key verification failed.\r\n"),
                ::testing::EndsWith(
                    "with: ssh-keygen -f \"/home/a/.ssh/known_hosts\" -R \"[10.0.0.5]:2222\""));
    EXPECT_THAT(sentence("Connection timed out during banner exchange\r\n"
                         "Connection to 10.0.0.5 port 22 timed out\r\n"),
                HasSubstr("accepted the connection but sent nothing"));
    EXPECT_EQ(sshFailure("b", "", "ssh -p 2222 b").message,
              "ssh b ended and printed nothing; try it by hand: ssh -p 2222 b");
    EXPECT_THAT(sentence("Host key verification failed."), HasSubstr("with: ssh b"));
    EXPECT_THAT(sentence("b: Permission denied (publickey)."), HasSubstr("ssh-copy-id b"));
    EXPECT_THAT(sentence("kex_exchange_identification: Connection closed by remote host"),
                HasSubstr("MaxStartups"));
    EXPECT_EQ(sentence("a banner\nsomething else\n"), "ssh b failed: something else");
    EXPECT_EQ(sentence(""), "ssh b ended and printed nothing; try it by hand: ssh b");
}

TEST(RemoteProgramFailure, NamesTheLibraryThatIsMissing) {
    EXPECT_EQ(remoteProgramFailure("b", "ringscope",
                                   "ringscope: error while loading shared libraries: libfmt.so.9: "
                                   "cannot open shared object file")
                  .message,
              "b lacks libfmt.so.9, which ringscope needs; run ./quickstart setup --no-gui there");
}

TEST(SshFailure, OfEverySymptomNamesTheHostOrWhatSshReads) {
    for (const char* words :
         {"Too many authentication failures", "Operation timed out", "No route to host",
          "Network is unreachable", "Connection timed out during banner exchange",
          "Bad configuration option: foo", "Connection closed by 10.0.0.1",
          "Connection reset by peer", "Timeout, server b not responding."}) {
        const Error error = sshFailure("host-b", words);
        EXPECT_EQ(error.code, ErrorCode::Unavailable) << words;
        EXPECT_THAT(error.message, HasSubstr("host-b")) << words;
        EXPECT_THAT(error.message, Not(HasSubstr("HOST"))) << words;
        EXPECT_THAT(error.message, Not(HasSubstr("failed:"))) << words << " is not known";
    }
    EXPECT_THAT(sshFailure("b", "Can't open user config file /x").message,
                HasSubstr("ssh cannot read the configuration"));
}

TEST(RemoteProgramFailure, SaysWhyTheHostCannotRunIt) {
    const auto sentence = [](std::string_view words) {
        return remoteProgramFailure("b", "ringscope-rank", words).message;
    };
    EXPECT_EQ(sentence("/lib/libc.so.6: version `GLIBC_2.38' not found"),
              "the system of b is older than the one ringscope-rank was built on; build ringscope "
              "on the oldest of your hosts");
    EXPECT_EQ(sentence("cannot execute binary file: Exec format error"),
              "b has another kind of processor than this machine, and cannot run ringscope-rank");
    EXPECT_EQ(sentence("first\nsecond\n"), "ringscope-rank does not start on b: second");
}

}  // namespace
}  // namespace ringscope
