#include "backend/text/json_record.h"

#include "backend/model/json_cursor.h"

#include <fmt/format.h>
#include <optional>
#include <utility>

namespace ringscope {
namespace {

constexpr std::string_view contentKeys =
    "a line has 'text', or 'prompt' and 'completion', or 'messages'";

std::optional<ChatRole> roleNamed(std::string_view name) {
    if (name == "system") return ChatRole::System;
    if (name == "user") return ChatRole::User;
    if (name == "assistant") return ChatRole::Assistant;
    return std::nullopt;
}

class RecordReader {
public:
    RecordReader(std::string_view line, std::int64_t number, std::set<std::string>& unread)
        : json_(line, JsonPlaces::Lines, number), number_(number), unread_(unread) {}

    Result<JsonRecord> read() {
        RINGSCOPE_CHECK(json_.object([&](const std::string& key) { return member(key); }));
        RINGSCOPE_CHECK(json_.end());
        if (text_.has_value() + messages_.has_value() + (prompt_ || completion_) != 1)
            return wrong(text_ || messages_ || prompt_ || completion_
                             ? fmt::format("two kinds of content; {}", contentKeys)
                             : fmt::format("no content; {}", contentKeys));
        if (text_) return JsonRecord(*std::move(text_));
        if (messages_) return JsonRecord(*std::move(messages_));
        if (!prompt_ || !completion_)
            return wrong(prompt_ ? "'prompt' without 'completion'; write both"
                                 : "'completion' without 'prompt'; write both");
        return JsonRecord(PromptedText{*std::move(prompt_), *std::move(completion_)});
    }

private:
    Error wrong(std::string_view sentence) const {
        return {ErrorCode::Corrupt, fmt::format("{}:1: {}", number_, sentence)};
    }

    Result<void> member(const std::string& key) {
        if (key == "text") return filled(text_, "the document");
        if (key == "prompt") return anyText(prompt_);
        if (key == "completion") return filled(completion_, "the completion");
        if (key == "messages") return messages();
        unread_.insert(key);
        return json_.skip();
    }

    Result<void> anyText(std::optional<std::string>& into) {
        RINGSCOPE_TRY(into, json_.text());
        return {};
    }

    Result<void> filled(std::optional<std::string>& into, std::string_view what) {
        RINGSCOPE_CHECK(anyText(into));
        if (into->empty())
            return json_.wrong(fmt::format("{} is empty; write one, or remove the line", what));
        return {};
    }

    Result<void> messages() {
        messages_.emplace();
        RINGSCOPE_CHECK(json_.list([&] { return message(); }));
        if (messages_->empty())
            return json_.wrong("the conversation is empty; write messages, or remove the line");
        return {};
    }

    Result<void> message() {
        std::optional<std::string> role;
        std::optional<std::string> content;
        RINGSCOPE_CHECK(json_.object([&](const std::string& key) -> Result<void> {
            if (key == "role") return anyText(role);
            if (key == "content") return anyText(content);
            unread_.insert("messages." + key);
            return json_.skip();
        }));
        if (!role || !content) return json_.wrong("a message has 'role' and 'content'");
        const std::optional<ChatRole> known = roleNamed(*role);
        if (!known)
            return json_.wrong(
                fmt::format("the role '{}' is not known; use system, user or assistant", *role));
        messages_->push_back({*known, *std::move(content)});
        return {};
    }

    JsonCursor json_;
    std::int64_t number_;
    std::set<std::string>& unread_;
    std::optional<std::string> text_{};
    std::optional<std::string> prompt_{};
    std::optional<std::string> completion_{};
    std::optional<Conversation> messages_{};
};

}  // namespace

Result<JsonRecord> readJsonRecord(std::string_view line, std::int64_t number,
                                  std::set<std::string>& unread) {
    return RecordReader(line, number, unread).read();
}

}  // namespace ringscope
