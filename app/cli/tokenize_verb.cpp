// ringscope tokenize FILE --tokenizer NAME: a text as ids and pieces.
#include "app/cli/console.h"
#include "app/cli/help.h"
#include "app/cli/verbs.h"
#include "backend/core/files.h"
#include "backend/report/tokens_text.h"
#include "backend/text/tokenizer.h"

#include <CLI/App.hpp>
#include <memory>
#include <utility>

namespace ringscope::cli {
namespace {

constexpr std::size_t largestTokenizedFile = std::size_t{64} << 20;  // bytes

struct TokenizeArguments {
    std::string file;
    std::string tokenizer = "byte";
    bool plain = false;
    bool json = false;
};

Result<TokenizedText> tokenizeFile(const TokenizeArguments& arguments, bool quiet) {
    RINGSCOPE_TRY(const std::string text, readFile(arguments.file, largestTokenizedFile));
    RINGSCOPE_TRY(const Tokenizer tokenizer, Tokenizer::loadFor(arguments.tokenizer, text));
    for (const std::string& remark : tokenizer.remarks())
        if (!quiet) say("note: " + remark);
    RINGSCOPE_TRY(std::vector<Token> tokens,
                  tokenizer.tokens(text, arguments.plain ? Tokenizer::Around::LeftOut
                                                         : Tokenizer::Around::Added));
    return TokenizedText{.tokenizer = arguments.tokenizer,
                         .file = arguments.file,
                         .bytes = text.size(),
                         .vocabularySize = tokenizer.vocabularySize(),
                         .hash = tokenizer.contentHash(),
                         .special = tokenizer.specialTokens(),
                         .tokens = std::move(tokens)};
}

int tokenize(const TokenizeArguments& arguments, const GlobalOptions& global) {
    const Result<TokenizedText> text = tokenizeFile(arguments, global.quiet);
    if (!text.ok())
        return fail(text.error(),
                    text.error().code == ErrorCode::InvalidConfig ? BadConfig : NotFound);
    if (arguments.json)
        printData(tokensJson(*text));
    else
        printText(tokensText(*text));
    return Ok;
}

}  // namespace

void addTokenizeVerb(CLI::App& app, Command& command) {
    CLI::App* verb = app.add_subcommand("tokenize", "a text as the ids and pieces of a tokenizer");
    auto arguments = std::make_shared<TokenizeArguments>();
    verb->add_option("FILE", arguments->file, "the text")->required();
    verb->add_option("--tokenizer", arguments->tokenizer,
                     "byte, char, a tokenizer.json, its folder, or a SentencePiece .model")
        ->type_name("FILE")
        ->capture_default_str();
    verb->add_flag("--plain", arguments->plain,
                   "without the tokens that the tokenizer puts around a text");
    verb->add_flag("--json", arguments->json, "one JSON object on standard output");
    addExamples(*verb, {{"ringscope tokenize prose.txt --tokenizer models/tiny",
                         "a row per token: id, bytes, piece"},
                        {"ringscope tokenize prose.txt --tokenizer spiece.model --json",
                         "the same for programs"}});
    verb->callback([arguments, &command] {
        command.action = [=, &command] { return tokenize(*arguments, command.global); };
    });
}

}  // namespace ringscope::cli
