// SentencePiece models that are damaged, and special tokens of one that is not.
#include "backend/text/sentence_piece.h"

#include "backend/core/files.h"
#include "tests/backend/text/made_tokenizer.h"

#include <gtest/gtest.h>
#include <filesystem>

namespace ringscope::test {
namespace {

std::string modelBytes(const char* name) {
    return readFile(std::filesystem::path(RINGSCOPE_TOKENIZERS) / name).value();
}

std::string reason(std::string_view bytes) {
    const auto tokenizer = readSentencePiece(bytes);
    return tokenizer.ok() ? "" : tokenizer.error().message;
}

// A field of Protocol Buffers that holds bytes.
std::string field(int number, const std::string& bytes) {
    return std::string{static_cast<char>(number << 3 | 2), static_cast<char>(bytes.size())} + bytes;
}

// A piece with a score of 0, and a type.
std::string piece(const std::string& text, char type) {
    return field(1, field(1, text) + std::string("\x15\0\0\0\0\x18", 6) + type);
}

TEST(SentencePieceModel, SaysWhatBreaksOff) {
    const std::string whole = modelBytes("sp-bpe.model");
    EXPECT_EQ(reason(whole), "");
    const std::string cut = reason(std::string_view(whole).substr(0, whole.size() / 2));
    EXPECT_NE(cut.find("SentencePiece model: the file breaks off or goes wrong at byte"),
              std::string::npos)
        << cut;
    EXPECT_EQ(reason(""), "SentencePiece model: the file is empty");
    EXPECT_NE(reason("hello, world"), "");
}

TEST(SentencePieceModel, NeedsOnePieceForWhatIsUnknown) {
    EXPECT_EQ(reason(piece("a", 1)),
              "SentencePiece model: no piece is for what is unknown; get the file again");
    EXPECT_EQ(reason(piece("a", 2) + piece("b", 2)),
              "SentencePiece model: the pieces 0 and 1 are both for what is unknown; one may be");
    EXPECT_EQ(reason(piece("<unk>", 2) + piece("a", 1) + piece("a", 1)),
              "SentencePiece model: piece 'a' is there twice, with the ids 1 and 2; keep one of "
              "them");
    EXPECT_EQ(reason(piece("<unk>", 2) + piece("a", 9)),
              "SentencePiece model: piece 1: type: expected 1 to 6; got 9");
}

TEST(SentencePieceModel, RefusesKindsItDoesNotHave) {
    EXPECT_EQ(reason(piece("<unk>", 2) + field(2, "\x18\x03")),
              "SentencePiece model: trainer_spec.model_type: expected 1 (unigram) or 2 (bpe); got "
              "3");
    EXPECT_EQ(reason(piece("<unk>", 2) + field(3, "\x48\x01")),
              "SentencePiece model: normalizer_spec: Ringscope does not know field 9, so its "
              "tokens could be others; use another tokenizer");
    EXPECT_NE(reason(piece("<unk>", 2) + field(3, field(2, "\xff\xff\xff\x7f")))
                  .find("precompiled_charsmap"),
              std::string::npos);
}

TEST(SentencePieceModel, KnowsItsSpecialTokens) {
    const ScratchFolder folder;
    const Tokenizer tokenizer =
        Tokenizer::load(folder.write("tokenizer.model", modelBytes("sp-unigram.model"))).value();
    EXPECT_EQ(tokenizer.specialTokens().unknown, 0);
    EXPECT_EQ(tokenizer.specialTokens().beginning, 1);
    EXPECT_EQ(tokenizer.specialTokens().end, 2);
    EXPECT_EQ(tokenizer.specialTokens().padding, std::nullopt);
    EXPECT_TRUE(tokenizer.isSpecial(1));
    EXPECT_FALSE(tokenizer.isSpecial(5));
    EXPECT_TRUE(tokenizer.encode("").value().empty());
}

}  // namespace
}  // namespace ringscope::test
