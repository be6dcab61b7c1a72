// Python's pickles as plain values, and what is refused. Bytes are those of Python's own pickle.
#include "backend/trace/flight/pickle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringscope {
namespace {

using namespace std::string_literals;
using ::testing::HasSubstr;
using Kind = PickleValue::Kind;

std::string refusal(const std::string& bytes) {
    const Result<Pickle> read = Pickle::read(bytes);
    return read.ok() ? "" : read.error().message;
}

// pickle.dumps({"a": [1, -2, 300, 70000, 2**40, -1, 0], "b": (1.5, None, True), "ü": b"x"}, 4)
const std::string plain =
    "\x80\x04\x95\x45\x00\x00\x00\x00\x00\x00\x00}\x94(\x8c\x01"s
    "a\x94]\x94(K\x01J\xfe\xff\xff\xff"s
    "M,\x01Jp\x11\x01\x00\x8a\x06\x00\x00\x00\x00\x00\x01J\xff\xff\xff\xffK\x00"s
    "e\x8c\x01"s
    "b\x94G?\xf8\x00\x00\x00\x00\x00\x00N\x88\x87\x94\x8c\x02\xc3\xbc\x94"s
    "C\x01x\x94u."s;

TEST(Pickle, HoldsThePlainValuesThatPythonWrote) {
    const Result<Pickle> read = Pickle::read(plain);
    ASSERT_TRUE(read.ok()) << read.error().message;
    const PickleValue& root = read->root();
    ASSERT_EQ(root.kind, Kind::Map);
    const PickleValue* numbers = root.find("a");
    ASSERT_NE(numbers, nullptr);
    std::vector<std::int64_t> integers;
    for (const PickleValue* each : numbers->items) integers.push_back(each->integer);
    EXPECT_EQ(integers,
              (std::vector<std::int64_t>{1, -2, 300, 70000, std::int64_t{1} << 40, -1, 0}));
    const PickleValue* tuple = root.find("b");
    ASSERT_NE(tuple, nullptr);
    EXPECT_EQ(tuple->kind, Kind::Tuple);
    EXPECT_EQ(tuple->items[0]->real, 1.5);
    EXPECT_EQ(tuple->items[1]->kind, Kind::None);
    EXPECT_EQ(tuple->items[2]->kind, Kind::Boolean);
    EXPECT_EQ(root.find("ü")->text, "x");
    EXPECT_EQ(root.find("c"), nullptr);
}

TEST(Pickle, RefusesByNameWhatWouldRunCode) {
    EXPECT_EQ(refusal("\x80\x02"s
                      "cos\nsystem\nU\x02ls\x85R."s),
              "byte 2: GLOBAL 'os.system' is refused: a dump is read as plain values, and nothing "
              "in it is run");
    EXPECT_THAT(refusal("\x80\x04\x8c\x02os\x8c\x06system\x93."s), HasSubstr("STACK_GLOBAL"));
    EXPECT_THAT(refusal("\x80\x02)R."s), HasSubstr("byte 3: REDUCE is refused"));
    EXPECT_THAT(refusal("\x80\x04\x8f."s), HasSubstr("EMPTY_SET is refused"));
    EXPECT_EQ(refusal("\x80\x02\xff"s), "byte 2: opcode 0xff is not known");
    EXPECT_EQ(refusal("\x80\x01."s), "byte 0: protocol 1 is not read; 2 to 5 are");
}

TEST(Pickle, SaysWhereItIsBroken) {
    EXPECT_EQ(refusal(""), "byte 0: it ends without STOP");
    EXPECT_EQ(refusal("\x80\x02."s), "byte 2: it stops with 0 values; expected one");
    EXPECT_EQ(refusal("\x80\x02(K\x01u."s), "byte 5: a dictionary is expected on the stack");
    EXPECT_EQ(refusal("\x80\x02}(K\x01u."s), "byte 6: a dictionary's last key has no value");
    EXPECT_EQ(refusal("\x80\x02u."s), "byte 2: nothing was marked");
    EXPECT_EQ(refusal("\x80\x02h\x07."s), "byte 2: value 7 was not remembered");
    EXPECT_EQ(refusal("\x80\x02\x8a\x09"s + std::string(9, '\x01') + "."),
              "byte 2: an integer of 9 bytes; at most 8 are read");
    for (std::size_t length = 0; length < plain.size(); ++length)
        EXPECT_FALSE(Pickle::read(plain.substr(0, length)).ok()) << length;
}

TEST(Pickle, MayHoldItselfAndBeNestedDeeply) {
    const Result<Pickle> self = Pickle::read(
        "\x80\x02]q\x00h\x00"s
        "a."s);
    ASSERT_TRUE(self.ok()) << self.error().message;
    EXPECT_EQ(self->root().items.front(), &self->root());
    std::string deep = "\x80\x02"s + std::string(200'000, ']') + std::string(199'999, 'a') + ".";
    EXPECT_TRUE(Pickle::read(deep).ok());
}

}  // namespace
}  // namespace ringscope
