// How a conversation becomes one text, and which part of it is answers.
//
//   chatml    <|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello<|im_end|>\n
//                                                                  ^^^^^^^^^^^^^^^ learned
//
// A tokenizer's folder has a template as a program (Jinja) in tokenizer_config.json or
// chat_template.jinja. It is not run: the formats of chat_template.cpp are recognised by the texts
// in it, and one that writes anything else is refused, because training would see other tokens than
// the model was made for.
#pragma once

#include "backend/config/choices.h"
#include "backend/core/result.h"
#include "backend/text/json_record.h"
#include "backend/text/utf8.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

// What stands around the messages of a role.
struct TurnShape {
    std::string open{};
    std::string close{};
    bool trims = false;  // spaces around the content are removed
    bool operator==(const TurnShape&) const = default;
};

enum class SystemPlace : std::uint8_t { OwnTurn, FirstQuestion, Nowhere };

// A format as data. In `open` and `close`, and before and behind all, {bos} and {eos} stand for the
// tokenizer's tokens.
struct ChatShape {
    TurnShape system{};  // in the first question: around the text there
    TurnShape user{};
    TurnShape assistant{};  // the content and `close` are learned
    std::string before{};
    std::string behind{};
    SystemPlace systemPlace = SystemPlace::OwnTurn;
    bool alternates = false;    // questions and answers must take turns
    bool alwaysSystem = false;  // a conversation without a system message gets defaultSystem
    std::string defaultSystem{};
    bool operator==(const ChatShape&) const = default;
};

// The tokens as text. Nothing: the tokenizer has none.
struct ChatTokens {
    std::optional<std::string> beginning{};
    std::optional<std::string> end{};
};

struct RenderedChat {
    std::string text{};
    std::vector<TextRange> answers{};  // bytes that are learned
};

class ChatTemplate {
public:
    // The format by its name, with the usual texts.
    static ChatTemplate named(ChatFormat format);

    // Recognises the program; fails with the list of formats where it is none of them.
    static Result<ChatTemplate> recognised(std::string_view program);

    ChatFormat format() const { return format_; }
    const ChatShape& shape() const { return shape_; }

    // Of what decides the text; the same for the same template.
    std::string identity() const;

    // Fails where the format has no place for what the conversation holds.
    Result<RenderedChat> render(const Conversation& conversation, const ChatTokens& tokens) const;

private:
    ChatTemplate(ChatFormat format, ChatShape shape) : format_(format), shape_(std::move(shape)) {}

    ChatFormat format_;
    ChatShape shape_;
};

// The program beside the tokenizer of that name: chat_template.jinja, or what tokenizer_config.json
// has under chat_template. Nothing where there is none.
Result<std::optional<std::string>> chatProgramOf(const std::string& tokenizer);

}  // namespace ringscope
