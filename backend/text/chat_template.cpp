#include "backend/text/chat_template.h"

#include "backend/core/files.h"
#include "backend/core/sha256.h"
#include "backend/core/text.h"
#include "backend/text/chat_program.h"
#include "backend/text/json_part.h"
#include "backend/text/tokenizer_config.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

namespace ringscope {
namespace {

// A row of the table: how a format looks, and how its programs are known.
struct ChatRow {
    ChatFormat format = ChatFormat::ChatMl;
    std::vector<std::string_view> marks;   // each stands in every program of the format
    std::vector<std::string_view> pieces;  // what else a program of the format may write
    ChatShape shape;
    // Adapts the shape to what the program says; a sentence where it says something else.
    std::optional<std::string> (*settle)(std::string_view squeezed,
                                         const std::vector<std::string>& texts,
                                         ChatShape& shape) = nullptr;
};

using Texts = std::vector<std::string>;

bool saysAnywhere(const Texts& texts, std::string_view wanted) {
    return std::ranges::any_of(
        texts, [&](const std::string& text) { return text.find(wanted) != std::string::npos; });
}

bool has(std::string_view text, std::string_view wanted) {
    return text.find(wanted) != std::string_view::npos;
}

void settleTrims(std::string_view squeezed, ChatShape& shape) {
    const bool trims = has(squeezed, "|trim") || has(squeezed, ".strip()");
    for (TurnShape* turn : {&shape.system, &shape.user, &shape.assistant}) turn->trims = trims;
}

std::optional<std::string> settleTurns(std::string_view squeezed, const Texts& /*texts*/,
                                       ChatShape& shape) {
    settleTrims(squeezed, shape);
    shape.before = has(squeezed, "bos_token") ? "{bos}" : "";
    return std::nullopt;
}

// Some programs say something where a conversation has no system message.
std::optional<std::string> settleChatMl(std::string_view squeezed, const Texts& texts,
                                        ChatShape& shape) {
    static_cast<void>(settleTurns(squeezed, texts, shape));
    for (const std::string& text : texts) {
        const std::size_t begin = text.find(shape.system.open);
        if (begin == std::string::npos) continue;
        const std::size_t said = begin + shape.system.open.size();
        const std::size_t end = text.find("<|im_end|>", said);
        if (end == std::string::npos || end == said) continue;
        const std::string system = text.substr(said, end - said);
        if (shape.alwaysSystem && shape.defaultSystem != system)
            return "two system messages of its own";
        shape.alwaysSystem = true;
        shape.defaultSystem = system;
    }
    return std::nullopt;
}

// Llama 3.1 writes a fixed date; later ones write today's, which `pieces` does not have.
std::optional<std::string> settleLlama3(std::string_view squeezed, const Texts& texts,
                                        ChatShape& shape) {
    static_cast<void>(settleTurns(squeezed, texts, shape));
    if (!saysAnywhere(texts, "Cutting Knowledge Date: ")) return std::nullopt;
    shape.system.open += "Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n";
    shape.alwaysSystem = true;
    return std::nullopt;
}

std::optional<std::string> settlePhi3(std::string_view squeezed, const Texts& texts,
                                      ChatShape& shape) {
    static_cast<void>(settleTurns(squeezed, texts, shape));
    shape.behind = has(squeezed, "{%else%}{{eos_token}}") ? "{eos}" : "";
    // The first program of the family leaves a system message out without a word.
    if (!saysAnywhere(texts, "<|system|>")) shape.systemPlace = SystemPlace::Nowhere;
    if (has(squeezed,
            "'<|end|>'+'\n'+'<|assistant|>'")) {  // it opens the answer with the question
        shape.user.close += shape.assistant.open;
        shape.assistant.open.clear();
    }
    return std::nullopt;
}

// The one text that holds `wanted`; nothing where there are several ways to write it.
std::optional<std::string> onlyTextWith(const Texts& texts, std::string_view wanted) {
    std::optional<std::string> found;
    for (const std::string& text : texts) {
        if (!has(text, wanted)) continue;
        if (found && *found != text) return std::nullopt;
        found = text;
    }
    return found;
}

// Versions differ in their spaces.
std::optional<std::string> settleMistral(std::string_view squeezed, const Texts& texts,
                                         ChatShape& shape) {
    const std::optional<std::string> open = onlyTextWith(texts, "[INST]");
    const std::optional<std::string> close = onlyTextWith(texts, "[/INST]");
    if (!open || !close) return "[INST] in several ways";
    shape.user = {*open, *close};
    const bool spaced =
        has(squeezed, "' '+message['content']") || has(squeezed, "' '+message.content");
    shape.assistant.open = spaced ? " " : "";
    shape.assistant.close = has(squeezed, "eos_token+' '") ? "{eos} " : "{eos}";
    shape.assistant.trims = has(squeezed, "|trim+eos_token");
    return std::nullopt;
}

std::optional<std::string> settleAlpaca(std::string_view squeezed, const Texts& texts,
                                        ChatShape& shape) {
    static_cast<void>(settleTurns(squeezed, texts, shape));
    const std::optional<std::string> question = onlyTextWith(texts, "### Instruction:");
    if (!question) return "### Instruction: in several ways";
    shape.user.open = *question;
    Texts answers = texts;
    std::erase_if(answers, [](const std::string& text) { return !has(text, "### Response:"); });
    shape.assistant.open = answers.front();
    const bool ends = has(squeezed, "eos_token");
    shape.assistant.close = ends ? "{eos}" : "";
    if (has(squeezed, ends ? "eos_token+'\n\n'" : "message['content']+'\n\n'"))
        shape.assistant.close += "\n\n";
    return std::nullopt;
}

// DeepSeek-V2 writes words where later ones have tokens.
std::optional<std::string> settleDeepSeek(std::string_view squeezed, const Texts& texts,
                                          ChatShape& shape) {
    static_cast<void>(settleTurns(squeezed, texts, shape));
    if (saysAnywhere(texts, "<｜User｜>")) return std::nullopt;
    if (!has(squeezed, "eos_token")) return "answers without an end";
    shape.system.close = "\n\n";
    shape.user = {"User: ", "\n\n", shape.user.trims};
    shape.assistant = {"Assistant: ", "{eos}", shape.assistant.trims};
    return std::nullopt;
}

const std::vector<ChatRow>& chatTable() {
    static const std::vector<ChatRow> table = {
        {.format = ChatFormat::ChatMl,
         .marks = {"<|im_start|>", "<|im_end|>"},
         .pieces = {},
         .shape = {.system = {"<|im_start|>system\n", "<|im_end|>\n"},
                   .user = {"<|im_start|>user\n", "<|im_end|>\n"},
                   .assistant = {"<|im_start|>assistant\n", "<|im_end|>\n"}},
         .settle = settleChatMl},
        {.format = ChatFormat::Llama3,
         .marks = {"<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"},
         .pieces = {"<|begin_of_text|>", "Cutting Knowledge Date: December 2023",
                    "Today Date: ", "26 Jul 2024", "ipython", "tool_calls"},
         .shape = {.system = {"<|start_header_id|>system<|end_header_id|>\n\n", "<|eot_id|>", true},
                   .user = {"<|start_header_id|>user<|end_header_id|>\n\n", "<|eot_id|>", true},
                   .assistant = {"<|start_header_id|>assistant<|end_header_id|>\n\n", "<|eot_id|>",
                                 true},
                   .before = "{bos}"},
         .settle = settleLlama3},
        {.format = ChatFormat::Llama2,
         .marks = {"[INST]", "<<SYS>>"},
         .pieces = {"[/INST]", "<</SYS>>"},
         .shape = {.system = {"<<SYS>>\n", "\n<</SYS>>\n\n"},
                   .user = {"{bos}[INST] ", " [/INST]", true},
                   .assistant = {" ", " {eos}", true},
                   .systemPlace = SystemPlace::FirstQuestion,
                   .alternates = true},
         .settle = nullptr},
        {.format = ChatFormat::Mistral,
         .marks = {"[INST]", "[/INST]"},
         .pieces = {},
         .shape = {.user = {"[INST] ", " [/INST]"},
                   .assistant = {"", "{eos}"},
                   .before = "{bos}",
                   .systemPlace = SystemPlace::Nowhere,
                   .alternates = true},
         .settle = settleMistral},
        {.format = ChatFormat::Gemma,
         .marks = {"<start_of_turn>", "<end_of_turn>"},
         .pieces = {"<start_of_image>"},
         .shape = {.user = {"<start_of_turn>user\n", "<end_of_turn>\n", true},
                   .assistant = {"<start_of_turn>model\n", "<end_of_turn>\n", true},
                   .before = "{bos}",
                   .systemPlace = SystemPlace::Nowhere,
                   .alternates = true},
         .settle = settleTurns},
        {.format = ChatFormat::Phi3,
         .marks = {"<|user|>", "<|assistant|>", "<|end|>"},
         .pieces = {"<|system|>"},
         .shape = {.system = {"<|system|>\n", "<|end|>\n"},
                   .user = {"<|user|>\n", "<|end|>\n"},
                   .assistant = {"<|assistant|>\n", "<|end|>\n"},
                   .behind = "{eos}"},
         .settle = settlePhi3},
        {.format = ChatFormat::DeepSeek,
         .marks = {"<｜User｜>", "<｜Assistant｜>"},
         .pieces = {"<｜end▁of▁sentence｜>", "<｜begin▁of▁sentence｜>"},
         .shape = {.user = {"<｜User｜>", ""},
                   .assistant = {"<｜Assistant｜>", "<｜end▁of▁sentence｜>"},
                   .before = "{bos}"},
         .settle = settleDeepSeek},
        {.format = ChatFormat::DeepSeek,
         .marks = {"User: ", "Assistant:"},
         .pieces = {},
         .shape = {.before = "{bos}"},
         .settle = settleDeepSeek},
        {.format = ChatFormat::Alpaca,
         .marks = {"### Instruction:", "### Response:"},
         .pieces = {},
         .shape = {.system = {"", "\n\n"},
                   .user = {"### Instruction:\n", "\n\n"},
                   .assistant = {"### Response:\n", "{eos}"},
                   .before = "{bos}"},
         .settle = settleAlpaca},
    };
    return table;
}

// Words of any program: roles, keys and kinds of content.
constexpr std::array<std::string_view, 12> programWords = {
    "assistant", "system", "user", "role", "content", "messages",
    "message",   "model",  "type", "text", "image",   "tool"};

void erasePiece(std::string& text, std::string_view piece) {
    for (std::size_t at = text.find(piece); at != std::string::npos; at = text.find(piece, at))
        text.erase(at, piece.size());
}

// What the program writes that the format does not: the first such text; empty where there is none.
std::string foreignText(const Texts& texts, const ChatRow& row, const ChatShape& shape) {
    for (const std::string& text : texts) {
        std::string rest = text;
        if (!shape.defaultSystem.empty()) erasePiece(rest, shape.defaultSystem);
        for (const std::string_view piece : row.marks) erasePiece(rest, piece);
        for (const std::string_view piece : row.pieces) erasePiece(rest, piece);
        for (const std::string_view word : programWords) erasePiece(rest, word);
        if (const std::string_view left = trim(rest); !left.empty()) return std::string(left);
    }
    return {};
}

std::string formatNames() {
    std::vector<std::string> names = choiceNames<ChatFormat>();
    std::erase(names, std::string(nameOf(ChatFormat::Auto)));
    return join(names, ", ");
}

std::string shortened(std::string text) {
    constexpr std::size_t longest = 40;
    std::ranges::replace(text, '\n', ' ');
    if (countCharacters(text) <= longest) return text;
    std::string begin;
    std::size_t kept = 0;
    forEachCharacter(text, [&](char32_t, TextRange range) {
        if (kept++ < longest) begin += slice(text, range);
    });
    return begin + "…";
}

Error unknownTemplate(const std::string& why) {
    return {ErrorCode::InvalidConfig,
            fmt::format("the chat template of the tokenizer {}; known are {}: name one of them in "
                        "data.chat_template if it is the model's",
                        why, formatNames())};
}

std::string filledIn(std::string text, const ChatTokens& tokens) {
    const auto replace = [&](std::string_view name, const std::optional<std::string>& token) {
        for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name))
            text.replace(at, name.size(), token.value_or(""));
    };
    replace("{bos}", tokens.beginning);
    replace("{eos}", tokens.end);
    return text;
}

