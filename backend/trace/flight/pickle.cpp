#include "backend/trace/flight/pickle.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <unordered_map>
#include <utility>

namespace ringscope {

const PickleValue* PickleValue::find(std::string_view key) const {
    if (kind != Kind::Map) return nullptr;
    for (std::size_t i = items.size(); i >= 2; i -= 2)
        if (items[i - 2]->isText() && items[i - 2]->text == key) return items[i - 1];
    return nullptr;
}

namespace {

using Kind = PickleValue::Kind;

// Opcodes that a pickle of plain values does not need, by their names in Python's pickletools.
constexpr std::array<std::pair<unsigned char, std::string_view>, 26> refusedOpcodes = {{
    {'c', "GLOBAL"},
    {0x93, "STACK_GLOBAL"},
    {'R', "REDUCE"},
    {'b', "BUILD"},
    {'i', "INST"},
    {'o', "OBJ"},
    {0x81, "NEWOBJ"},
    {0x92, "NEWOBJ_EX"},
    {0x82, "EXT1"},
    {0x83, "EXT2"},
    {0x84, "EXT4"},
    {'P', "PERSID"},
    {'Q', "BINPERSID"},
    {0x8f, "EMPTY_SET"},
    {0x90, "ADDITEMS"},
    {0x91, "FROZENSET"},
    {0x96, "BYTEARRAY8"},
    {0x97, "NEXT_BUFFER"},
    {0x98, "READONLY_BUFFER"},
    {'I', "INT"},
    {'L', "LONG"},
    {'F', "FLOAT"},
    {'S', "STRING"},
    {'V', "UNICODE"},
    {'g', "GET"},
    {'p', "PUT"},
}};

}  // namespace

class PickleMachine {
public:
    PickleMachine(std::string_view bytes, Pickle& made) : bytes_(bytes), made_(made) {}

    Result<void> run() {
        while (!ended_) {
            opcodeAt_ = at_;
            const std::optional<unsigned char> opcode = byte();
            if (!opcode) return broken("it ends without STOP");
            RINGSCOPE_CHECK(perform(*opcode));
        }
        return {};
    }

private:
    Error broken(const std::string& what) const {
        return {ErrorCode::Corrupt, fmt::format("byte {}: {}", opcodeAt_, what)};
    }
    Error cut() const { return broken("the value ends before it is whole"); }

    std::optional<unsigned char> byte() {
        if (at_ >= bytes_.size()) return std::nullopt;
        return static_cast<unsigned char>(bytes_[at_++]);
    }
    // Little endian, of up to 8 bytes.
    std::optional<std::uint64_t> number(int size) {
        if (bytes_.size() - at_ < static_cast<std::size_t>(size)) return std::nullopt;
        std::uint64_t value = 0;
        for (int i = 0; i < size; ++i)
            value |= std::uint64_t{static_cast<unsigned char>(bytes_[at_ + i])} << (8 * i);
        at_ += static_cast<std::size_t>(size);
        return value;
    }
    std::optional<std::string_view> take(std::uint64_t size) {
        if (bytes_.size() - at_ < size) return std::nullopt;
        const std::string_view taken = bytes_.substr(at_, size);
        at_ += size;
        return taken;
    }

    PickleValue& make(Kind kind) {
        PickleValue& value = made_.values_.emplace_back();
        value.kind = kind;
        stack_.push_back(&value);
        return value;
    }
    Result<void> makeInteger(std::int64_t value) {
        make(Kind::Integer).integer = value;
        return {};
    }
    Result<void> makeText(Kind kind, int sizeBytes) {
        const std::optional<std::uint64_t> size = number(sizeBytes);
        const std::optional<std::string_view> text = size ? take(*size) : std::nullopt;
        if (!text) return cut();
        make(kind).text = *text;
        return {};
    }
    // Two's complement, little endian.
    Result<void> makeLong(int sizeBytes) {
        const std::optional<std::uint64_t> size = number(sizeBytes);
        const std::optional<std::string_view> digits = size ? take(*size) : std::nullopt;
        if (!digits) return cut();
        if (digits->size() > 8)
            return broken(
                fmt::format("an integer of {} bytes; at most 8 are read", digits->size()));
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < digits->size(); ++i)
            value |= std::uint64_t{static_cast<unsigned char>((*digits)[i])} << (8 * i);
        const bool negative =
            !digits->empty() && (static_cast<unsigned char>(digits->back()) & 0x80U) != 0;
        if (negative && digits->size() < 8) value |= ~std::uint64_t{0} << (8 * digits->size());
        return makeInteger(static_cast<std::int64_t>(value));
    }

