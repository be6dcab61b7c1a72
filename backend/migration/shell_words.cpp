#include "backend/migration/shell_words.h"

#include "backend/config/source_text.h"
#include "backend/config/value_text.h"
#include "backend/core/text.h"
#include "backend/migration/shell_arithmetic.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <set>

namespace ringscope {
namespace {

constexpr std::size_t mostWords = 50'000;
constexpr std::size_t longestWord = std::size_t{1} << 16;  // bytes
constexpr int deepestExpansion = 20;

// Words that stand before a command without being part of it.
constexpr std::array<std::string_view, 12> reservedWords = {
    "if", "then", "elif", "else", "fi", "do", "done", "while", "until", "{", "}", "!"};

bool isNameStart(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool isNamePart(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

std::size_t nameLength(std::string_view text) {
    if (text.empty() || !isNameStart(text[0])) return 0;
    std::size_t length = 1;
    while (length < text.size() && isNamePart(text[length])) ++length;
    return length;
}

struct ShellValue {
    std::vector<std::string> items;
    bool unresolved = false;
    bool inBranch = false;  // set where a condition decides
};

class ShellReader {
public:
    explicit ShellReader(std::string_view text) : source_(text), text_(source_.text()) {}

    ShellReading read() {
        while (at_ < text_.size() && !reading_.problem && words_ < mostWords) readPart();
        endCommand();
        return std::move(reading_);
    }

private:
    char at(std::size_t index) const { return index < text_.size() ? text_[index] : '\0'; }
    char here() const { return at(at_); }
    bool startsWith(std::string_view word) const { return text_.substr(at_).starts_with(word); }

    // One blank, separator, redirection or word.
    void readPart() {
        const char c = here();
        if (c == ' ' || c == '\t') {
            ++at_;
        } else if (startsWith("\\\n")) {
            at_ += 2;
        } else if (c == '#') {
            at_ = std::min(text_.find('\n', at_), text_.size());
        } else if (c == '\n') {
            ++at_;
            endCommand();
            readDocuments();
        } else if (c == ';' || c == '|' || c == '(' || c == ')' ||
                   (c == '&' && at(at_ + 1) != '>')) {
            ++at_;
            endCommand();
        } else if (c == '<' || c == '>' || c == '&') {
            readRedirection();
        } else {
            readWord();
        }
    }

    void readRedirection() {
        if (startsWith("<<<")) {
            at_ += 3;
            skipTarget();
        } else if (startsWith("<<")) {
            at_ += 2;
            const bool tabs = here() == '-';
            if (tabs) ++at_;
            Pending document{.end = rawWord(), .tabs = tabs};
            document.literal = document.end.find_first_of("'\"\\") != std::string::npos;
            std::erase_if(document.end, [](char c) { return c == '\'' || c == '"' || c == '\\'; });
            pending_.push_back(std::move(document));
        } else {
            const bool writes = here() == '>' || startsWith("&>");
            while (here() == '<' || here() == '>' || here() == '&' || here() == '|') ++at_;
            skipTarget(writes);
        }
    }

    // The word after a redirection, which belongs to no command.
    void skipTarget(bool writes = false) {
        while (here() == ' ' || here() == '\t') ++at_;
        if (here() == '\n' || here() == '\0' || here() == ';') return;
        std::vector<ShellWord> target;
        readFields(target);
        if (writes && !target.empty()) written_ = target.front().text;
    }

    std::string rawWord() {
        while (here() == ' ' || here() == '\t') ++at_;
        const std::size_t begin = at_;
        while (here() != '\0' &&
               std::string_view(" \t\n;|&<>()").find(here()) == std::string_view::npos)
            ++at_;
        return std::string(text_.substr(begin, at_ - begin));
    }

    void readDocuments() {
        for (Pending& document : pending_) {
            std::string body;
            while (at_ < text_.size()) {
                const std::size_t end = std::min(text_.find('\n', at_), text_.size());
                std::string_view line = text_.substr(at_, end - at_);
                at_ = std::min(end + 1, text_.size());
                if (document.tabs)
                    while (line.starts_with('\t')) line.remove_prefix(1);
                if (line == document.end) break;
                body += std::string(line) + '\n';
            }
            if (document.file.empty() && document.variable.empty()) continue;
            Expanded text{std::move(body)};
            if (!document.literal) text = expanded(text.text, 0);
            if (!document.variable.empty()) {
                variables_[document.variable] = {
                    .items = {text.text}, .unresolved = text.unresolved, .inBranch = branches_ > 0};
                continue;
            }
            body = std::move(text.text);
            reading_.documents.push_back({document.file, std::move(body)});
        }
        pending_.clear();
    }

    void readWord() {
        // NAME=( … ) and NAME+=( … )
        const std::size_t length = nameLength(text_.substr(at_));
        if (length > 0 && words_ < mostWords && command_.words.empty()) {
            const std::string name(text_.substr(at_, length));
            const bool adds = at(at_ + length) == '+' && at(at_ + length + 1) == '=';
            const std::size_t equals = at_ + length + (adds ? 1 : 0);
            if (at(equals) == '=') {
                const TextPosition place = source_.positionOf(at_);
                at_ = equals + 1;
                if (here() == '(') return readArray(name, adds);
                return readAssignment(name, adds, place);
            }
        }
        std::vector<ShellWord> fields;
        readFields(fields);
        // "2>" is a redirection of the second stream.
        const bool stream = (here() == '>' || here() == '<') && fields.size() == 1 &&
                            fields[0].text.size() == 1 && std::isdigit(fields[0].text[0]) != 0;
        if (stream) return;
        for (ShellWord& word : fields) addWord(std::move(word));
    }

    void addWord(ShellWord word) {
        if (++words_ > mostWords) return;
        const bool first = command_.words.empty() && command_.environment.empty();
        if (first && std::ranges::find(reservedWords, word.text) != reservedWords.end()) {
            if (word.text == "if") ++branches_;
            if (word.text == "fi") branches_ = std::max(0, branches_ - 1);
            return;
        }
        if (first && word.text == "case") ++branches_;
        if (first && word.text == "esac") branches_ = std::max(0, branches_ - 1);
        command_.words.push_back(std::move(word));
    }

    void readArray(const std::string& name, bool adds) {
        ++at_;
        std::vector<ShellWord> items;
        while (at_ < text_.size() && here() != ')' && !reading_.problem && words_ < mostWords) {
            if (here() == ' ' || here() == '\t' || here() == '\n')
                ++at_;
            else if (startsWith("\\\n"))
                at_ += 2;
            else if (here() == '#')
                at_ = std::min(text_.find('\n', at_), text_.size());
            else if (std::string_view("<>|&;(").find(here()) != std::string_view::npos)
                ++at_;
            else
                readFields(items);
        }
        ++at_;
        ShellValue value;
        if (adds) value = variables_[name];
        for (ShellWord& item : items) {
            value.unresolved = value.unresolved || item.unresolved;
            if (value.items.size() < mostWords) value.items.push_back(std::move(item.text));
        }
        if (!adds) value.inBranch = branches_ > 0;
        variables_[name] = std::move(value);
    }

    void readAssignment(const std::string& name, bool adds, TextPosition place) {
        ShellWord word{.text = {}, .at = place};
        const bool empty = here() == ' ' || here() == '\n' || here() == '\0' || here() == ';';
        if (!empty) {
            std::vector<ShellWord> fields;
            const bool joined = std::exchange(joinFields_, true);
            readFields(fields);
            joinFields_ = joined;
            if (!fields.empty()) word = {fields[0].text, place, fields[0].unresolved};
        }
        if (adds && variables_[name].items.size() == 1) {
            word.text = variables_[name].items.front() + word.text;
            word.unresolved = word.unresolved || variables_[name].unresolved;
        }
        if (word.text.size() > longestWord) word = {"", place, true};
        command_.environment.emplace_back(name, std::move(word));
    }

    // Reads one word of the text as the words it stands for.
    void readFields(std::vector<ShellWord>& fields) {
        Field field{.word = {.text = {}, .at = source_.positionOf(at_)}};
        while (at_ < text_.size() && !reading_.problem) {
            const char c = here();
            if (c == '\'') {
                readQuoted(field);
            } else if (startsWith("\"$@\"") || startsWith("\"$*\"")) {
                at_ += 4;  // the script's own arguments
            } else if (c == '"') {
                readDoubleQuoted(field, fields);
            } else if (startsWith("\\\n")) {
                at_ += 2;
            } else if (c == '\\') {
                if (at_ + 1 < text_.size()) field.add(text_.substr(at_ + 1, 1));
                at_ += 2;
            } else if (startsWith("$'") || startsWith("$\"")) {  // a quoted text of its own kind
                ++at_;
            } else if (c == '$' || c == '`') {
                readExpansion(field, fields, false);
            } else if (std::string_view(" \t\n;|&<>()").find(c) != std::string_view::npos) {
                break;
            } else {
                field.add(text_.substr(at_, 1));
                ++at_;
            }
            if (field.word.text.size() > longestWord) field.word = {"", field.word.at, true};
        }
        at_ = std::min(at_, text_.size());
        if (field.isWord) fields.push_back(std::move(field.word));
    }

    struct Field {
        ShellWord word;
        bool isWord = false;  // quotes make a word of nothing
        void add(std::string_view text) {
            word.text += text;
            isWord = true;
        }
    };

    void readQuoted(Field& field) {
        const std::size_t end = text_.find('\'', at_ + 1);
        if (end == std::string_view::npos) return refuseQuote("'");
        field.add(text_.substr(at_ + 1, end - at_ - 1));
        at_ = end + 1;
    }

    void refuseQuote(const std::string& quote) {
        reading_.problem = {source_.positionOf(at_),
                            "a quote that does not end; close it with " + quote};
    }

    void readDoubleQuoted(Field& field, std::vector<ShellWord>& fields) {
        const std::size_t begin = at_++;
        field.isWord = true;
        while (here() != '"') {
            if (at_ >= text_.size()) {
                at_ = begin;
                return refuseQuote("\"");
            }
            if (here() == '\\' && at_ + 1 < text_.size()) {
                if (at(at_ + 1) != '\n') {
                    const bool escapes =
                        std::string_view("\"\\$`").find(at(at_ + 1)) != std::string_view::npos;
                    field.add(text_.substr(escapes ? at_ + 1 : at_, escapes ? 1 : 2));
                }
                at_ += 2;
            } else if (here() == '$' || here() == '`') {
                readExpansion(field, fields, true);
            } else {
                field.add(text_.substr(at_, 1));
                ++at_;
            }
            if (field.word.text.size() > longestWord) field.word = {"", field.word.at, true};
        }
        ++at_;
    }

    // "$NAME", "${…}", "$(…)", "$((…))" or "`…`".
    void readExpansion(Field& field, std::vector<ShellWord>& fields, bool quoted) {
        const std::size_t length = expansionLength(text_.substr(at_));
        const std::string_view expansion = text_.substr(at_, length);
        at_ += length;
        if (const ShellValue* array = arrayOf(expansion)) return addArray(field, fields, *array);
        if (expansion == "$@" || expansion == "$*" || expansion == "${@}") return;
        const Expanded value = valueOf(expansion, 0);
        const bool whole = value.unresolved && value.text == unresolved(expansion).text;
        if (quoted || whole || joinFields_) {
            field.word.unresolved = field.word.unresolved || value.unresolved;
            if (quoted || !value.text.empty()) field.add(value.text);
            return;
        }
        for (std::size_t i = 0; i < value.text.size();) {  // words of a plain text
            if (std::isspace(static_cast<unsigned char>(value.text[i])) == 0) {
                const std::size_t end = endOfWord(value.text, i);
                const std::string_view word = std::string_view(value.text).substr(i, end - i);
                field.add(word);
                field.word.unresolved =
                    field.word.unresolved ||
                    (value.unresolved && word.find_first_of("$`") != std::string_view::npos);
                i = end;
                continue;
            }
            if (field.isWord && fields.size() < mostWords) {
                fields.push_back(field.word);
                field = {.word = {.text = {}, .at = field.word.at}};
            }
            ++i;
        }
    }

    // The blank that ends a word of a value; what a command would print is one word.
    static std::size_t endOfWord(std::string_view text, std::size_t at) {
        while (at < text.size() && std::isspace(static_cast<unsigned char>(text[at])) == 0)
            at += text[at] == '$' || text[at] == '`' ? expansionLength(text.substr(at)) : 1;
        return std::min(at, text.size());
    }

    const ShellValue* arrayOf(std::string_view expansion) const {
        for (const std::string_view end : {"[@]}", "[*]}"}) {
            if (!expansion.starts_with("${") || !expansion.ends_with(end)) continue;
            const auto found = variables_.find(
                std::string(expansion.substr(2, expansion.size() - 2 - end.size())));
            if (found != variables_.end()) return &found->second;
        }
        return nullptr;
    }

    void addArray(Field& field, std::vector<ShellWord>& fields, const ShellValue& array) {
        const std::vector<std::string> items = array.items;
        for (std::size_t i = 0; i < items.size() && fields.size() < mostWords; ++i) {
            if (i > 0) {
                fields.push_back(field.word);
                field.word = {.text = {}, .at = field.word.at};
            }
            field.add(items[i]);
            field.word.unresolved = items[i].find('$') != std::string::npos && array.unresolved;
        }
        if (items.empty()) field.isWord = !field.word.text.empty();
    }

    // The bytes of the expansion that the text begins with; at least 1.
    static std::size_t expansionLength(std::string_view text) {
        if (text[0] == '`') {
            const std::size_t end = text.find('`', 1);
            return end == std::string_view::npos ? text.size() : end + 1;
        }
        if (text.size() < 2) return 1;
        if (text[1] == '{' || text[1] == '(') {
            const char open = text[1];
            const char close = open == '{' ? '}' : ')';
            int depth = 0;
            for (std::size_t i = 1; i < text.size(); ++i) {
                if (text[i] == open) ++depth;
                if (text[i] == close && --depth == 0) return i + 1;
            }
            return text.size();
        }
        const std::size_t name = nameLength(text.substr(1));
        return name > 0 ? name + 1 : 2;
    }

    // Of a '$': what is no name, number or bracket after it leaves it a plain character.
    static bool beginsExpansion(char next) {
        return isNamePart(next) || next == '{' || next == '(' || next == '@' || next == '*' ||
               next == '#' || next == '?' || next == '!' || next == '-' || next == '$';
    }

    struct Expanded {
        std::string text;
        bool unresolved = false;
    };

    static Expanded unresolved(std::string_view expansion) {
        return {std::string(expansion.substr(0, 60)), true};
    }

    Expanded valueOf(std::string_view expansion, int depth) {
        if (depth > deepestExpansion) return unresolved(expansion);
        if (expansion.starts_with("$((")) {
            if (!expansion.ends_with("))")) return unresolved(expansion);
            std::string inner =
                expanded(namesMarked(expansion.substr(3, expansion.size() - 5)), depth + 1).text;
            const std::optional<std::int64_t> number = shellArithmetic(inner);
            return number ? Expanded{std::to_string(*number)} : unresolved(expansion);
        }
        if (expansion.starts_with("$(") || expansion.starts_with('`')) return unresolved(expansion);
        std::string_view inner = expansion.substr(1);
        if (inner.starts_with('{') && inner.ends_with('}'))
            inner = inner.substr(1, inner.size() - 2);
        return variableOf(inner, expansion, depth);
    }

    // Names without '$' in an arithmetic expression are variables, too.
    std::string namesMarked(std::string_view expression) const {
        std::string marked;
        for (std::size_t i = 0; i < expression.size();) {
            const std::size_t length = nameLength(expression.substr(i));
            const bool bare =
                length > 0 && (i == 0 || (expression[i - 1] != '$' && expression[i - 1] != '{'));
            if (bare) marked += "$";
            marked += expression.substr(i, std::max<std::size_t>(length, 1));
            i += std::max<std::size_t>(length, 1);
        }
        return marked;
    }

    // NAME, NAME:-default, NAME-default, NAME:=default
    Expanded variableOf(std::string_view inner, std::string_view expansion, int depth) {
        std::size_t length = nameLength(inner);
        if (length == 0 && !inner.empty() &&
            std::isdigit(static_cast<unsigned char>(inner[0])) != 0)
            length = 1;
        if (length == 0) return unresolved(expansion);
        const std::string name(inner.substr(0, length));
        std::string_view rest = inner.substr(length);
        const auto found = variables_.find(name);
        const bool known = found != variables_.end() && !found->second.items.empty();
        if (rest.empty() && known) {
            noteBranch(name, found->second);
            return {found->second.items.front(), found->second.unresolved};
        }
        if (rest.starts_with(':')) rest.remove_prefix(1);
        const bool defaults = rest.starts_with('-') || rest.starts_with('=');
        if (!defaults) return unresolved(expansion);
        if (known && !found->second.items.front().empty())
            return {found->second.items.front(), found->second.unresolved};
        return expanded(rest.substr(1), depth + 1);
    }

    void noteBranch(const std::string& name, const ShellValue& value) {
        if (!value.inBranch || !noted_.insert(name).second) return;
        reading_.notes.push_back({source_.positionOf(at_ == 0 ? 0 : at_ - 1),
                                  "a condition decides $" + name +
                                      "; the value that is set last, " +
                                      shown(value.items.front()) + ", is read"});
    }

    // The text with each expansion replaced, as in double quotes.
    Expanded expanded(std::string_view text, int depth) {
        Expanded result;
        for (std::size_t i = 0; i < text.size() && result.text.size() <= longestWord;) {
            if (text.substr(i).starts_with("\\\n")) {
                i += 2;
            } else if (text[i] == '\\' && i + 1 < text.size()) {
                const bool escapes =
                    text[i + 1] == '$' || text[i + 1] == '`' || text[i + 1] == '\\';
                result.text += text.substr(escapes ? i + 1 : i, escapes ? 1 : 2);
                i += 2;
            } else if (text[i] == '$' && i + 1 < text.size() && beginsExpansion(text[i + 1])) {
                const std::size_t length = expansionLength(text.substr(i));
                const Expanded part = valueOf(text.substr(i, length), depth + 1);
                result.text += part.text;
                result.unresolved = result.unresolved || part.unresolved;
                i += length;
            } else {
                if (text[i] != '"' || depth == 0) result.text += text[i];
                ++i;
            }
        }
        if (result.text.size() > longestWord) return {"", true};
        return result;
    }

    void assign(const std::string& name, const ShellWord& word) {
        variables_[name] = {
            .items = {word.text}, .unresolved = word.unresolved, .inBranch = branches_ > 0};
    }

    void endCommand() {
        for (Pending& document : pending_) {
            const std::vector<ShellWord>& command = command_.words;
            if (command.size() > 1 && command[0].text == "read")
                document.variable = command.back().text;
            if (document.file.empty())
                document.file = !written_.empty() ? written_
                                : command_.words.size() > 1 && command_.words[0].text == "tee"
                                    ? command_.words.back().text
                                    : "";
        }
        written_.clear();
        std::vector<ShellWord>& words = command_.words;
        if (words.empty()) {
            for (const auto& [name, word] : command_.environment) {
                assign(name, word);
                for (auto& [exportedName, value] : reading_.exported)
                    if (exportedName == name) value = word;
            }
        } else if (words[0].text == "for" && words.size() > 3) {
            takeFirst();
        } else if (words[0].text == "export" || words[0].text == "declare" ||
                   words[0].text == "local" || words[0].text == "readonly") {
            takeExported(words[0].text == "export");
        } else {
            reading_.commands.push_back(std::move(command_));
        }
        command_ = {};
    }

    // for NAME in A B C
    void takeFirst() {
        const std::vector<ShellWord>& words = command_.words;
        if (words[2].text != "in") return;
        assign(words[1].text, words[3]);
        if (words.size() > 4)
            reading_.notes.push_back(
                {words[1].at, "a loop tries several values of $" + words[1].text + "; the first, " +
                                  shown(words[3].text) + ", is read; a matrix can try all"});
    }

    void takeExported(bool exported) {
        for (std::size_t i = 1; i < command_.words.size(); ++i) {
            const ShellWord& word = command_.words[i];
            const std::size_t length = nameLength(word.text);
            if (length == 0) continue;
            const std::string name = word.text.substr(0, length);
            ShellWord value{.text = {}, .at = word.at, .unresolved = word.unresolved};
            if (word.text.size() > length && word.text[length] == '=') {
                value.text = word.text.substr(length + 1);
                assign(name, value);
            } else if (const auto known = variables_.find(name);
                       known != variables_.end() && known->second.items.size() == 1) {
                value.text = known->second.items.front();
                value.unresolved = known->second.unresolved;
            } else {
                continue;
            }
            if (!exported) continue;
            const auto before = std::ranges::find(reading_.exported, name,
                                                  &std::pair<std::string, ShellWord>::first);
            if (before != reading_.exported.end())
                before->second = value;
            else
                reading_.exported.emplace_back(name, value);
        }
    }

    struct Pending {
        std::string end;
        bool tabs = false;
        bool literal = false;
        std::string file{};      // that the text is written to
        std::string variable{};  // or that takes it
    };

    SourceText source_;
    std::string_view text_;  // of source_
    std::size_t at_ = 0;
    std::size_t words_ = 0;
    int branches_ = 0;
    bool joinFields_ = false;
    std::string written_;  // the file that the command writes
    ShellCommand command_;
    std::vector<Pending> pending_;
    std::map<std::string, ShellValue> variables_;
    std::set<std::string> noted_;
    ShellReading reading_;
};

}  // namespace

ShellReading readShell(std::string_view text) { return ShellReader(text).read(); }

}  // namespace ringscope
