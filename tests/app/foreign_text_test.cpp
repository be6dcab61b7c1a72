// Text of ranks, hosts, traces and files on its way to a terminal: no byte below a blank but the
// end of a line arrives, nothing that turns the direction of writing, and no row that nobody wrote.
#include "backend/trace/file/trace_folder.h"
#include "tests/app/command_line.h"
#include "tests/backend/analysis/made_ring.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

namespace ringscope::test {
namespace {

// What drives terminals, and what stands beside it in files that are not ours.
constexpr std::array<std::string_view, 22> carriers = {"\x1b[2J",    "\x1b]0;title\x07",
                                                       "\x1b[31m",   "\x1bP1;2|\x1b\\",
                                                       "\r\nforged", "\nforged",
                                                       "\r",         "\b\b\b",
                                                       "\t",         "\x7f",
                                                       "\xc2\x9b",   "\xc2\x85",
                                                       "\u202e",     "\u2066",
                                                       "\u200f",     "\u2028",
                                                       "\u061c",     "\xff\xfe",
                                                       "\xe2\x80",   "é€😀",
                                                       "rank zero",  "'\"<a>&`$(x)"};

constexpr std::array<std::string_view, 14> turns = {
    "\u061c", "\u200e", "\u200f", "\u2028", "\u2029", "\u202a", "\u202b",
    "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069"};

// What a terminal would obey; empty for harmless text.
std::string drivesATerminal(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto byte = static_cast<unsigned char>(text[at]);
        const bool c1 =
            byte == 0xc2 && at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xa0;
        if ((byte < 0x20 && byte != '\n') || byte == 0x7f || c1)
            return "byte " + std::to_string(byte) + " in: " + std::string(text.substr(0, at)) + "|";
    }
    for (const std::string_view turn : turns)
        if (const std::size_t at = text.find(turn); at != std::string_view::npos)
            return "a turn of direction in: " + std::string(text.substr(0, at)) + "|";
    return "";
}

// Standard output is a terminal while this lives; nothing is read from it.
class OnATerminal {
public:
    OnATerminal() : master_(::posix_openpt(O_RDWR | O_NOCTTY)), own_(::dup(STDOUT_FILENO)) {
        if (master_ < 0 || ::grantpt(master_) != 0 || ::unlockpt(master_) != 0) return;
        const int end = ::open(::ptsname(master_), O_RDWR | O_NOCTTY);
        ::dup2(end, STDOUT_FILENO);
        ::close(end);
    }
    ~OnATerminal() {
        ::dup2(own_, STDOUT_FILENO);
        ::close(own_);
        ::close(master_);
    }
    OnATerminal(const OnATerminal&) = delete;
    OnATerminal& operator=(const OnATerminal&) = delete;

private:
    int master_;
    int own_;
};

// Each text is another one: up to five carriers behind each other.
class ForeignText : public CommandLineTest, public ::testing::WithParamInterface<unsigned> {
protected:
    std::string foreignText() {
        std::string text;
        for (std::size_t left = 1 + random_() % 5; left > 0; --left)
            text += carriers[random_() % carriers.size()];
        return text;
    }

    // A run whose every text came from somewhere else.
    RunRecord hostileRun(std::string_view mode, RunStatus status) {
        RunRecord run = finished(newRun(mode));
        run.experiment = foreignText();
        run.name = foreignText();
        run.status = status;
        run.statusReason = "rank 1: " + foreignText();
        run.device = foreignText();
        run.versions = foreignText();
        run.notes = {foreignText()};
        run.config.data.source = foreignText();
        run.environment.network = foreignText();
        run.environment.origin = {.command = foreignText(),
                                  .folder = foreignText(),
                                  .commit = foreignText(),
                                  .dirty = true};
        run.environment.hosts = {{.host = foreignText(),
                                  .machine = foreignText(),
                                  .processor = foreignText(),
                                  .system = foreignText(),
                                  .gpus = {foreignText()},
                                  .driver = foreignText(),
                                  .interface = foreignText()}};
        for (RankRecord& rank : run.rankRecords) {
            rank.host = foreignText();
            rank.endedBy = foreignText();
        }
        const std::unique_ptr<Store> store = open();
        EXPECT_TRUE(store->created(run).ok());
        EXPECT_TRUE(store->logLine(run, 0, foreignText()).ok());
        EXPECT_TRUE(store->logLine(run, -1, foreignText()).ok());
        EXPECT_TRUE(store->ended(run).ok());
        return run;
    }

    std::string hostileTrace() {
        std::vector<RankTrace> ranks = test::madeRing({.ranks = 2});
        for (RankTrace& rank : ranks) {
            rank.origin.host = foreignText();
            rank.origin.mode = foreignText();
            rank.origin.device = foreignText();
            rank.origin.gpuActivity = "off: " + foreignText();
            rank.origin.source = foreignText();
            rank.notes = {foreignText()};
        }
        EXPECT_TRUE(writeTrace(mergeRanks(std::move(ranks)), folder() / "hostile").ok());
        return at("hostile");
    }

