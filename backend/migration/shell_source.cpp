#include "backend/migration/shell_source.h"

#include "backend/config/value_text.h"
#include "backend/core/text.h"
#include "backend/migration/shell_words.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>
#include <utility>

namespace ringscope {
namespace {

// How a program that starts others takes its words.
enum class Takes : std::uint8_t {
    Script,      // options, then a script or -m and a module, then that one's options
    Subcommand,  // a word that says what to do, then options
    Options,     // options alone
};
struct Launcher {
    std::string_view name;
    Takes takes = Takes::Script;
    std::string_view subcommand{};  // that must follow; empty: any
};
constexpr std::array launchers = {
    Launcher{"torchrun"},
    Launcher{"deepspeed"},
    Launcher{"accelerate", Takes::Script, "launch"},
    Launcher{"llamafactory-cli", Takes::Subcommand},
    Launcher{"lmf", Takes::Subcommand},
    Launcher{"swift", Takes::Subcommand},
    Launcher{"megatron", Takes::Subcommand},
    Launcher{"axolotl", Takes::Subcommand},
    Launcher{"arctic_training", Takes::Options},
    Launcher{"python"},
    Launcher{"python3"},
};

// Modules that start ranks themselves, as torchrun does.
constexpr std::array<std::string_view, 4> launchModules = {
    "torch.distributed.run", "torch.distributed.launch", "accelerate.commands.launch",
    "deepspeed.launcher.runner"};

// Options of launchers that take no value.
constexpr std::array<std::string_view, 14> launcherFlags = {"standalone",
                                                            "no_python",
                                                            "run_path",
                                                            "multi_gpu",
                                                            "use_deepspeed",
                                                            "use_fsdp",
                                                            "cpu",
                                                            "debug",
                                                            "same_network",
                                                            "use_megatron_lm",
                                                            "use_env",
                                                            "no_local_rank",
                                                            "enable_cpu_affinity",
                                                            "use_parallelism_config"};

std::string_view baseName(std::string_view path) { return path.substr(path.rfind('/') + 1); }

const Launcher* launcherNamed(std::string_view word) {
    const auto found = std::ranges::find(launchers, baseName(word), &Launcher::name);
    return found == launchers.end() ? nullptr : &*found;
}

bool isOption(std::string_view word) {
    if (word.size() < 2 || word[0] != '-') return false;
    if (word.starts_with("--")) return word.size() > 2;
    return std::isalpha(static_cast<unsigned char>(word[1])) != 0;
}

bool isFileOfSettings(std::string_view word) {
    for (const std::string_view end : {".yaml", ".yml", ".json", ".toml"})
        if (word.ends_with(end)) return true;
    return false;
}

// "--context-parallel-size" -> "context_parallel_size"
std::string optionRule(std::string_view option) {
    while (option.starts_with('-') || option.starts_with('+')) option.remove_prefix(1);
    std::string rule(option);
    std::ranges::replace(rule, '-', '_');
    return rule;
}

// The words of one command that starts a training.
class LaunchReader {
public:
    LaunchReader(std::span<const ShellWord> words, const Launcher& launcher, ShellSource& source)
        : words_(words), launcher_(launcher), source_(source) {}

    void read() {
        begin_ = words_[0];
        program_ = std::string(baseName(begin_.text));
        at_ = launcher_.subcommand.empty() ? 1 : 2;
        if (launcher_.takes == Takes::Script) {
            readLauncher();
        } else if (launcher_.takes == Takes::Subcommand && at_ < words_.size()) {
            program_ += " " + words_[at_++].text;
            addProgram(program_);
        } else {
            addProgram(program_);
        }
        readArguments();
    }

private:
    void addProgram(const std::string& program) {
        add({.path = begin_.text, .at = begin_.at, .text = program, .rule = "launcher.program"});
    }

