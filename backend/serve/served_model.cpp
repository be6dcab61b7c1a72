#include "backend/serve/served_model.h"

#include <utility>

namespace ringscope {
namespace {

Result<ChatTemplate> templateOf(const std::string& tokenizer) {
    RINGSCOPE_TRY(const std::optional<std::string> program, chatProgramOf(tokenizer));
    if (!program) return Error{ErrorCode::NotFound, "its folder has no chat template"};
    return ChatTemplate::recognised(*program);
}

}  // namespace

Result<ServedModel> readServedModel(std::string id, const std::string& tokenizer,
                                    std::vector<std::int64_t> endTokens) {
    ServedModel model{.id = std::move(id), .tokenizerName = tokenizer};
    RINGSCOPE_TRY(model.tokenizer, Tokenizer::load(tokenizer));
    const Result<ChatTemplate> chat = templateOf(tokenizer);
    if (chat.ok())
        model.chat = *chat;
    else
        model.whyNoChat = chat.error().message;
    model.endTokens = std::move(endTokens);
    if (model.endTokens.empty() && model.tokenizer.specialTokens().end)
        model.endTokens = {*model.tokenizer.specialTokens().end};
    return model;
}

}  // namespace ringscope
