// One prepared statement. Values are bound in the order of its question marks, columns are read in
// the order of its SELECT list.
//
//     Statement query(database, "SELECT name, ranks FROM run WHERE mode = ?", "zigzag");
//     RINGSCOPE_TRY(bool found, query.next());
//     while (found) { use(query.text(), query.integer()); ... found = next }
//
// If a statement cannot be prepared or bound, next() and finish() fail.
#pragma once

#include "backend/core/result.h"
#include "backend/store/database.h"

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3_stmt;

namespace ringscope::store {

class Statement {
public:
    // The database must outlive the statement. Text is copied.
    Statement(Database& database, std::string_view sql);
    template <typename... Values>
    Statement(Database& database, std::string_view sql, const Values&... values)
        : Statement(database, sql) {
        (bind(values), ...);
    }
    ~Statement();
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    void bind(std::int64_t value);
    void bind(std::integral auto value) { bind(static_cast<std::int64_t>(value)); }
    void bind(std::string_view value);
    void bind(const std::string& value) { bind(std::string_view(value)); }
    void bind(const char* value) { bind(std::string_view(value)); }
    void bind(std::nullptr_t);
    void bind(double value);  // NaN becomes NULL
    template <typename Value>
    void bind(const std::optional<Value>& value) {
        value ? bind(*value) : bind(nullptr);
    }
    // Two question marks: the number, and "nan", "inf" or "-inf" if it is not finite.
    void bindAnyReal(double value);

    // Moves to the next row and its first column. Returns false after the last row.
    Result<bool> next();
    // For a statement without rows.
    Result<void> finish();

    std::int64_t integer();
    bool flag() { return integer() != 0; }
    double real();  // NULL is NaN
    std::string text();
    double anyReal();  // two columns, as bindAnyReal wrote them
    std::optional<std::int64_t> integerIfAny();
    std::optional<double> realIfAny();
    std::optional<std::string> textIfAny();
    void skip(int columns) { column_ += columns; }

private:
    bool isNull() const;
    void noteFailure(int code);

    Database& database_;
    sqlite3_stmt* statement_ = nullptr;
    std::optional<Error> failure_;  // the first one
    int bound_ = 0;
    int column_ = 0;
};

}  // namespace ringscope::store