    // Options of the launcher, up to the program's name.
    void readLauncher() {
        while (at_ < words_.size()) {
            const std::string& word = words_[at_].text;
            if (word == "-m" || word == "--module") {
                ++at_;
                if (at_ >= words_.size()) return;
                const std::string module = words_[at_++].text;
                launches_ = std::ranges::find(launchModules, module) != launchModules.end();
                if (launches_) continue;
                return addProgram(module);
            }
            if (!isOption(word)) {
                ++at_;
                return addProgram(std::string(baseName(word)));
            }
            if (baseName(begin_.text).starts_with("python") && !launches_) {  // its own
                ++at_;
                continue;
            }
            readOption("launcher.", 1);
        }
    }

    void readArguments() {
        while (at_ < words_.size()) {
            const ShellWord& word = words_[at_];
            if (isOption(word.text)) {
                readOption("", 64);
                continue;
            }
            ++at_;
            const std::size_t equals = word.text.find('=');
            if (isFileOfSettings(word.text) && equals == std::string::npos) {
                add({.path = program_,
                     .at = word.at,
                     .text = word.text,
                     .rule = "launcher.config",
                     .unresolved = word.unresolved});
            } else if (equals != std::string::npos && equals > 0) {
                add({.path = word.text.substr(0, equals),
                     .at = word.at,
                     .text = word.text.substr(equals + 1),
                     .rule = optionRule(word.text.substr(0, equals)),
                     .unresolved = word.unresolved});
            } else if (word.unresolved) {
                source_.notes.push_back({word.at, shown(word.text) +
                                                      " is no constant of this script; "
                                                      "what it holds was not read"});
            }
        }
    }

    bool isFlag(const std::string& rule, std::string_view section) const {
        return !section.empty() && std::ranges::find(launcherFlags, rule) != launcherFlags.end();
    }

    void readOption(const std::string& section, std::size_t mostValues) {
        const ShellWord& word = words_[at_++];
        const std::size_t equals = word.text.find('=');
        const std::string name = word.text.substr(0, equals);
        SourceKey key{
            .path = name, .at = word.at, .text = "true", .rule = section + optionRule(name)};
        if (equals != std::string::npos) {
            key.text = word.text.substr(equals + 1);
            key.unresolved = word.unresolved;
            return add(std::move(key));
        }
        std::vector<std::string> values;
        while (at_ < words_.size() && values.size() < mostValues && !isOption(words_[at_].text) &&
               !isFlag(optionRule(name), section)) {
            // What a whole list of further words holds is not read.
            const bool further = words_[at_].unresolved && words_[at_].text.starts_with('$');
            if (further && !values.empty()) break;
            key.unresolved = key.unresolved || words_[at_].unresolved;
            if (values.empty()) key.valueAt = words_[at_].at;
            values.push_back(words_[at_++].text);
        }
        if (values.size() == 1) key.text = values.front();
        if (values.size() > 1) {
            key.text = "[" + join(values, ", ") + "]";
            key.isScalar = false;
        }
        add(std::move(key));
    }

    // Of an option that is given twice, the last value counts.
    void add(SourceKey key) {
        const auto same = std::ranges::find(source_.keys, key.rule, &SourceKey::rule);
        if (same == source_.keys.end()) {
            source_.keys.push_back(std::move(key));
            return;
        }
        source_.notes.push_back({key.at, key.path + " is given twice; the last value, " +
                                             shown(key.text) + ", counts"});
        *same = std::move(key);
    }

