// `cmake --install` into a scratch folder: what is there, that it runs, and that what desktops and
// shells read is well-formed.
#include "tests/support/program.h"

#include <gmock/gmock.h>
#include <fstream>
#include <iterator>
#include <sstream>

namespace ringscope::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Installed : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        folder_ = new TemporaryFolder;
        ProgramOptions options;
        options.environment = {{"DESTDIR", folder_->path().string()}};
        install_ = new Ended(runProgram(
            {RINGSCOPE_CMAKE, "--install", RINGSCOPE_BUILD, "--prefix", "/usr"}, options));
    }
    static void TearDownTestSuite() {
        delete install_;
        delete folder_;
    }
    void SetUp() override { ASSERT_EQ(install_->exitCode, 0) << install_->out << install_->err; }

    static fs::path at(const std::string& name) { return folder_->path() / "usr" / name; }
    static std::string text(const std::string& name) {
        std::ifstream file(at(name));
        return {std::istreambuf_iterator<char>(file), {}};
    }
    static std::string program() { return at("bin/ringscope").string(); }

private:
    static inline TemporaryFolder* folder_ = nullptr;
    static inline Ended* install_ = nullptr;
};

bool isThere(const std::string& tool) {
    return runProgram({"sh", "-c", "command -v " + tool + " >/dev/null"}).exitCode == 0;
}

TEST_F(Installed, ProgramsRunFromTheirNewPlace) {
    const Ended version = runProgram({program(), "version"});
    EXPECT_EQ(version.exitCode, 0) << version.err;
    EXPECT_THAT(version.out, ::testing::StartsWith("ringscope "));
    for (const char* other : {"ringscope-rank", "ringscope-gui"}) {
        const fs::path path = at(std::string("bin/") + other);
        EXPECT_EQ(fs::exists(path), fs::exists(fs::path(RINGSCOPE_BIN) / other)) << other;
        if (!fs::exists(path)) continue;
        const Ended ended = runProgram({path.string(), "--version"});
        EXPECT_EQ(ended.exitCode, 0) << ended.err;  // its libraries are found
    }
}

TEST_F(Installed, TheWindowsHelpNeedsNoDisplay) {
    if (!fs::exists(at("bin/ringscope-gui"))) GTEST_SKIP() << "there is no window";
    for (const char* word : {"--help", "-h", "--version"}) {
        const Ended ended = runProgram({"env", "-u", "QT_QPA_PLATFORM", "-u", "DISPLAY", "-u",
                                        "WAYLAND_DISPLAY", at("bin/ringscope-gui").string(), word});
        EXPECT_EQ(ended.exitCode, 0) << word << ": " << ended.err;
        EXPECT_THAT(ended.out, HasSubstr("ringscope-gui")) << word;
    }
}

TEST_F(Installed, TheWindowEndsWithTheCodesOfTheProgram) {
    if (!fs::exists(at("bin/ringscope-gui"))) GTEST_SKIP() << "there is no window";
    const auto codes = [&](const std::vector<std::string>& window,
                           const std::vector<std::string>& verb) {
        std::vector<std::string> words = {"env", "QT_QPA_PLATFORM=offscreen",
                                          at("bin/ringscope-gui").string()};
        words.insert(words.end(), window.begin(), window.end());
        std::vector<std::string> same = {program()};
        same.insert(same.end(), verb.begin(), verb.end());
        const Ended shown = runProgram(words);
        EXPECT_THAT(shown.err, HasSubstr("ringscope-gui: ")) << window.front();
        return std::pair(shown.exitCode, runProgram(same).exitCode);
    };
    const std::string blank = at("blank.json").string();
    std::ofstream(blank) << "{}";
    EXPECT_EQ(codes({"--experiment", "nope.yaml"}, {"run", "nope.yaml"}), std::pair(4, 4));
    EXPECT_EQ(codes({"--migrate", "nope.yaml"}, {"migrate", "nope.yaml"}), std::pair(4, 4));
    EXPECT_EQ(codes({"--migrate", blank}, {"migrate", blank}), std::pair(3, 3));
    EXPECT_EQ(codes({"--page", "nowhere"}, {"nowhere"}), std::pair(2, 2));
    EXPECT_EQ(codes({"--db", "nope.db", "--write-report", "a.pdf", "r"},
                    {"--db", "nope.db", "report", "r", "-o", "a.html"}),
              std::pair(4, 4));
}

