// An agent that wants to do harm: what a host says decides nothing about other hosts' ranks, writes
// nothing outside its run's traces, and reaches no terminal as it came.
#include "backend/core/files.h"
#include "tests/e2e/cli.h"

#include <gmock/gmock.h>
#include <algorithm>
#include <cstdlib>
#include <set>

namespace ringscope::test {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;
using ::testing::HasSubstr;

// What the host "evil" says once its agent was asked for, as sh prints it. FRAME begins a frame of
// our protocol. Rank 0 is on the host "good", which behaves; rank 1 is evil's own.
struct Hostile {
    const char* name;
    const char* says;
    const char* reason;  // a part of the one that the run fails with
};

constexpr const char* itsRankEnds = R"(echo 'FRAME"exit","rank":1,"code":3,"signal":0}')";

constexpr Hostile table[] = {
    {"ends without a word", "exit 0", "ended without a word"},
    {"says nothing and closes its output", "exec 1>&-; cat >/dev/null",
     "evil ended without a word"},
    {"colours its error",
     R"(printf 'FRAME"error","message":"\\u001b]0;pwned\\u0007\\u001b[2J\\r\\nfake: ok"}\n')",
     "fake: ok"},
    {"turns the direction of its error", R"(printf 'FRAME"error","message":"a\\u202egnp.exe"}\n')",
     "evil: a"},
    {"fails a rank of another host",
     R"(echo 'FRAME"rank","event":{"type":"error","rank":0,"message":"spoofed"}}'; )", nullptr},
    {"ends a rank of another host", R"(echo 'FRAME"exit","rank":0,"code":0,"signal":9}'; )",
     nullptr},
    {"prints for a rank of another host",
     R"(echo 'FRAME"printed","rank":0,"stream":"err","line":"spoofed"}'; )", nullptr},
    {"moves the meeting point",
     R"(echo 'FRAME"rank","event":{"type":"rendezvous","rank":0,"port":4444}}'; )", nullptr},
    {"names a rank that is none", R"(echo 'FRAME"started","rank":99999999,"pid":1}')",
     "spoke of rank 99999999"},
    {"names a rank below none", R"(echo 'FRAME"exit","rank":-1,"code":0,"signal":0}'; )", nullptr},
    {"sends a trace that nobody asked for",
     R"(echo 'FRAME"trace","rank":1,"offset":0,"data":"AAAA"}'; )", nullptr},
    {"sends traces of ranks that are none",
     R"(for r in 99999999 -1 '"../../x"'; do )"
     R"(echo "FRAME\"trace\",\"rank\":$r,\"offset\":0,\"data\":\"AAAA\"}"; done; )",
     nullptr},
    {"speaks another version", R"(echo '{"v":99,"type":"hello"}')", "speaks protocol version 99"},
    {"is another ringscope", R"(echo 'FRAME"hello","host":"evil","pid":1,"version":"9.9.9"}')",
     "is ringscope 9.9.9"},
    {"says the end before the beginning",
     R"(echo 'FRAME"rank","event":{"type":"done","rank":1,"steps":4,"peak_bytes":1,)"
     R"("attention_bytes_per_step":1,"gradient_bytes_per_step":1}}'; )",
     nullptr},
    {"counts steps as nobody can",
     R"(for s in -1 9223372036854775807 0; do )"
     R"(echo "FRAME\"rank\",\"event\":{\"type\":\"step\",\"rank\":1,\"step\":$s,)"
     R"(\"loss\":1e308,\"grad_norm\":-1,\"duration_ns\":-5,\"tokens\":-7}}"; done; )",
     nullptr},
    {"answers pings that nobody sent",
     R"(for i in 1 2 3; do )"
     R"(echo 'FRAME"pong","id":7,"monotonic_ns":-1,"utc_ns":9223372036854775807}'; done; )",
     nullptr},
    {"has an impossible machine",
     R"(printf 'FRAME"machine","machine":"\\u001b[31m","processor":"\\u0000","cores":-5,)"
     R"("memory":-1,"system":"s","gpus":["\\u001b[2J"],"driver":"","interface":"\\n"}\n'; )",
     nullptr},
    {"floods", R"(yes 'noise noise noise noise' | head -n 300000; )", nullptr},
    {"sends a line of 8 MB", R"(head -c 8000000 /dev/zero | tr '\0' x; echo; )", nullptr},
    {"opens brackets", R"(head -c 900000 /dev/zero | tr '\0' '['; echo; )", nullptr},
    {"sends bytes that are no text", R"(head -c 100000 /dev/urandom; echo; )", nullptr},
    {"leaves out what frames have",
     R"(echo 'FRAME"exit"}'; echo 'FRAME"rank","event":7}'; )"
     R"(echo 'FRAME"rank","event":{"type":"error"}}'; echo 'FRAME}'; )",
     nullptr},
    {"ends its rank many times over",
     R"(for i in 1 2 3 4 5; do echo 'FRAME"exit","rank":1,"code":3,"signal":0}'; done)",
     "rank 1 ended with exit code 3"},
};

std::string replaced(std::string text, std::string_view what, const std::string& by) {
    for (std::size_t at = text.find(what); at != std::string::npos;
         at = text.find(what, at + by.size()))
        text.replace(at, what.size(), by);
    return text;
}

class HostileAgent : public ::testing::Test {
protected:
    HostileAgent() {
        fs::create_directory(cli.folder() / "bin");
        const char* path = std::getenv("PATH");
        options.environment["PATH"] =
            (cli.folder() / "bin").string() + ":" + (path != nullptr ? path : "/usr/bin:/bin");
        experiment = cli.write("two.yaml",
                               "name: two\nmodel: {preset: nano}\n"
                               "train: {steps: 4, seq_len: 256}\n"
                               "parallel: {sp: 2, mode: ring}\n");
    }

    Ended ringscope(std::vector<std::string> words) const {
        return runProgram(cli.words(std::move(words)), options);
    }

    // In ssh's place: a host that has the programs, and the agents of "good" and "evil".
    void writeSsh(const Hostile& row) const {
        std::string says = row.says;
        if (row.reason == nullptr) says += itsRankEnds;
        const std::string text = R"(#!/bin/sh
while [ "$1" != -- ]; do [ "$1" = -G ] && asked=1; shift; done
host=$2
if [ -n "$asked" ]; then
    case $host in good) echo 'hostname 192.0.2.1';; *) echo 'hostname 192.0.2.2';; esac
    exit 0
fi
case "$3" in *sha256sum*)
    for p in ringscope-rank libringscope_cuda.so ringscope; do
        echo "ringscope-boot program $p 0 ringscope VERSION"; done
    echo 'ringscope-boot libtorch /nowhere'
    echo 'ringscope-boot cores 4'; echo 'ringscope-boot gpus 0'; echo 'ringscope-boot end'
    exit 0;;
