// What an option's value must be, with the sentence for one that is not.
#pragma once

#include <CLI/Error.hpp>
#include <CLI/Validators.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope::cli {

// "expected a whole number from 0; got '-3'"
CLI::Validator wholeNumber(std::int64_t least,
                           std::int64_t most = std::numeric_limits<std::int64_t>::max());

// "expected a number; got 'a'"
CLI::Validator realNumber();

// "expected a name; got an empty one"
CLI::Validator notEmpty();

// "expected one of auto, always, never; got 'alwys'; did you mean 'always'?"
CLI::Validator oneOfWords(std::vector<std::string> words);

// What --set takes for the field of this path: "expected one of fp32, bf16, …; got 'int4'"
CLI::Validator valueOfField(std::string_view path);

}  // namespace ringscope::cli
