#include "backend/text/document_reader.h"

#include "backend/core/text.h"
#include "backend/model/mapped_file.h"
#include "embedded/proseText.h"

#include <utility>
#include <variant>

namespace ringscope {
namespace {

bool beginsParagraph(std::string_view text, std::size_t at) {
    if (at == 0) return true;
    return at > 1 && text[at - 1] == '\n' && text[at - 2] == '\n' && text[at] != '\n';
}

// The end of the paragraph that begins at `begin`, the empty lines behind it included.
std::size_t paragraphEnd(std::string_view text, std::size_t begin) {
    std::size_t at = begin + 1;
    while (at < text.size() && !beginsParagraph(text, at)) ++at;
    return at;
}

Error atPlace(const std::string& place, std::string_view sentence) {
    return {ErrorCode::InvalidConfig, "data.source: " + place + ": " + std::string(sentence)};
}

constexpr std::string_view noAnswers =
    "a text has no answers, which train.task sft learns; give prompt and completion, or messages";

}  // namespace

Result<void> DocumentReader::read(const DataFile& file) {
    if (file.kind == DataKind::Builtin) return text(embedded::proseText, file.path);
    Result<MappedFile> mapped = MappedFile::open(file.path);
    if (!mapped.ok()) return std::move(mapped).error().in("data.source");
    const std::string_view all = mapped->bytes();
    return file.kind == DataKind::JsonLines ? lines(all, file.path) : text(all, file.path);
}

Result<void> DocumentReader::progress(std::size_t bytes) {
    bytes_ += static_cast<std::int64_t>(bytes);
    return read_(bytes_);
}

Result<void> DocumentReader::text(std::string_view all, const std::string& name) {
    if (rules_.answersOnly) return atPlace(name, noAnswers);
    for (std::size_t begin = 0; begin < all.size();) {
        const std::size_t end = rules_.paragraphs ? paragraphEnd(all, begin) : all.size();
        RINGSCOPE_CHECK(visit_({.text = all.substr(begin, end - begin),
                                .ends = rules_.ends,
                                .learned = {},
                                .place = name}));
        RINGSCOPE_CHECK(progress(end - begin));
        begin = end;
    }
    return {};
}

Result<void> DocumentReader::lines(std::string_view all, const std::string& name) {
    std::int64_t number = 1;
    for (std::size_t begin = 0; begin < all.size(); ++number) {
        const std::size_t end = std::min(all.find('\n', begin), all.size());
        const std::string_view line = all.substr(begin, end - begin);
        const std::string place = name + ":" + std::to_string(number);
        if (trim(line).empty()) {
            if (trim(all.substr(begin)).empty()) break;  // nothing but ends of lines follows
            return atPlace(place + ":1", "the line is empty; remove it");
        }
        Result<JsonRecord> read = readJsonRecord(line, number, unread_);
        if (!read.ok())
            return Error{ErrorCode::InvalidConfig,
                         "data.source: " + name + ":" + read.error().message};
        RINGSCOPE_CHECK(record(*read, place + ":1"));
        RINGSCOPE_CHECK(progress(end - begin + 1));
        begin = end + 1;
    }
    return {};
}

Result<void> DocumentReader::record(const JsonRecord& record, const std::string& place) {
    TextDocument document{.ends = DocumentEnds::Tokenizer, .place = place};
    if (const auto* messages = std::get_if<Conversation>(&record))
        return conversation(*messages, place);
    if (const auto* prompted = std::get_if<PromptedText>(&record)) {
        const std::string all = prompted->prompt + prompted->completion;
        document.text = all;
        document.learned = {{prompted->prompt.size(), all.size()}};
        return visit_(document);
    }
    if (rules_.answersOnly) return atPlace(place, noAnswers);
    document.text = std::get<std::string>(record);
    return visit_(document);
}

Result<void> DocumentReader::conversation(const Conversation& messages, const std::string& place) {
    if (!rules_.chat)
        return atPlace(place,
                       "messages need a chat template, and the tokenizer has none; name one in "
                       "data.chat_template");
    const Result<RenderedChat> chat = rules_.chat->render(messages, rules_.tokens);
    if (!chat.ok()) return atPlace(place, chat.error().message);
    if (rules_.answersOnly && chat->answers.empty())
        return atPlace(place, "the conversation has no answer to learn; remove the line");
    return visit_({.text = chat->text,
                   .ends = DocumentEnds::Written,
                   .learned = chat->answers,
                   .place = place});
}

}  // namespace ringscope
