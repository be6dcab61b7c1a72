#include "backend/config/yaml_value.h"

#include "backend/config/value_kind.h"
#include "backend/config/value_text.h"

namespace ringscope {
namespace {

using Kind = YamlNode::Kind;

bool takesText(const Field& field) {
    return field.type == FieldType::Text || field.type == FieldType::Choice ||
           field.type == FieldType::Size || field.type == FieldType::TextList;
}

Result<std::string> listText(const Field& field, const YamlNode& node) {
    std::vector<std::string> items;
    for (const YamlNode& item : node.items) {
        const bool separable = item.text.find_first_of(",[]") == std::string::npos;
        if (item.kind != Kind::Scalar || !separable || (item.quoted && !takesText(field)))
            return refusedValue(field.expected, "a list with " + described(item));
        items.push_back(item.text);
    }
    return formatTextList(items);
}

}  // namespace

Result<std::string> typedText(const Field& field, const YamlNode& node) {
    if (node.kind == Kind::Null && field.nullable) return std::string("null");
    if (node.kind == Kind::List && (takesList(field) || field.alsoList))
        return listText(field, node);
    if (node.kind != Kind::Scalar) return refusedValue(field.expected, described(node));
    if (node.quoted && !takesText(field))
        return refusedValue(field.expected, described(node) + "; remove the quotes");
    return node.text;
}

bool takesList(const Field& field) {
    return field.type == FieldType::StepRange || field.type == FieldType::TextList ||
           field.type == FieldType::IntegerList || field.type == FieldType::RealList;
}

std::string described(const YamlNode& node) {
    switch (node.kind) {
        case Kind::Null:
            return "nothing";
        case Kind::Scalar:
            return (node.quoted ? "the text " : "") + shown(node.text);
        case Kind::List:
            return "a list";
        case Kind::Map:
            return "a map";
    }
    return {};
}

}  // namespace ringscope