    std::span<const ShellWord> words_;
    const Launcher& launcher_;
    ShellSource& source_;
    std::size_t at_ = 0;
    ShellWord begin_;
    std::string program_;
    bool launches_ = false;  // the module that Python runs starts ranks
};

struct Launch {
    const ShellCommand* command = nullptr;
    std::size_t word = 0;
    const Launcher* launcher = nullptr;
    std::size_t weight = 0;
};

// The launcher among the words of a command: others may stand before it (srun, nohup, env).
Launch launchOf(const ShellCommand& command) {
    for (std::size_t i = 0; i < command.words.size(); ++i) {
        const Launcher* launcher = launcherNamed(command.words[i].text);
        if (launcher == nullptr) continue;
        const bool has = i + 1 < command.words.size();
        if (!has) return {};
        if (!launcher->subcommand.empty() && command.words[i + 1].text != launcher->subcommand)
            continue;
        const bool python = launcher->name.starts_with("python");
        const std::size_t rest = command.words.size() - i;
        return {&command, i, launcher, rest + (python ? 0 : 1000)};
    }
    return {};
}

void addInnerCommands(std::vector<ShellCommand>& commands) {
    const std::size_t outer = commands.size();
    for (std::size_t i = 0; i < outer; ++i) {
        const std::vector<ShellWord> words = commands[i].words;
        for (std::size_t k = 1; k + 1 < words.size(); ++k) {
            const bool runs = words[k].text == "-c" || words[k].text == "-lc";
            if (!runs) continue;
            ShellReading inner = readShell(words[k + 1].text);
            for (ShellCommand& command : inner.commands) {
                for (ShellWord& word : command.words) word.at = words[k + 1].at;
                command.environment.clear();
                commands.push_back(std::move(command));
            }
        }
    }
}

void addEnvironment(const std::pair<std::string, ShellWord>& variable, ShellSource& source) {
    const auto& [name, word] = variable;
    const std::string rule = "env." + name;
    const auto same = std::ranges::find(source.keys, rule, &SourceKey::rule);
    SourceKey key{.path = name,
                  .at = word.at,
                  .text = word.text,
                  .rule = rule,
                  .unresolved = word.unresolved};
    if (same != source.keys.end())
        *same = std::move(key);
    else
        source.keys.push_back(std::move(key));
}

}  // namespace

ShellSource readShellSource(std::string_view text) {
    ShellReading reading = readShell(text);
    ShellSource source;
    source.notes = std::move(reading.notes);
    source.documents = std::move(reading.documents);
    source.problem = std::move(reading.problem);
    if (source.problem) return source;
    addInnerCommands(reading.commands);
    Launch best;
    std::size_t found = 0;
    for (const ShellCommand& command : reading.commands) {
        const Launch launch = launchOf(command);
        found += launch.command != nullptr ? 1 : 0;
        if (launch.weight > best.weight) best = launch;
        const std::string& first = command.words.front().text;
        if ((first == "source" || first == ".") && command.words.size() > 1)
            source.notes.push_back({command.words[1].at, "the script reads " +
                                                             shown(command.words[1].text) +
                                                             ", whose settings were not read"});
    }
    if (best.command == nullptr) {
        source.startsNothing = true;
        source.problem = {{},
                          "no command of this script starts a training (torchrun, deepspeed, "
                          "accelerate launch, python, swift, llamafactory-cli, axolotl)"};
        return source;
    }
    for (const auto& variable : reading.exported) addEnvironment(variable, source);
    for (const auto& variable : best.command->environment) addEnvironment(variable, source);
    const std::span<const ShellWord> words(best.command->words);
    if (found > 1)
        source.notes.push_back({words[best.word].at, "the script starts " + std::to_string(found) +
                                                         " programs; this one is read"});
    LaunchReader(words.subspan(best.word), *best.launcher, source).read();
    return source;
}

bool looksLikeCommands(std::string_view text) {
    int seen = 0;
    while (!text.empty() && seen < 400) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = trim(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        ++seen;
        if (line.find(": ") < line.find(' ')) continue;
        for (const std::string& word : split(line, ' ')) {
            if (word.find('=') != std::string::npos || word == "export" || word == "nohup" ||
                word == "exec" || word == "srun" || word == "env")
                continue;
            if (launcherNamed(word) != nullptr && line.find(' ') != std::string_view::npos)
                return true;
            break;
        }
    }
    return false;
}

}  // namespace ringscope