    // The values above the last mark, which are taken off with it.
    Result<std::vector<const PickleValue*>> sinceMark() {
        if (marks_.empty()) return broken("nothing was marked");
        const std::size_t from = marks_.back();
        marks_.pop_back();
        if (from > stack_.size()) return broken("the mark is above the stack");
        std::vector<const PickleValue*> values(stack_.begin() + static_cast<std::ptrdiff_t>(from),
                                               stack_.end());
        stack_.resize(from);
        return values;
    }
    // What lies below the last mark belongs to others.
    std::size_t available() const {
        return stack_.size() - (marks_.empty() ? 0 : std::min(marks_.back(), stack_.size()));
    }
    Result<std::vector<const PickleValue*>> last(std::size_t count) {
        if (available() < count) return broken("the stack holds too few values");
        std::vector<const PickleValue*> values(stack_.end() - static_cast<std::ptrdiff_t>(count),
                                               stack_.end());
        stack_.resize(stack_.size() - count);
        return values;
    }
    Result<PickleValue*> top(Kind kind, const char* what) {
        if (available() == 0 || stack_.back()->kind != kind)
            return broken(fmt::format("{} is expected on the stack", what));
        return stack_.back();
    }
    Result<void> makeOf(Kind kind, std::vector<const PickleValue*> items) {
        if (kind == Kind::Map && items.size() % 2 != 0)
            return broken("a dictionary's last key has no value");
        make(kind).items = std::move(items);
        return {};
    }
    Result<void> append(Kind kind, std::vector<const PickleValue*> items) {
        RINGSCOPE_TRY(PickleValue* const into,
                      top(kind, kind == Kind::List ? "a list" : "a dictionary"));
        if (kind == Kind::Map && items.size() % 2 != 0)
            return broken("a dictionary's last key has no value");
        into->items.insert(into->items.end(), items.begin(), items.end());
        return {};
    }

    Result<void> remember(std::uint64_t number) {
        if (available() == 0) return broken("there is nothing to remember");
        memo_[number] = stack_.back();
        return {};
    }
    Result<void> recall(std::uint64_t number) {
        const auto known = memo_.find(number);
        if (known == memo_.end()) return broken(fmt::format("value {} was not remembered", number));
        stack_.push_back(known->second);
        return {};
    }

    Result<void> refuse(unsigned char opcode) {
        const auto* const known =
            std::ranges::find(refusedOpcodes, opcode, &decltype(refusedOpcodes)::value_type::first);
        if (known == refusedOpcodes.end())
            return broken(fmt::format("opcode 0x{:02x} is not known", opcode));
        std::string name(known->second);
        if (opcode == 'c') {  // two lines follow: module and name
            const std::size_t end = bytes_.find('\n', at_);
            const std::size_t second =
                end == std::string_view::npos ? end : bytes_.find('\n', end + 1);
            if (second != std::string_view::npos && second - at_ < 200)
                name += fmt::format(" '{}.{}'", bytes_.substr(at_, end - at_),
                                    bytes_.substr(end + 1, second - end - 1));
        }
        return broken(name +
                      " is refused: a dump is read as plain values, and nothing in it is run");
    }

    Result<void> perform(unsigned char opcode) {
        switch (opcode) {
            case 0x80: {  // PROTO
                const std::optional<unsigned char> version = byte();
                if (!version) return cut();
                if (*version < 2 || *version > 5)
                    return broken(fmt::format("protocol {} is not read; 2 to 5 are", *version));
                return {};
            }
            case 0x95:  // FRAME
                return number(8) ? Result<void>() : cut();
            case '.':
                return stop();
            case '(':
                marks_.push_back(stack_.size());
                return {};
            case '0': {  // POP, also of a mark
                if (available() == 0 && !marks_.empty()) {
                    marks_.pop_back();
                    return {};
                }
                const auto dropped = last(1);
                return dropped.ok() ? Result<void>() : Result<void>(dropped.error());
            }
            case '1': {  // POP_MARK
                const auto dropped = sinceMark();
                return dropped.ok() ? Result<void>() : Result<void>(dropped.error());
            }
            case '2':  // DUP
                if (available() == 0) return broken("the stack holds too few values");
                stack_.push_back(stack_.back());
                return {};
            default:
                return performValue(opcode);
        }
    }

