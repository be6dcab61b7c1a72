// What a SentencePiece .model says, as values.
#pragma once

#include "backend/core/result.h"
#include "backend/text/charsmap.h"
#include "backend/text/vocabulary.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

enum class SentencePieceType : std::uint8_t {
    Normal = 1,
    Unknown,
    Control,      // <s>: no text has it
    UserDefined,  // always a token where a text has it
    Unused,
    Byte,  // <0x0A>
};

struct SentencePiece {
    std::string piece{};
    float score = 0;
    SentencePieceType type = SentencePieceType::Normal;
};

struct SentenceModel {
    enum class Kind : std::uint8_t { Unigram = 1, Bpe = 2 };

    std::vector<SentencePiece> pieces{};  // by id
    Kind kind = Kind::Unigram;
    bool byteFallback = false;
    bool blankAsSuffix = false;  // "a▁" in place of "▁a"
    std::string unknownSurface = " \xE2\x81\x87 ";
    std::int64_t unknown = 0;  // ids; -1: none
    std::int64_t beginning = 1;
    std::int64_t end = 2;
    std::int64_t padding = -1;

    Charsmap charsmap{};
    bool addDummyPrefix = true;
    bool removeExtraBlanks = true;
    bool escapeBlanks = true;
};

// Fails with what in it is not understood.
Result<SentenceModel> readSentenceModel(std::string_view bytes);

}  // namespace ringscope
