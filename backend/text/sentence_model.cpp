#include "backend/text/sentence_model.h"

#include "backend/text/protobuf.h"
#include "backend/text/utf8.h"

#include <cmath>

namespace ringscope {
namespace {

constexpr std::size_t mostSentencePieces = std::size_t{1} << 22;

Error wrongModel(const std::string& sentence) {
    return {ErrorCode::InvalidConfig, "SentencePiece model: " + sentence};
}

Result<std::vector<ProtoField>> fieldsOf(std::string_view bytes, const char* what) {
    Result<std::vector<ProtoField>> fields = readProto(bytes);
    if (!fields.ok())
        return wrongModel(std::string(what) + " " + fields.error().message +
                          "; get the file again");
    return fields;
}

Result<SentencePiece> readPiece(std::string_view bytes, std::size_t id) {
    const std::string where = "piece " + std::to_string(id);
    RINGSCOPE_TRY(const std::vector<ProtoField> fields, fieldsOf(bytes, where.c_str()));
    SentencePiece piece;
    for (const ProtoField& field : fields) {
        if (field.number == 1 && field.wireType == 2) {
            piece.piece = field.bytes;
        } else if (field.number == 2 && field.wireType == 5) {
            piece.score = field.asFloat();
        } else if (field.number == 3 && field.wireType == 0) {
            if (field.value < 1 || field.value > 6)
                return wrongModel(where + ": type: expected 1 to 6; got " +
                                  std::to_string(field.value));
            piece.type = static_cast<SentencePieceType>(field.value);
        }
    }
    if (piece.piece.empty() || !isWellFormed(piece.piece))
        return wrongModel(where + ": expected a text; got " +
                          (piece.piece.empty() ? "none" : "what is no UTF-8"));
    if (!std::isfinite(piece.score)) return wrongModel(where + ": its score is no number");
    return piece;
}

// Settings of the training that decide how a text is encoded; the others were about the training.
Result<void> readTrainer(std::string_view bytes, SentenceModel& model) {
    RINGSCOPE_TRY(const std::vector<ProtoField> fields, fieldsOf(bytes, "trainer_spec"));
    for (const ProtoField& field : fields) {
        switch (field.number) {
            case 3:
                if (field.value != 1 && field.value != 2)
                    return wrongModel("trainer_spec.model_type: expected 1 (unigram) or 2 (bpe); " +
                                      std::string("got ") + std::to_string(field.value));
                model.kind = static_cast<SentenceModel::Kind>(field.value);
                break;
            case 24:
                model.blankAsSuffix = field.asFlag();
                break;
            case 35:
                model.byteFallback = field.asFlag();
                break;
            case 40:
                model.unknown = field.asInteger();
                break;
            case 41:
                model.beginning = field.asInteger();
                break;
            case 42:
                model.end = field.asInteger();
                break;
            case 43:
                model.padding = field.asInteger();
                break;
            case 44:
                model.unknownSurface = field.bytes;
                break;
            default:
                break;
        }
    }
    return {};
}

Result<void> readNormalizerSpec(std::string_view bytes, SentenceModel& model) {
    RINGSCOPE_TRY(const std::vector<ProtoField> fields, fieldsOf(bytes, "normalizer_spec"));
    for (const ProtoField& field : fields) {
        switch (field.number) {
            case 1:  // a name
            case 6:  // the table in the words it was compiled from
                break;
            case 2: {
                Result<Charsmap> map = Charsmap::read(field.bytes);
                if (!map.ok()) return wrongModel("normalizer_spec: " + map.error().message);
                model.charsmap = *std::move(map);
                break;
            }
            case 3:
                model.addDummyPrefix = field.asFlag();
                break;
            case 4:
                model.removeExtraBlanks = field.asFlag();
                break;
            case 5:
                model.escapeBlanks = field.asFlag();
                break;
            default:
                return wrongModel("normalizer_spec: Ringscope does not know field " +
                                  std::to_string(field.number) +
                                  ", so its tokens could be others; use another tokenizer");
        }
    }
    return {};
}

// Ids that the file names are those of pieces.
Result<void> checkIds(SentenceModel& model) {
    if (model.pieces.empty()) return wrongModel("expected pieces; it has none");
    const auto count = static_cast<std::int64_t>(model.pieces.size());
    std::int64_t unknown = -1;
    for (std::int64_t id = 0; id < count; ++id) {
        if (model.pieces[static_cast<std::size_t>(id)].type != SentencePieceType::Unknown) continue;
        if (unknown >= 0)
            return wrongModel("the pieces " + std::to_string(unknown) + " and " +
                              std::to_string(id) + " are both for what is unknown; one may be");
        unknown = id;
    }
    if (unknown < 0) return wrongModel("no piece is for what is unknown; get the file again");
    model.unknown = unknown;
    for (std::int64_t* id : {&model.beginning, &model.end, &model.padding})
        if (*id < 0 || *id >= count) *id = -1;
    return {};
}

}  // namespace

Result<SentenceModel> readSentenceModel(std::string_view bytes) {
    if (bytes.empty()) return wrongModel("the file is empty");
    RINGSCOPE_TRY(const std::vector<ProtoField> fields, fieldsOf(bytes, "the file"));
    SentenceModel model;
    for (const ProtoField& field : fields) {
        if (field.wireType != 2) continue;
        if (field.number == 1) {
            if (model.pieces.size() >= mostSentencePieces) return wrongModel("too many pieces");
            RINGSCOPE_TRY(SentencePiece piece, readPiece(field.bytes, model.pieces.size()));
            model.pieces.push_back(std::move(piece));
        }
        if (field.number == 2) RINGSCOPE_CHECK(readTrainer(field.bytes, model));
        if (field.number == 3) RINGSCOPE_CHECK(readNormalizerSpec(field.bytes, model));
    }
    RINGSCOPE_CHECK(checkIds(model));
    return model;
}

}  // namespace ringscope
