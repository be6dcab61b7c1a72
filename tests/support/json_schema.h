// Whether a value is what a JSON schema says: the words that resources/schema/serve_openapi.json
// uses, and no others.
#pragma once

#include <nlohmann/json.hpp>

#include <string>

namespace ringscope::test {

// Where and why the value is not what the schema says; empty: it is. A "$ref" is looked up in
// `document`. A word of a schema that is not known here is a mismatch, too.
std::string schemaMismatch(const nlohmann::json& document, const nlohmann::json& schema,
                           const nlohmann::json& value);

}  // namespace ringscope::test