esac
echo 'ringscope-boot ready'
if [ "$host" = good ]; then
    echo 'FRAME"hello","host":"good","pid":1,"version":"VERSION"}'
    echo 'FRAME"started","rank":0,"pid":1}'
    while read -r line; do case "$line" in *'"stop"'*)
        echo 'FRAME"exit","rank":0,"code":0,"signal":15}'; exit 0;; esac; done
    exit 0
fi
SAYS
while read -r line; do case "$line" in *'"stop"'*)
    echo 'FRAME"exit","rank":1,"code":0,"signal":15}'; exit 0;; esac; done
)";
        const std::string version = runProgram({RINGSCOPE_BIN "/ringscope", "--version"}).out;
        const std::string number = version.substr(10, version.find('\n') - 10);
        std::string whole = replaced(text, "SAYS", says);
        whole = replaced(whole, "FRAME", R"({"v":2,"type":)");
        cli.write("bin/ssh", replaced(whole, "VERSION", number));
        fs::permissions(cli.folder() / "bin/ssh", fs::perms::owner_all);
    }

    // No control character but the line's end, and none that turns what follows.
    static void expectPlain(const std::string& text, const std::string& of) {
        for (const char c : text)
            ASSERT_TRUE(c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f))
                << of << " prints a control character: " << text.substr(0, 400);
        EXPECT_EQ(text.find("\u202e"), std::string::npos) << of;
    }

    void expectHarmless() const {
        for (const std::vector<std::string>& verb :
             {std::vector<std::string>{"runs", "ls"}, {"runs", "show", "--log"}, {"compare"}}) {
            const Ended ended = ringscope(verb);
            expectPlain(ended.out + ended.err, verb.back());
        }
        EXPECT_EQ(ringscope({"db", "check"}).exitCode, 0);
        std::set<std::string> unknown;
        for (const auto& entry : fs::recursive_directory_iterator(cli.folder())) {
            const std::string name = entry.path().lexically_relative(cli.folder()).string();
            if (!name.starts_with("runs.db") && !name.starts_with("bin") && name != "two.yaml")
                unknown.insert(name);
        }
        EXPECT_TRUE(unknown.empty()) << *unknown.begin() << " was written";
        EXPECT_LT(fs::file_size(cli.store()), 8u << 20);
    }

    Cli cli;
    ProgramOptions options = cli.options();
    std::string experiment;
};

TEST_F(HostileAgent, EndsItsRunAndDoesNothingElse) {
    for (const Hostile& row : table) {
        SCOPED_TRACE(row.name);
        writeSsh(row);
        Program program(
            cli.words({"run", experiment, "--hosts", "good:1,evil:1", "--no-reference"}), options);
        const Ended ended = program.wait(seconds(60));
        EXPECT_EQ(ended.exitCode, 7) << ended.err.substr(0, 2000);
        const std::string expected =
            row.reason != nullptr ? row.reason : "rank 1 ended with exit code 3";
        EXPECT_THAT(ended.err, HasSubstr(expected));
        EXPECT_EQ(ended.err.find("spoofed"), std::string::npos) << ended.err;
        expectPlain(ended.out + ended.err, "run");
        expectHarmless();
        for (const char* beside : {"", "-wal", "-shm"}) fs::remove(cli.store().string() + beside);
    }
}

}  // namespace
}  // namespace ringscope::test