std::string contentOf(const TurnShape& turn, const std::string& content) {
    return turn.trims ? std::string(trim(content)) : content;
}

}  // namespace

ChatTemplate ChatTemplate::named(ChatFormat format) {
    const auto row = std::ranges::find(chatTable(), format, &ChatRow::format);
    return {format, row->shape};
}

Result<ChatTemplate> ChatTemplate::recognised(std::string_view program) {
    const Texts texts = chatProgramTexts(program);
    const std::string squeezed = squeezedProgram(program);
    std::string why = "is none of the known formats";
    for (const ChatRow& row : chatTable()) {
        const bool marked = std::ranges::all_of(
            row.marks, [&](std::string_view mark) { return saysAnywhere(texts, mark); });
        if (!marked) continue;
        ChatShape shape = row.shape;
        std::optional<std::string> problem;
        if (row.settle != nullptr) problem = row.settle(squeezed, texts, shape);
        if (!problem) {
            const std::string foreign = foreignText(texts, row, shape);
            if (foreign.empty()) return ChatTemplate(row.format, std::move(shape));
            problem = "'" + shortened(foreign) + "', which that format does not";
        }
        why = fmt::format("looks like {} and writes {}", nameOf(row.format), *problem);
        break;
    }
    return unknownTemplate(why);
}

