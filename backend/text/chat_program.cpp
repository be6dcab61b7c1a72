#include "backend/text/chat_program.h"

#include "backend/core/text.h"

#include <algorithm>

namespace ringscope {
namespace {

enum class ProgramPartKind { Outside, Expression, Statement };

struct ProgramPart {
    ProgramPartKind kind = ProgramPartKind::Outside;
    std::string_view text{};  // without the braces
};

// Where the part that `opening` begins ends; quotes may hold braces.
std::size_t endOfPart(std::string_view program, std::size_t at, std::string_view closing) {
    char quote = 0;
    for (; at < program.size(); ++at) {
        const char c = program[at];
        if (quote != 0) {
            if (c == '\\')
                ++at;
            else if (c == quote)
                quote = 0;
        } else if (c == '\'' || c == '"') {
            quote = c;
        } else if (program.substr(at).starts_with(closing)) {
            return at;
        }
    }
    return program.size();
}

std::string_view withoutTrimMarks(std::string_view text) {
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    if (text.ends_with('-') || text.ends_with('+')) text.remove_suffix(1);
    return trim(text);
}

std::vector<ProgramPart> partsOf(std::string_view program) {
    std::vector<ProgramPart> parts;
    while (!program.empty()) {
        const std::size_t brace =
            std::min({program.find("{{"), program.find("{%"), program.find("{#"), program.size()});
        if (brace > 0) parts.push_back({ProgramPartKind::Outside, program.substr(0, brace)});
        if (brace == program.size()) break;
        const char form = program[brace + 1];
        const std::string_view closing = form == '{' ? "}}" : form == '%' ? "%}" : "#}";
        const std::size_t end = form == '#' ? std::min(program.find(closing, brace), program.size())
                                            : endOfPart(program, brace + 2, closing);
        const std::string_view inside = program.substr(brace + 2, end - brace - 2);
        if (form != '#')
            parts.push_back({form == '{' ? ProgramPartKind::Expression : ProgramPartKind::Statement,
                             withoutTrimMarks(inside)});
        program.remove_prefix(std::min(program.size(), end + closing.size()));
    }
    return parts;
}

char unescaped(char c) {
    if (c == 'n') return '\n';
    if (c == 't') return '\t';
    return c;
}

void addQuoted(std::string_view code, std::vector<std::string>& texts) {
    for (std::size_t at = 0; at < code.size(); ++at) {
        const char quote = code[at];
        if (quote != '\'' && quote != '"') continue;
        std::string text;
        for (++at; at < code.size() && code[at] != quote; ++at)
            text += code[at] == '\\' && at + 1 < code.size() ? unescaped(code[++at]) : code[at];
        texts.push_back(std::move(text));
    }
}

bool startsWithWord(std::string_view code, std::string_view word) {
    return code.starts_with(word) &&
           (code.size() == word.size() || code[word.size()] == ' ' || code[word.size()] == '(');
}

// Whether the statement opens a branch that only tools, or their messages, take.
bool needsTools(std::string_view condition) {
    const std::string squeezed = squeezedProgram(condition);
    const auto begins = [&](std::string_view with) { return squeezed.starts_with(with); };
    return begins("tools") || begins("message.tool_calls") || begins("message['tool_calls']") ||
           begins("message.role=='tool") || begins("message['role']=='tool") ||
           begins("'tool_calls'in") || begins("custom_tools") || begins("builtin_tools") ||
           begins("ns.is_tool") || squeezed.find("['content']isnone") != std::string::npos;
}

bool loopsOverTools(std::string_view loop) {
    return loop.find("tool_calls") != std::string_view::npos ||
           squeezedProgram(loop).ends_with("intools");
}

// Follows if … elif … else … endif and for … endfor, and leaves out what needs tools.
class ToolBranches {
public:
    // Whether the parts from here on are read.
    bool takes(const ProgramPart& part) {
        if (part.kind != ProgramPartKind::Statement) return open();
        if (startsWithWord(part.text, "if")) {
            branches_.push_back(needsTools(trim(part.text.substr(2))));
        } else if (startsWithWord(part.text, "for")) {
            branches_.push_back(loopsOverTools(part.text));
        } else if (startsWithWord(part.text, "elif") && !branches_.empty()) {
            branches_.back() = needsTools(trim(part.text.substr(4)));
        } else if (startsWithWord(part.text, "else") && !branches_.empty()) {
            branches_.back() = false;
        } else if ((startsWithWord(part.text, "endif") || startsWithWord(part.text, "endfor")) &&
                   !branches_.empty()) {
            branches_.pop_back();
        }
        return open();
    }

private:
    bool open() const { return std::ranges::find(branches_, true) == branches_.end(); }

    std::vector<bool> branches_{};  // of each open `if` or `for`, whether it is left out
};

}  // namespace

std::vector<std::string> chatProgramTexts(std::string_view program) {
    std::vector<std::string> texts;
    ToolBranches branches;
    for (const ProgramPart& part : partsOf(program)) {
        if (!branches.takes(part)) continue;
        if (part.kind == ProgramPartKind::Outside)
            texts.emplace_back(part.text);
        else if (part.text.find("raise_exception") == std::string_view::npos)
            addQuoted(part.text, texts);
    }
    return texts;
}

std::string squeezedProgram(std::string_view program) {
    std::string squeezed;
    char quote = 0;
    for (std::size_t at = 0; at < program.size(); ++at) {
        const char c = program[at];
        if (quote == 0 && (c == ' ' || c == '\n' || c == '\t' || c == '\r')) continue;
        if (quote == 0 && (c == '\'' || c == '"'))
            quote = c;
        else if (c == quote)
            quote = 0;
        const bool escaped = c == '\\' && quote != 0 && at + 1 < program.size();
        const char meant = escaped ? unescaped(program[++at]) : c;
        squeezed += meant == '"' ? '\'' : meant;
        if (squeezed.ends_with("{%-") || squeezed.ends_with("{{-")) squeezed.pop_back();
        if (squeezed.ends_with("-%}") || squeezed.ends_with("-}}"))
            squeezed.erase(squeezed.size() - 3, 1);
    }
    constexpr std::string_view between = "}}{{";
    for (std::size_t at = squeezed.find(between); at != std::string::npos;
         at = squeezed.find(between))
        squeezed.replace(at, between.size(), "+");
    return squeezed;
}

}  // namespace ringscope
