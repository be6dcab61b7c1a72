#include "app/cli/generation_prompt.h"

#include "app/cli/console.h"
#include "app/cli/model_verbs.h"
#include "app/cli/store_access.h"
#include "backend/config/data_source.h"
#include "backend/config/run_config.h"
#include "backend/core/files.h"
#include "backend/model/model_files.h"
#include "backend/text/chat_prompt.h"
#include "backend/text/chat_template.h"
#include "backend/text/tokenizer.h"

#include <fmt/format.h>
#include <optional>
#include <utility>

namespace ringscope::cli {
namespace {

constexpr std::size_t largestPrompt = std::size_t{64} << 20;  // bytes

Result<std::string> promptText(const PromptSource& source) {
    if (source.file == "-") return readStandardInput();
    if (!source.file.empty()) return readFile(source.file, largestPrompt);
    if (source.text.empty())
        return Error{ErrorCode::InvalidConfig,
                     "there is no prompt; give --prompt, --prompt-file or --prompt-ids"};
    return source.text;
}

// Of the run that the word names, and whose weights are in `folder`.
Result<std::string> tokenizerOfRun(const std::string& run, const std::filesystem::path& folder,
                                   const GlobalOptions& global) {
    RINGSCOPE_TRY(const std::unique_ptr<Store> store, openStore(global, Store::Access::ReadOnly));
    RINGSCOPE_TRY(const std::vector<RunRecord> runs,
                  loadSelected(*store, {run}, RunNeed::Any, global));
    const DataConfig& data = runs.front().config.data;
    if (data.source == builtinRecall)
        return Error{ErrorCode::InvalidConfig,
                     run +
                         " was trained on builtin:recall, whose tokens are no text; give ids as "
                         "a prompt"};
    std::string name = data.tokenizer;
    if (name == byteTokenizer) return name;
    if (tokenizerIn(folder)) return folder.string();
    if (name == charTokenizer || name == idTokenizer)
        return Error{ErrorCode::InvalidConfig,
                     fmt::format("{} was trained with data.tokenizer {}, which cannot read a "
                                 "prompt by itself; give --tokenizer, or ids as a prompt",
                                 run, name)};
    return name;
}

// The conversation up to where the answer begins.
Result<std::string> asQuestion(const PromptSource& source, const std::string& text,
                               const std::string& name, const Tokenizer& tokenizer) {
    RINGSCOPE_TRY(const std::optional<std::string> program, chatProgramOf(name));
    if (!program)
        return Error{ErrorCode::InvalidConfig,
                     fmt::format("'{}' has no chat template (chat_template.jinja, or chat_template "
                                 "in tokenizer_config.json); leave --chat out",
                                 name)};
    RINGSCOPE_TRY(const ChatTemplate chat, ChatTemplate::recognised(*program));
    Conversation conversation;
    if (!source.system.empty()) conversation.push_back({ChatRole::System, source.system});
    conversation.push_back({ChatRole::User, text});
    return chatPrompt(chat, conversation, tokenizer);
}

}  // namespace

Result<std::string> tokenizerOf(const std::string& given, const std::string& model,
                                const std::filesystem::path& folder, const GlobalOptions& global) {
    if (!given.empty()) return given;
    return namesFolder(model) ? Result<std::string>(folder.string())
                              : tokenizerOfRun(model, folder, global);
}

Result<ReadPrompt> readPrompt(const PromptSource& source, const std::string& model,
                              const std::filesystem::path& folder, const GlobalOptions& global) {
    if (!source.ids.empty()) return ReadPrompt{.ids = source.ids};
    RINGSCOPE_TRY(std::string text, promptText(source));
    RINGSCOPE_TRY(const std::string name, tokenizerOf(source.tokenizer, model, folder, global));
    RINGSCOPE_TRY(const Tokenizer tokenizer, Tokenizer::load(name));
    for (const std::string& remark : tokenizer.remarks())
        if (!global.quiet) say("note: " + remark);
    Tokenizer::Around around = Tokenizer::Around::Added;
    if (source.chat) {
        RINGSCOPE_TRY(text, asQuestion(source, text, name, tokenizer));
        around = Tokenizer::Around::LeftOut;  // the template has them
    }
    RINGSCOPE_TRY(const std::vector<TokenId> ids, tokenizer.encode(text, around));
    if (ids.empty())
        return Error{ErrorCode::InvalidConfig,
                     "the prompt has no token by this tokenizer; give more of a text"};
    ReadPrompt prompt{.ids = {ids.begin(), ids.end()}, .tokenizer = name};
    if (tokenizer.specialTokens().end) prompt.endTokens = {*tokenizer.specialTokens().end};
    return prompt;
}

}  // namespace ringscope::cli