std::string ChatTemplate::identity() const {
    std::string all = std::string(nameOf(format_));
    for (const TurnShape* turn : {&shape_.system, &shape_.user, &shape_.assistant})
        all += "\n" + turn->open + "\n" + turn->close + (turn->trims ? "\n1" : "\n0");
    all += "\n" + shape_.before + "\n" + shape_.behind + "\n" + shape_.defaultSystem;
    all += std::to_string(static_cast<int>(shape_.systemPlace)) + (shape_.alwaysSystem ? "1" : "0");
    return sha256(all);
}

namespace {

// Writes the turns of one conversation.
class ChatWriter {
public:
    ChatWriter(const ChatShape& shape, const ChatTokens& tokens) : shape_(shape), tokens_(tokens) {}

    RenderedChat write(std::span<const ChatMessage> messages) {
        say(shape_.before);
        std::optional<std::string> system;
        if (!messages.empty() && messages.front().role == ChatRole::System) {
            system = messages.front().content;
            messages = messages.subspan(1);
        } else if (shape_.alwaysSystem) {
            system = shape_.defaultSystem;
        }
        if (system && shape_.systemPlace == SystemPlace::OwnTurn) turn(shape_.system, *system);
        for (const ChatMessage& message : messages) {
            if (message.role == ChatRole::Assistant) {
                answer(message.content);
            } else if (message.role == ChatRole::System) {
                turn(shape_.system, message.content);
            } else if (system && shape_.systemPlace == SystemPlace::FirstQuestion) {
                const std::string around = shape_.system.open + *system + shape_.system.close;
                turn(shape_.user, around + message.content);
                system.reset();
            } else {
                turn(shape_.user, message.content);
            }
        }
        say(shape_.behind);
        return std::move(chat_);
    }

private:
    void say(const std::string& text) { chat_.text += filledIn(text, tokens_); }

