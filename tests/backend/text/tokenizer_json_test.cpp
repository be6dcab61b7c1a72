// What a tokenizer.json may say, and the sentences for what it may not.
#include "tests/backend/text/made_tokenizer.h"

#include <gtest/gtest.h>

namespace ringscope::test {
namespace {

using nlohmann::json;

// In braces alone, pairs that begin with a text are an object to this library.
json listOfPairs(const std::vector<std::pair<json, json>>& pairs) {
    json list = json::array();
    for (const auto& [first, second] : pairs) list.push_back(json::array({first, second}));
    return list;
}

json plainBpe() {
    return jsonOf({{"type", "BPE"},
                   {"vocab", {{"a", 0}, {"b", 1}, {"ab", 2}, {"[UNK]", 3}}},
                   {"merges", listOfPairs({{"a", "b"}})},
                   {"unk_token", "[UNK]"}});
}

json changedModel(const char* key, json value) {
    json file = plainBpe();
    file["model"][key] = std::move(value);
    return file;
}

json with(const char* key, json value) {
    json file = plainBpe();
    file[key] = std::move(value);
    return file;
}

std::string refusedText(const std::string& text) {
    const ScratchFolder folder;
    const Result<Tokenizer> tokenizer = Tokenizer::load(folder.write("t.json", text));
    return tokenizer.ok() ? "" : tokenizer.error().message.substr(folder.path().size());
}

TEST(TokenizerJson, ThatIsCutOffIsSaid) {
    const std::string whole = plainBpe().dump();
    EXPECT_EQ(refusedText(whole), "");
    EXPECT_NE(refusedText(whole.substr(0, 40))
                  .find("no whole JSON: it breaks off or goes wrong in line 1, at byte"),
              std::string::npos)
        << refusedText(whole.substr(0, 40));
    for (std::size_t bytes = 1; bytes < whole.size(); ++bytes)
        EXPECT_NE(refusedText(whole.substr(0, bytes)), "") << bytes;
}

TEST(TokenizerJson, RefusesAKeyTwice) {
    EXPECT_NE(refusedText(R"({"version": "1.0", "version": "1.0"})")
                  .find("the key 'version' is written twice; keep one of them"),
              std::string::npos);
    EXPECT_NE(refusedText("{\"a\": " + std::string(100, '[') + std::string(100, ']') + "}")
                  .find("nested deeper than 64 levels"),
              std::string::npos);
}

TEST(TokenizerJson, RefusesWhatItDoesNotKnowByName) {
    EXPECT_EQ(refusal(with("novelty", 5)),
              "novelty: Ringscope does not know this key (5), so its tokens could be others; "
              "remove it, or use a tokenizer without it");
    EXPECT_EQ(refusal(changedModel("novelty", true)),
              "model.novelty: Ringscope does not know this key (true), so its tokens could be "
              "others; remove it, or use a tokenizer without it");
    EXPECT_EQ(refusal(changedModel("type", "Morse")),
              "model.type: expected one of BPE, Unigram, WordPiece, WordLevel; got 'Morse'");
    EXPECT_EQ(refusal(with("normalizer", {{"type", "Rot13"}})).substr(0, 52),
              "normalizer.type: expected one of Sequence, NFC, NFD,");
    EXPECT_EQ(refusal(with("version", "2.0")), "version: expected one of 1.0; got '2.0'");
    EXPECT_EQ(refusal({{"version", "1.0"}}), "model: expected an object; there is none");
}

TEST(TokenizerJson, NamesTheWayToAPart) {
    const json sequence = {
        {"type", "Sequence"},
        {"pretokenizers",
         {{{"type", "Digits"}},
          {{"type", "Split"}, {"pattern", {{"Regex", "(a"}}}, {"behavior", "Isolated"}}}}};
    EXPECT_EQ(refusal(with("pre_tokenizer", sequence)).substr(0, 46),
              "pre_tokenizer.pretokenizers[1].pattern: regula");
    EXPECT_EQ(
        refusal(with("decoder", {{"type", "Strip"}, {"content", "ab"}, {"start", 1}, {"stop", 0}})),
        "decoder.content: expected one character; got 'ab'");
    EXPECT_EQ(
        refusal(with("decoder", {{"type", "Strip"}, {"content", "a"}, {"start", -1}, {"stop", 0}})),
        "decoder.start: expected a whole number from 0 to 1048576; got -1");
}

TEST(TokenizerJson, RefusesMergesOfNoPieces) {
    EXPECT_EQ(
        refusal(changedModel("merges", listOfPairs({{"a", "b"}, {"ab", "c"}}))),
        "model.merges[1]: 'c' of the merge 'ab c' is no piece of the vocabulary; get the file "
        "again");
    EXPECT_EQ(
        refusal(changedModel("merges", {"b a"})),
        "model.merges[0]: 'ba' of the merge 'b a' is no piece of the vocabulary; get the file "
        "again");
    EXPECT_EQ(refusal(changedModel("merges", {"a b c"})),
              "model.merges[0]: expected \"a b\" or [\"a\", \"b\"]; got 'a b c'");
}

TEST(TokenizerJson, RefusesIdsThatAreNone) {
    EXPECT_EQ(refusal(changedModel("vocab", {{"a", 0}, {"b", 1}, {"ab", 1}, {"[UNK]", 3}})),
              "model.vocab: id 1 is given twice, to 'ab' and 'b'; each piece has an id of its own");
    EXPECT_EQ(refusal(changedModel("vocab", {{"a", 0}, {"b", -1}, {"ab", 1}, {"[UNK]", 3}})),
              "model.vocab.b: expected an id; got -1");
    EXPECT_EQ(
        refusal(changedModel("vocab", {{"a", 0}, {"b", 1}, {"ab", 2'000'000'000}, {"[UNK]", 3}})),
        "model.vocab: piece 'ab' has the id 2000000000, and there are 4 pieces; ids go from 0 "
        "upwards with few holes");
    EXPECT_EQ(refusal(changedModel("vocab", json::object())),
              "model.merges[0]: 'a' of the merge 'a b' is no piece of the vocabulary; get the file "
              "again");
}

TEST(TokenizerJson, MayHaveHolesAmongItsIds) {
    const Tokenizer tokenizer =
        made(changedModel("vocab", {{"a", 0}, {"b", 1}, {"ab", 9}, {"[UNK]", 3}})).value();
    EXPECT_EQ(tokenizer.vocabularySize(), 10);
    EXPECT_EQ(tokenizer.encode("ab").value(), std::vector<TokenId>{9});
    EXPECT_EQ(tokenizer.decode(std::vector<TokenId>{5}).error().message,
              "no piece has the id 5; the tokenizer's ids are below 10");
}

TEST(TokenizerJson, MayNameAnUnknownPieceThatIsNeverNeeded) {
    const Tokenizer tokenizer = made(changedModel("unk_token", "")).value();
    EXPECT_EQ(tokenizer.encode("ab").value(), std::vector<TokenId>{2});
    EXPECT_EQ(tokenizer.encode("x").error().message,
              "'x' has no token, and '', which the tokenizer names for what is unknown "
              "(unk_token), is no piece of it; use another tokenizer");
}

TEST(TokenizerJson, RefusesDropoutUnlessItIsNone) {
    EXPECT_EQ(refusal(changedModel("dropout", 0.1)),
              "model.dropout: expected null or 0, because a text has the same tokens every time; "
              "got 0.1");
    EXPECT_EQ(refusal(changedModel("dropout", 0.0)), "");
    EXPECT_EQ(refusal(changedModel("dropout", nullptr)), "");
}

TEST(TokenizerJson, AddedTokensAgreeWithTheVocabulary) {
    const auto added = [](const char* content, int id) {
        return with("added_tokens", {{{"id", id}, {"content", content}, {"special", true}}});
    };
    EXPECT_EQ(refusal(added("<s>", 4)), "");
    EXPECT_EQ(refusal(added("ab", 7)),
              "added_tokens[0]: 'ab' has the id 7 here and 2 in the model's vocabulary; get the "
              "file again");
    EXPECT_EQ(refusal(added("<s>", 2)),
              "added_tokens[0]: the id 2 of '<s>' belongs to 'ab' in the model's vocabulary; get "
              "the file again");
    EXPECT_EQ(refusal(added("", 4)), "added_tokens[0].content: expected a text; got an empty one");
}

TEST(TokenizerJson, TakesBlanksWithATokenThatStripsThem) {
    json file = byteLevelJson({});
    file["added_tokens"] = {
        {{"id", 256}, {"content", "<m>"}, {"lstrip", true}, {"normalized", false}},
        {{"id", 257}, {"content", "<r>"}, {"rstrip", true}, {"normalized", false}},
        {{"id", 258}, {"content", "<w>"}, {"single_word", true}, {"normalized", false}}};
    const Tokenizer tokenizer = made(file).value();
    EXPECT_EQ(tokenizer.encode("a  <m> b").value(), (std::vector<TokenId>{97, 256, 32, 98}));
    EXPECT_EQ(tokenizer.encode("a <r>  b").value(), (std::vector<TokenId>{97, 32, 257, 98}));
    EXPECT_EQ(tokenizer.encode("a<w>").value(), (std::vector<TokenId>{97, 60, 119, 62}));
    EXPECT_EQ(tokenizer.encode(".<w>").value(), (std::vector<TokenId>{46, 258}));
}

TEST(TokenizerJson, PutsTokensAroundAText) {
    json file = plainBpe();
    file["added_tokens"] = {{{"id", 4}, {"content", "<s>"}, {"special", true}}};
    file["post_processor"] = {
        {"type", "TemplateProcessing"},
        {"single",
         {{{"SpecialToken", {{"id", "<s>"}, {"type_id", 0}}}},
          {{"Sequence", {{"id", "A"}, {"type_id", 0}}}}}},
        {"pair", json::array()},
        {"special_tokens", {{"<s>", {{"id", "<s>"}, {"ids", {4}}, {"tokens", {"<s>"}}}}}}};
    const Tokenizer tokenizer = made(file).value();
    const std::vector<TokenId> ids = tokenizer.encode("ab").value();
    EXPECT_EQ(ids, (std::vector<TokenId>{4, 2}));
    EXPECT_EQ(tokenizer.encode("ab", Tokenizer::Around::LeftOut).value(), std::vector<TokenId>{2});
    EXPECT_EQ(tokenizer.decode(ids).value(), "ab");
    EXPECT_EQ(tokenizer.decode(ids, Tokenizer::Special::Kept).value(), "<s> ab");

    json twice = file;
    twice["post_processor"]["single"].push_back({{"Sequence", {{"id", "A"}, {"type_id", 0}}}});
    EXPECT_EQ(refusal(twice), "post_processor.single: expected the text once; it is there 2 times");
    json unknown = file;
    unknown["post_processor"]["special_tokens"]["<s>"]["ids"] = {99};
    EXPECT_EQ(refusal(unknown),
              "post_processor: no piece has the id 99 that it puts around a text; get the file "
              "again");
}

TEST(TokenizerJson, SaysWhatItLeavesToTheTrainer) {
    const Tokenizer tokenizer =
        made(with("truncation", {{"max_length", 128}, {"strategy", "LongestFirst"}})).value();
    ASSERT_EQ(tokenizer.remarks().size(), 1U);
    EXPECT_EQ(tokenizer.remarks().front(),
              "the file asks for texts to be cut (truncation); Ringscope never cuts them");
}

TEST(TokenizerJson, FindsTheBestPieces) {
    json file = jsonOf(
        {{"type", "Unigram"},
         {"unk_id", 0},
         {"vocab", listOfPairs({{"<unk>", 0.0}, {"▁ab", -3.0}, {"ab", -2.2}, {"▁", -3.0}})}});
    file["pre_tokenizer"] = {
        {"type", "Metaspace"}, {"replacement", "▁"}, {"prepend_scheme", "always"}};
    EXPECT_EQ(piecesOf(made(file).value(), "ab ab c"),
              (std::vector<std::string>{"▁ab", "▁ab", "▁", "<unk>"}));
    file["model"].erase("unk_id");
    EXPECT_EQ(made(file).value().encode("ab c").error().message,
              "'c' has no token, and the tokenizer has none for what is unknown (unk_id); use "
              "another tokenizer");
    file["model"]["vocab"] = listOfPairs({{"a", "b"}});
    EXPECT_EQ(refusal(file), "model.vocab[0]: expected [\"piece\", score]; got a list of 2");
}

}  // namespace
}  // namespace ringscope::test
