// The documents of a source, one after another, before they are tokens.
#pragma once

#include "backend/config/run_config.h"
#include "backend/core/result.h"
#include "backend/text/chat_template.h"
#include "backend/text/source_files.h"
#include "backend/text/utf8.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

// What stands around a document's own tokens.
enum class DocumentEnds : std::uint8_t {
    Bare,      // nothing
    Written,   // its text has them
    Tokenizer  // what the tokenizer puts around a text, and its end token
};

struct TextDocument {
    std::string_view text{};  // valid during the call
    DocumentEnds ends = DocumentEnds::Bare;
    std::vector<TextRange> learned{};  // bytes; where only answers are learned
    std::string place{};               // "talks.jsonl:12", for sentences
};

struct DocumentRules {
    bool paragraphs = false;                 // of texts are documents
    bool answersOnly = false;                // each document has answers, which alone are learned
    DocumentEnds ends = DocumentEnds::Bare;  // of texts
    std::optional<ChatTemplate> chat{};      // for conversations
    ChatTokens tokens{};
};

class DocumentReader {
public:
    // `visit` is called with each document, and `read` with the bytes read so far.
    using Visit = std::function<Result<void>(const TextDocument&)>;

    DocumentReader(DocumentRules rules, Visit visit, std::function<Result<void>(std::int64_t)> read)
        : rules_(std::move(rules)), visit_(std::move(visit)), read_(std::move(read)) {}

    // Fails with the place of what cannot be read, or with what `visit` and `read` fail with.
    Result<void> read(const DataFile& file);

    // Keys of JSON lines that were not read.
    const std::set<std::string>& unread() const { return unread_; }

private:
    Result<void> text(std::string_view all, const std::string& name);
    Result<void> lines(std::string_view all, const std::string& name);
    Result<void> record(const JsonRecord& record, const std::string& place);
    Result<void> conversation(const Conversation& messages, const std::string& place);
    Result<void> progress(std::size_t bytes);

    DocumentRules rules_;
    Visit visit_;
    std::function<Result<void>(std::int64_t)> read_;
    std::set<std::string> unread_{};
    std::int64_t bytes_ = 0;
};

}  // namespace ringscope