    void turn(const TurnShape& shape, const std::string& content) {
        say(shape.open);
        chat_.text += contentOf(shape, content);
        say(shape.close);
    }

    // The line break behind the token that ends an answer is not the model's to say.
    void answer(const std::string& content) {
        say(shape_.assistant.open);
        const std::size_t begin = chat_.text.size();
        chat_.text += contentOf(shape_.assistant, content);
        std::string close = filledIn(shape_.assistant.close, tokens_);
        const std::size_t kept = close.find_last_not_of(" \n") + 1;
        chat_.answers.push_back({begin, chat_.text.size() + kept});
        chat_.text += close;
    }

    const ChatShape& shape_;
    const ChatTokens& tokens_;
    RenderedChat chat_{};
};

Result<void> checkTurns(const ChatShape& shape, std::string_view name,
                        std::span<const ChatMessage> messages) {
    const auto refuse = [&](std::string_view sentence) {
        return Error{ErrorCode::InvalidConfig, fmt::format("{} {}", name, sentence)};
    };
    if (!messages.empty() && messages.front().role == ChatRole::System) {
        if (shape.systemPlace == SystemPlace::Nowhere)
            return refuse("has no place for a system message; put it into the first question");
        messages = messages.subspan(1);
    }
    const bool later = std::ranges::any_of(
        messages, [](const ChatMessage& message) { return message.role == ChatRole::System; });
    if (later && (shape.alternates || shape.alwaysSystem))
        return refuse("takes a system message only at the beginning of a conversation");
    if (!shape.alternates) return {};
    for (std::size_t i = 0; i < messages.size(); ++i)
        if ((messages[i].role == ChatRole::User) != (i % 2 == 0))
            return refuse("needs questions and answers in turns, a question first");
    return {};
}

}  // namespace

