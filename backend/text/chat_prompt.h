// A conversation as the text that a model's answer follows.
#pragma once

#include "backend/core/result.h"
#include "backend/text/chat_template.h"
#include "backend/text/tokenizer.h"

#include <string>

namespace ringscope {

// Up to where the next answer begins. The text has what the template puts around it: encode it with
// Tokenizer::Around::LeftOut. Fails where the format has no place for what the conversation holds.
Result<std::string> chatPrompt(const ChatTemplate& format, Conversation conversation,
                               const Tokenizer& tokenizer);

}  // namespace ringscope
