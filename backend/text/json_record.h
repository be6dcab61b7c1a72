// A line of a JSON lines file: one document.
//
//   {"text": "Two mills stand by the river."}
//   {"prompt": "2 + 2 =", "completion": " 4"}
//   {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}
#pragma once

#include "backend/core/result.h"

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ringscope {

enum class ChatRole : std::uint8_t { System, User, Assistant };

struct ChatMessage {
    ChatRole role = ChatRole::User;
    std::string content{};
};
using Conversation = std::vector<ChatMessage>;

struct PromptedText {
    std::string prompt{};
    std::string completion{};
};

using JsonRecord = std::variant<std::string, PromptedText, Conversation>;

// Fails with "12:5: <sentence>" where the line is no such object: broken JSON, two kinds of content
// or none, an empty text. Keys that are not read are added to `unread`.
Result<JsonRecord> readJsonRecord(std::string_view line, std::int64_t number,
                                  std::set<std::string>& unread);

}  // namespace ringscope