Result<RenderedChat> ChatTemplate::render(const Conversation& conversation,
                                          const ChatTokens& tokens) const {
    RINGSCOPE_CHECK(checkTurns(shape_, nameOf(format_), conversation));
    const bool ends = has(shape_.assistant.close, "{eos}") || has(shape_.behind, "{eos}");
    if (ends && !tokens.end)
        return Error{ErrorCode::InvalidConfig,
                     fmt::format("{} ends answers with the tokenizer's end token (eos_token), and "
                                 "this tokenizer has none",
                                 nameOf(format_))};
    return ChatWriter(shape_, tokens).write(conversation);
}

Result<std::optional<std::string>> chatProgramOf(const std::string& tokenizer) {
    namespace fs = std::filesystem;
    std::error_code failed;
    const fs::path name = tokenizer;
    const fs::path folder = fs::is_directory(name, failed) ? name : name.parent_path();
    if (const fs::path program = folder / "chat_template.jinja"; fs::exists(program, failed)) {
        RINGSCOPE_TRY(std::string text, readTextFile(program));
        return std::optional(std::move(text));
    }
    const fs::path path = folder / tokenizerConfigName;
    if (!fs::exists(path, failed)) return std::optional<std::string>();
    RINGSCOPE_TRY(const std::string text, readTextFile(path));
    Result<nlohmann::json> config = parseJson(text);
    if (!config.ok()) return std::move(config).error().in("'" + path.string() + "'");
    const auto found = config->is_object() ? config->find("chat_template") : config->end();
    if (found == config->end() || found->is_null()) return std::optional<std::string>();
    if (found->is_string()) return std::optional(found->get<std::string>());
    // Several, each with its name: the one that is called default is used where none is named.
    if (found->is_array())
        for (const nlohmann::json& one : *found)
            if (one.is_object() && one.value("name", nlohmann::json()) == "default" &&
                one.contains("template") && one["template"].is_string())
                return std::optional(one["template"].get<std::string>());
    return Error{ErrorCode::InvalidConfig,
                 "'" + path.string() +
                     "': chat_template is neither a text nor a list with one named default"};
}

}  // namespace ringscope