TEST_F(Installed, EveryVerbHasAManualPage) {
    const Ended help = runProgram({program()});
    std::istringstream lines(help.out.substr(help.out.find("Verbs:\n") + 7));
    int pages = 0;
    for (std::string line; std::getline(lines, line) && line.starts_with("  "); ++pages) {
        if (line.starts_with("   ")) continue;  // more of the line above
        const std::string verb = line.substr(2, line.find(' ', 2) - 2);
        const std::string page = text("share/man/man1/ringscope-" + verb + ".1");
        EXPECT_THAT(page, HasSubstr(".SH NAME\nringscope\\-" + verb + " \\- ")) << verb;
        EXPECT_THAT(page, HasSubstr("\n.SH EXAMPLES\n")) << verb;
    }
    EXPECT_GE(pages, 15);
    EXPECT_THAT(text("share/man/man1/ringscope.1"), HasSubstr("Exit codes: 0 ok"));
    EXPECT_THAT(text("share/man/man1/ringscope-trace.1"), HasSubstr(".SH TRACE TOP\n"));
}

TEST_F(Installed, ManualPagesAreWhatRoffUnderstands) {
    if (!isThere("groff")) GTEST_SKIP() << "there is no groff";
    for (const auto& page : fs::directory_iterator(at("share/man/man1"))) {
        const Ended ended =
            runProgram({"groff", "-man", "-ww", "-z", "-Kutf8", "-Tutf8", page.path().string()});
        EXPECT_EQ(ended.exitCode, 0) << page.path();
        EXPECT_THAT(ended.err, IsEmpty()) << page.path();
    }
}

// What bash would offer behind these words; the last one is typed.
std::string offered(const fs::path& script, const std::string& program,
                    const std::vector<std::string>& words, const std::string& line) {
    std::string array = "'" + program + "'";
    for (const std::string& word : words) array += " '" + word + "'";
    const Ended ended = runProgram({"bash", "-c",
                                    "complete() { :; }; . '" + script.string() + "'; COMP_WORDS=(" +
                                        array + "); COMP_CWORD=" + std::to_string(words.size()) +
                                        "; COMP_LINE='" + program + " " + line +
                                        "'; _ringscope; printf '%s\\n' \"${COMPREPLY[@]}\""});
    EXPECT_THAT(ended.err, IsEmpty());
    return ended.out;
}

TEST_F(Installed, BashOffersVerbsOptionsFieldsAndValues) {
    const fs::path script = at("share/bash-completion/completions/ringscope");
    const auto after = [&](const std::vector<std::string>& words, const std::string& line) {
        return offered(script, program(), words, line);
    };
    EXPECT_EQ(after({"mode"}, "mode"), "modes\nmodel\n");
    EXPECT_EQ(after({"run", "--dry"}, "run --dry"), "--dry-run\n");
    EXPECT_EQ(after({"trace", "an"}, "trace an"), "analyze\n");
    EXPECT_EQ(after({"run", "--set", "train.see"}, "run --set train.see"), "train.seed=\n");
    // Bash splits at the equals sign; what is offered then stands behind it.
    EXPECT_EQ(after({"run", "--set", "parallel.mode", "=", "zig"}, "run --set parallel.mode=zig"),
              "zigzag\n");
    EXPECT_THAT(after({"run", "--set", "parallel.mode", "="}, "run --set parallel.mode="),
                HasSubstr("ulysses\n"));
    EXPECT_THAT(after({""}, ""), HasSubstr("migrate\n"));
}

TEST_F(Installed, OtherShellsReadTheirScripts) {
    const std::vector<std::pair<std::string, std::string>> scripts = {
        {"zsh", "share/zsh/site-functions/_ringscope"},
        {"fish", "share/fish/vendor_completions.d/ringscope.fish"}};
    for (const auto& [shell, name] : scripts) {
        EXPECT_THAT(text(name), HasSubstr(" complete -- ")) << name;
        if (!isThere(shell)) continue;
        const Ended ended = runProgram({shell, "-n", at(name).string()});
        EXPECT_EQ(ended.exitCode, 0) << shell << ": " << ended.err;
    }
}

TEST_F(Installed, DesktopFilesAreThereWithTheWindowAndValid) {
    const bool window = fs::exists(at("bin/ringscope-gui"));
    const fs::path entry = at("share/applications/ringscope.desktop");
    const fs::path facts = at("share/metainfo/ringscope.metainfo.xml");
    EXPECT_EQ(fs::exists(entry), window);
    EXPECT_EQ(fs::exists(facts), window);
    EXPECT_EQ(fs::exists(at("share/icons/hicolor/scalable/apps/ringscope.svg")), window);
    const fs::path sources = RINGSCOPE_SOURCE "/resources/desktop";
    if (isThere("desktop-file-validate")) {
        const Ended ended =
            runProgram({"desktop-file-validate", (sources / "ringscope.desktop").string()});
        EXPECT_EQ(ended.exitCode, 0) << ended.out << ended.err;
    }
    if (isThere("appstreamcli")) {
        const Ended ended = runProgram({"appstreamcli", "validate", "--no-net",
                                        (sources / "ringscope.metainfo.xml").string()});
        EXPECT_EQ(ended.exitCode, 0) << ended.out << ended.err;
    }
}

}  // namespace
}  // namespace ringscope::test
