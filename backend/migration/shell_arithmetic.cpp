#include "backend/migration/shell_arithmetic.h"

#include <cctype>

namespace ringscope {
namespace {

constexpr int deepestParentheses = 50;

class Arithmetic {
public:
    explicit Arithmetic(std::string_view text) : text_(text) {}

    std::optional<std::int64_t> value() {
        const std::optional<std::int64_t> sum = readSum(0);
        skipBlanks();
        return at_ == text_.size() ? sum : std::nullopt;
    }

private:
    using Number = std::optional<std::int64_t>;

    void skipBlanks() {
        while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0)
            ++at_;
    }
    bool takes(char c) {
        skipBlanks();
        if (at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }

    Number readSum(int depth) {
        Number left = readProduct(depth);
        while (left) {
            std::int64_t result = 0;
            if (takes('+')) {
                const Number right = readProduct(depth);
                if (!right || __builtin_add_overflow(*left, *right, &result)) return {};
            } else if (takes('-')) {
                const Number right = readProduct(depth);
                if (!right || __builtin_sub_overflow(*left, *right, &result)) return {};
            } else {
                break;
            }
            left = result;
        }
        return left;
    }

    Number readProduct(int depth) {
        Number left = readFactor(depth);
        while (left) {
            std::int64_t result = 0;
            if (takes('*')) {
                const Number right = readFactor(depth);
                if (!right || __builtin_mul_overflow(*left, *right, &result)) return {};
            } else if (takes('/')) {
                const Number right = readFactor(depth);
                if (!right || *right <= 0) return {};
                result = *left / *right;
            } else if (takes('%')) {
                const Number right = readFactor(depth);
                if (!right || *right <= 0) return {};
                result = *left % *right;
            } else {
                break;
            }
            left = result;
        }
        return left;
    }

    Number readFactor(int depth) {
        if (depth > deepestParentheses) return {};
        if (takes('(')) {
            const Number inner = readSum(depth + 1);
            return takes(')') ? inner : Number();
        }
        if (takes('-')) {
            const Number inner = readFactor(depth + 1);
            std::int64_t result = 0;
            return inner && !__builtin_sub_overflow(std::int64_t{0}, *inner, &result)
                       ? Number(result)
                       : Number();
        }
        skipBlanks();
        std::int64_t number = 0;
        std::size_t digits = 0;
        for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_, ++digits)
            if (__builtin_mul_overflow(number, std::int64_t{10}, &number) ||
                __builtin_add_overflow(number, std::int64_t{text_[at_] - '0'}, &number))
                return {};
        return digits > 0 ? Number(number) : Number();
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace

std::optional<std::int64_t> shellArithmetic(std::string_view text) {
    return Arithmetic(text).value();
}

}  // namespace ringscope