    Result<void> performValue(unsigned char opcode) {
        const auto integer = [&](int size, auto from) -> Result<void> {
            const std::optional<std::uint64_t> value = number(size);
            return value ? makeInteger(from(*value)) : cut();
        };
        const auto asIs = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
        switch (opcode) {
            case 'N':
                make(Kind::None);
                return {};
            case 0x88:
            case 0x89:
                make(Kind::Boolean).integer = opcode == 0x88 ? 1 : 0;
                return {};
            case 'J':
                return integer(4, [](std::uint64_t value) {
                    return std::int64_t{static_cast<std::int32_t>(value)};
                });
            case 'K':
                return integer(1, asIs);
            case 'M':
                return integer(2, asIs);
            case 0x8a:
                return makeLong(1);
            case 0x8b:
                return makeLong(4);
            case 'G': {  // big endian
                const std::optional<std::string_view> bytes = take(8);
                if (!bytes) return cut();
                std::uint64_t value = 0;
                for (const char c : *bytes) value = value << 8U | static_cast<unsigned char>(c);
                make(Kind::Real).real = std::bit_cast<double>(value);
                return {};
            }
            case 'X':
                return makeText(Kind::Text, 4);
            case 0x8c:
                return makeText(Kind::Text, 1);
            case 0x8d:
                return makeText(Kind::Text, 8);
            case 'T':
                return makeText(Kind::Text, 4);
            case 'U':
                return makeText(Kind::Text, 1);
            case 'B':
                return makeText(Kind::Bytes, 4);
            case 'C':
                return makeText(Kind::Bytes, 1);
            case 0x8e:
                return makeText(Kind::Bytes, 8);
            default:
                return performContainer(opcode);
        }
    }

    Result<void> performContainer(unsigned char opcode) {
        const auto ofMarked = [&](Kind kind) -> Result<void> {
            RINGSCOPE_TRY(std::vector<const PickleValue*> items, sinceMark());
            return makeOf(kind, std::move(items));
        };
        const auto ofLast = [&](std::size_t count) -> Result<void> {
            RINGSCOPE_TRY(std::vector<const PickleValue*> items, last(count));
            return makeOf(Kind::Tuple, std::move(items));
        };
        const auto appendMarked = [&](Kind kind) -> Result<void> {
            RINGSCOPE_TRY(std::vector<const PickleValue*> items, sinceMark());
            return append(kind, std::move(items));
        };
        const auto appendLast = [&](Kind kind, std::size_t count) -> Result<void> {
            RINGSCOPE_TRY(std::vector<const PickleValue*> items, last(count));
            return append(kind, std::move(items));
        };
        const auto memo = [&](int size, bool put) -> Result<void> {
            const std::optional<std::uint64_t> which = number(size);
            if (!which) return cut();
            return put ? remember(*which) : recall(*which);
        };
        switch (opcode) {
            case ']':
                return makeOf(Kind::List, {});
            case ')':
                return makeOf(Kind::Tuple, {});
            case '}':
                return makeOf(Kind::Map, {});
            case 'l':
                return ofMarked(Kind::List);
            case 't':
                return ofMarked(Kind::Tuple);
            case 'd':
                return ofMarked(Kind::Map);
            case 0x85:
            case 0x86:
            case 0x87:
                return ofLast(opcode - 0x84U);
            case 'a':
                return appendLast(Kind::List, 1);
            case 'e':
                return appendMarked(Kind::List);
            case 's':
                return appendLast(Kind::Map, 2);
            case 'u':
                return appendMarked(Kind::Map);
            case 'q':
                return memo(1, true);
            case 'r':
                return memo(4, true);
            case 'h':
                return memo(1, false);
            case 'j':
                return memo(4, false);
            case 0x94:  // MEMOIZE
                return remember(memo_.size());
            default:
                return refuse(opcode);
        }
    }

    Result<void> stop() {
        if (stack_.size() != 1 || !marks_.empty())
            return broken(fmt::format("it stops with {} values; expected one", stack_.size()));
        made_.root_ = stack_.front();
        ended_ = true;
        return {};
    }

    std::string_view bytes_;
    Pickle& made_;
    std::size_t at_ = 0;
    std::size_t opcodeAt_ = 0;
    bool ended_ = false;
    std::vector<PickleValue*> stack_;
    std::vector<std::size_t> marks_;  // how high the stack was
    std::unordered_map<std::uint64_t, PickleValue*> memo_;
};

Result<Pickle> Pickle::read(std::string_view bytes) {
    if (!bytes.empty() && static_cast<unsigned char>(bytes.front()) != 0x80)
        return Error{ErrorCode::Corrupt, "this is no pickle of protocol 2 to 5"};
    Pickle pickle;
    RINGSCOPE_CHECK(PickleMachine(bytes, pickle).run());
    return pickle;
}

}  // namespace ringscope
