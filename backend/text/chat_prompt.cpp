#include "backend/text/chat_prompt.h"

#include <optional>
#include <utility>

namespace ringscope {

Result<std::string> chatPrompt(const ChatTemplate& format, Conversation conversation,
                               const Tokenizer& tokenizer) {
    const auto piece = [&](const std::optional<TokenId>& id) {
        return id ? tokenizer.pieceOf(*id) : std::nullopt;
    };
    const SpecialTokens& special = tokenizer.specialTokens();
    conversation.push_back({ChatRole::Assistant, "answer"});
    RINGSCOPE_TRY(RenderedChat rendered,
                  format.render(conversation, {piece(special.beginning), piece(special.end)}));
    rendered.text.resize(rendered.answers.back().begin);
    return std::move(rendered.text);
}

}  // namespace ringscope
