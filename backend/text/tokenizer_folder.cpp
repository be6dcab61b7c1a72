#include "backend/text/tokenizer_folder.h"

#include "backend/config/data_source.h"
#include "backend/core/output_file.h"
#include "backend/model/json_value.h"
#include "backend/model/model_files.h"
#include "backend/text/token_text.h"
#include "backend/text/tokenizer_config.h"

#include <fmt/format.h>
#include <algorithm>
#include <string_view>

namespace ringscope {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view byteLevel =
    R"({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false})";
constexpr std::string_view characterByCharacter =
    R"({"type": "Split", "pattern": {"Regex": "[\\s\\S]"}, "behavior": "Isolated", "invert": false})";

// Pieces that nothing joins. `model` is the rest of a model beside its vocabulary.
std::string tokenizerJson(const Tokenizer& tokenizer, std::string_view preTokenizer,
                          std::string_view decoder, std::string_view model) {
    std::string vocabulary;
    for (std::int64_t id = 0; id < tokenizer.vocabularySize(); ++id)
        vocabulary += fmt::format("{}\n      {}: {}", id == 0 ? "" : ",",
                                  jsonText(*tokenizer.pieceOf(static_cast<TokenId>(id))), id);
    return fmt::format(R"({{
  "version": "1.0",
  "truncation": null,
  "padding": null,
  "added_tokens": [],
  "normalizer": null,
  "pre_tokenizer": {},
  "post_processor": null,
  "decoder": {},
  "model": {{
    {},
    "vocab": {{{}
    }}
  }}
}}
)",
                       preTokenizer, decoder, model, vocabulary);
}

// transformers takes the file as it is, whatever family the model is of.
Result<void> writeTokenizerJson(const std::string& text, const fs::path& folder) {
    RINGSCOPE_CHECK(writeOutput(folder / "tokenizer.json", text));
    return writeOutput(folder / tokenizerConfigName,
                       "{\n  \"clean_up_tokenization_spaces\": false,\n"
                       "  \"tokenizer_class\": \"PreTrainedTokenizerFast\"\n}\n");
}

}  // namespace

std::string bytesAsTokenizerJson() {
    return tokenizerJson(Tokenizer::ofBytes(), byteLevel, byteLevel,
                         R"("type": "BPE", "unk_token": null, "merges": [])");
}

std::string charactersAsTokenizerJson(const Tokenizer& characters) {
    // Words, because pairs that were never joined would leave out a character that is not known.
    return tokenizerJson(characters, characterByCharacter, R"({"type": "Fuse"})",
                         R"("type": "WordLevel", "unk_token": "<unk>")");
}

Result<void> writeTokenizer(const RunConfig& config, const fs::path& folder) {
    const std::string& name = config.data.tokenizer;
    if (name == idTokenizer || config.data.source == builtinRecall) return {};
    if (name == byteTokenizer) return writeTokenizerJson(bytesAsTokenizerJson(), folder);
    if (name == charTokenizer) {
        RINGSCOPE_TRY(const Tokenizer characters, tokenizerOf(config));
        return writeTokenizerJson(charactersAsTokenizerJson(characters), folder);
    }
    std::error_code ignored;
    const fs::path path = name;
    if (fs::is_directory(path, ignored)) return copyTokenizer(path, folder);
    // A file of its own name has no others beside it that are its own.
    if (std::ranges::find(tokenizerFiles, path.filename().string()) != tokenizerFiles.end())
        return copyTokenizer(path.parent_path(), folder);
    return copyFile(path,
                    folder / (path.extension() == ".model" ? "tokenizer.model" : "tokenizer.json"));
}

}  // namespace ringscope
