#include "backend/model/json_cursor.h"

#include "backend/model/json_value.h"

#include <gtest/gtest.h>

namespace ringscope {
namespace {

std::string problemOf(std::string_view text) {
    const Result<JsonValue> value = readJsonValue(text);
    return value.ok() ? "" : value.error().message;
}

TEST(Json, ReadsEveryKindOfValue) {
    const JsonValue root =
        readJsonValue(
            R"({"a": [1, -2.5e3, true, false, null], "b": {"c": "é\u00e9\ud83d\ude00\n"}})")
            .value();
    const JsonValue& list = *root.find("a");
    ASSERT_EQ(list.items.size(), 5U);
    EXPECT_EQ(list.items[1].text, "-2.5e3");
    EXPECT_TRUE(list.items[2].truth);
    EXPECT_EQ(list.items[4].kind, JsonKind::Null);
    EXPECT_EQ(root.find("b")->find("c")->text, "éé😀\n");
    EXPECT_EQ(root.find("d"), nullptr);
}

TEST(Json, SaysLineAndColumnOfWhatIsWrong) {
    EXPECT_EQ(problemOf("{\n  \"a\": x}"), "2:8: 'x' begins no JSON value");
    EXPECT_EQ(problemOf("{\"é\": 1, \"é\": 2}"),
              "1:10: the key 'é' stands here a second time; keep one");
    EXPECT_EQ(problemOf("[1 2]"), "1:4: expected ',' or ']'");
    EXPECT_EQ(problemOf("[1] 2"), "1:5: more text follows the JSON value; nothing may");
    EXPECT_EQ(problemOf(""), "1:1: the text ends where a value is expected");
}

TEST(Json, RefusesWhatOtherReadersLetPass) {
    for (const std::string_view text : {"[01]",
                                        "[1.]",
                                        "[.5]",
                                        "[+1]",
                                        "[1e]",
                                        "[NaN]",
                                        "[Infinity]",
                                        "[1,]",
                                        "{\"a\":1,}",
                                        "{a:1}",
                                        "['a']",
                                        "[\"\t\"]",
                                        "[\"\\x\"]",
                                        "[\"\\u12\"]",
                                        "[\"\\ud800\"]",
                                        "[\"\\ud800\\u0041\"]",
                                        "[\"\\udc00\"]",
                                        "[\"\xff\"]",
                                        "[\"\xc0\x80\"]",
                                        "[\"\xed\xa0\x80\"]",
                                        "[\"\xf4\x90\x80\x80\"]",
                                        "[\"a",
                                        "[tru]",
                                        "// a\n[]",
                                        "[",
                                        "{\"a\""})
        EXPECT_NE(problemOf(text), "") << text;
}

TEST(Json, EndsAtSoManyLevels) {
    const std::string deep = std::string(64, '[') + std::string(64, ']');
    EXPECT_EQ(problemOf(deep), "");
    EXPECT_NE(problemOf('[' + deep + ']'), "");
    EXPECT_NE(problemOf(std::string(1'000'000, '[')), "");
}

TEST(Json, ReadsWholeNumbersThatFitAlone) {
    const auto whole = [](std::string_view text) {
        return JsonCursor(text, JsonPlaces::Bytes).whole();
    };
    EXPECT_EQ(whole("9223372036854775807").value(), 9223372036854775807LL);
    EXPECT_EQ(whole("-1").value(), -1);
    for (const std::string_view text : {"9223372036854775808", "1.0", "1e3", "\"1\""})
        EXPECT_FALSE(whole(text).ok()) << text;
    EXPECT_EQ(whole(" 1.5").error().message, "byte 1: expected a whole number; got '1.5'");
}

TEST(Json, WritesTextAsItReadsIt) {
    const std::string text = "a\"\\/\b\f\n\r\t\x01\x7f é😀";
    EXPECT_EQ(jsonText(text), "\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\x7f é😀\"");
    EXPECT_EQ(readJsonValue(jsonText(text)).value().text, text);
}

}  // namespace
}  // namespace ringscope