    // Kernels and annotations with names of their own, as another profiler writes them.
    std::string hostileKineto() {
        nlohmann::json events = nlohmann::json::array();
        const auto add = [&](const char* category, double begin) {
            events.push_back({{"ph", "X"},
                              {"cat", category},
                              {"name", foreignText()},
                              {"pid", 0},
                              {"tid", 7},
                              {"ts", begin},
                              {"dur", 10.0},
                              {"args", {{"stream", 7}, {"device", 0}, {"note", foreignText()}}}});
        };
        for (int i = 0; i < 4; ++i) {
            add("kernel", 100.0 + 20 * i);
            add("cpu_op", 90.0 + 20 * i);
        }
        const nlohmann::json file = {{"traceEvents", events},
                                     {"deviceProperties", {{{"id", 0}, {"name", foreignText()}}}},
                                     {"distributedInfo", {{"rank", 0}, {"world_size", 1}}}};
        using json = nlohmann::json;
        return write("kineto.json", file.dump(-1, ' ', false, json::error_handler_t::replace));
    }

    void prints(const std::vector<std::string>& words) {
        const Ran ran = [&] {
            const OnATerminal terminal;
            return run(words);
        }();
        EXPECT_EQ(drivesATerminal(ran.out), "") << words.front();
        EXPECT_EQ(drivesATerminal(ran.err), "") << words.front();
    }

private:
    std::mt19937 random_{GetParam()};
};

TEST_P(ForeignText, OfRunsDrivesNoTerminal) {
    const std::string id = hostileRun("ring", RunStatus::Failed).id.text;
    const std::string other = hostileRun("zigzag", RunStatus::Finished).id.text;
    for (const char* format : {"", "--json"}) {
        const auto with = [&](std::vector<std::string> words) {
            if (*format != '\0') words.emplace_back(format);
            prints(words);
        };
        with({"runs", "ls"});
        with({"runs", "show", id});
        with({"runs", "show", id, "--diff", other, "--log", "9"});
        with({"compare", id, other});
    }
    prints({"compare", id, other, "--csv"});
    prints({"compare", id, other, "--md"});
    prints({"runs", "note", id, "x" + foreignText()});
    prints({"runs", "tag", id, foreignText()});
    prints({"runs", "rename", id, foreignText()});
    prints({"runs", "export", id});
    prints({"trace", "analyze", id});
    prints({"runs", "rm", id});
}

TEST_P(ForeignText, OfRunsMakesNoRowsInAList) {
    hostileRun("ring", RunStatus::Failed);
    hostileRun("ring", RunStatus::Finished);
    const std::string list = run({"runs", "ls", "-a"}).out;
    const std::int64_t here = std::ranges::count(list, '\n');
    EXPECT_EQ(here, 1 + 2) << list;
}

TEST_P(ForeignText, OfTracesDrivesNoTerminal) {
    for (const std::string& trace : {hostileTrace(), hostileKineto()})
        for (const char* verb : {"info", "analyze", "steps", "top"}) {
            prints({"trace", verb, trace});
            prints({"trace", verb, trace, "--json"});
            prints({"trace", verb, trace, "--csv"});
        }
    prints({"trace", "diff", at("hostile"), at("kineto.json")});
}

TEST_P(ForeignText, OfFilesAndWordsDrivesNoTerminal) {
    const std::string text = foreignText();
    prints({"config", "validate", write("a.yaml", "name: x\ntrain:\n  steps: " + text + "\n")});
    prints({"config", "show", write("b.yaml", "name: \"" + text + "\"\n")});
    prints({"config", "show", write("c.yaml", text + ": 1\n" + text)});
    prints({"run", write("d.yaml", "name: x\n"), "--dry-run", "--set", "train.steps=" + text});
    prints({"run", write("d.yaml", "name: x\n"), "--dry-run", "--hosts", text});
    prints({"run", write("d.yaml", "name: x\n"), "--dry-run", "--hosts",
            write("hosts.txt", "node1 slots=" + text + "\n")});
    prints({"migrate", write("e.yaml", "deepspeed: " + text + "\nstage: " + text + "\n")});
    for (const char* tokenizer : {"byte", "char", "t.json", "t.model"}) {
        const std::string name = *tokenizer == 't'
                                     ? write(tokenizer, (tokenizer[2] == 'j' ? "{\"" : "") + text)
                                     : tokenizer;
        prints({"tokenize", write("t.txt", text), "--tokenizer", name});
        prints({"tokenize", write("t.txt", text), "--tokenizer", name, "--json"});
    }
    prints({"trace", "info", write("f.trace", text)});
    prints({"trace", "flight", write("g.pkl", text)});
    prints({"trace", "rules", "test", text});
    prints({"trace", "rules", "list", "--rules", write("rules.txt", text + "\n")});
    prints({"runs", "show", text});
    prints({"runs", "ls", "--where", "mode=" + text});
    prints({"db", "check", "--db", at(text.substr(0, text.find('/')))});
    prints({"verify", "--mode", text});
    prints({text});
    prints({"report", text, "-o", at("x.html")});
}

INSTANTIATE_TEST_SUITE_P(Random, ForeignText, ::testing::Range(0U, 12U));

}  // namespace
}  // namespace ringscope::test
