// Reads a Python pickle as plain values: None, booleans, numbers, text, bytes, lists, tuples and
// dictionaries. Protocols 2 to 5.
//
// A pickle is a program for a machine with a stack. Nothing here is run but what builds such
// values: an opcode that names a class, calls something or is not known is refused with its name
// and place. A value may hold itself; whoever walks through values must bound the depth.
#pragma once

#include "backend/core/result.h"

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

struct PickleValue {
    enum class Kind : std::uint8_t { None, Boolean, Integer, Real, Text, Bytes, List, Tuple, Map };

    Kind kind = Kind::None;
    std::int64_t integer = 0;  // also a Boolean's 0 or 1
    double real = 0;
    std::string text{};                       // also of Bytes
    std::vector<const PickleValue*> items{};  // of a Map: key, value, key, value, …

    bool isText() const { return kind == Kind::Text; }
    bool isSequence() const { return kind == Kind::List || kind == Kind::Tuple; }
    // Of a Map: the last value with this key; else nothing.
    const PickleValue* find(std::string_view key) const;
};

class Pickle {
public:
    static Result<Pickle> read(std::string_view bytes);

    const PickleValue& root() const { return *root_; }

private:
    friend class PickleMachine;
    std::deque<PickleValue> values_;  // stay where they are
    const PickleValue* root_ = nullptr;
};

}  // namespace ringscope
