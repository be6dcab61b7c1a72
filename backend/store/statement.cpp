#include "backend/store/statement.h"

#include <sqlite3.h>
#include <cmath>
#include <limits>

namespace ringscope::store {

Statement::Statement(Database& database, std::string_view sql) : database_(database) {
    noteFailure(::sqlite3_prepare_v2(database.handle(), sql.data(), static_cast<int>(sql.size()),
                                     &statement_, nullptr));
}

Statement::~Statement() { ::sqlite3_finalize(statement_); }

void Statement::bind(std::int64_t value) {
    noteFailure(::sqlite3_bind_int64(statement_, ++bound_, value));
}

void Statement::bind(std::string_view value) {
    // An empty view may have a null address, which SQLite would store as NULL.
    const char* start = value.data() != nullptr ? value.data() : "";
    noteFailure(::sqlite3_bind_text64(statement_, ++bound_, start, value.size(), SQLITE_TRANSIENT,
                                      SQLITE_UTF8));
}

void Statement::bind(std::nullptr_t) { noteFailure(::sqlite3_bind_null(statement_, ++bound_)); }

void Statement::bind(double value) {
    noteFailure(::sqlite3_bind_double(statement_, ++bound_, value));
}

void Statement::bindAnyReal(double value) {
    if (std::isfinite(value)) {
        bind(value);
        bind(nullptr);
        return;
    }
    bind(nullptr);
    bind(std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
}

Result<bool> Statement::next() {
    if (failure_) return *failure_;
    column_ = 0;
    const int code = ::sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    noteFailure(code);
    return *failure_;
}

Result<void> Statement::finish() {
    RINGSCOPE_CHECK(next());
    return {};
}

std::int64_t Statement::integer() { return ::sqlite3_column_int64(statement_, column_++); }

double Statement::real() {
    if (isNull()) {
        ++column_;
        return std::numeric_limits<double>::quiet_NaN();
    }
    return ::sqlite3_column_double(statement_, column_++);
}

std::string Statement::text() {
    const unsigned char* start = ::sqlite3_column_text(statement_, column_);
    const int size = ::sqlite3_column_bytes(statement_, column_++);
    if (start == nullptr) return {};
    return {reinterpret_cast<const char*>(start), static_cast<std::size_t>(size)};
}

double Statement::anyReal() {
    const double number = real();
    const std::string special = text();
    if (special == "inf") return std::numeric_limits<double>::infinity();
    if (special == "-inf") return -std::numeric_limits<double>::infinity();
    return number;
}

std::optional<std::int64_t> Statement::integerIfAny() {
    if (!isNull()) return integer();
    ++column_;
    return std::nullopt;
}

std::optional<double> Statement::realIfAny() {
    if (!isNull()) return real();
    ++column_;
    return std::nullopt;
}

std::optional<std::string> Statement::textIfAny() {
    if (!isNull()) return text();
    ++column_;
    return std::nullopt;
}

bool Statement::isNull() const { return ::sqlite3_column_type(statement_, column_) == SQLITE_NULL; }

void Statement::noteFailure(int code) {
    if (code != SQLITE_OK && !failure_) failure_ = database_.error(code);
}

}  // namespace ringscope::store
