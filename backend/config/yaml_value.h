// A YAML node as the plain text a user would type for the same field on a command line.
#pragma once

#include "backend/config/field_table.h"
#include "backend/config/yaml_tree.h"
#include "backend/core/result.h"

#include <string>

namespace ringscope {

// Fails for a node that cannot be a value of this field's type: a map, a list where one value is
// wanted, a number in quotes. Field::set checks the text itself.
Result<std::string> typedText(const Field& field, const YamlNode& node);

// Whether a list is one value of the field.
bool takesList(const Field& field);

// "'twelve'", "a list", "nothing"
std::string described(const YamlNode& node);

}  // namespace ringscope
