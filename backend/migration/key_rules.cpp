#include "backend/migration/key_rules.h"

namespace ringscope {

bool KeyRule::covers(std::string_view key) const {
    const bool beginning = path.ends_with('.') || path.ends_with('_');
    return beginning ? key.starts_with(path) : key == path;
}

const KeyRule* findRule(std::span<const KeyRule> rules, std::string_view key) {
    const KeyRule* best = nullptr;
    for (const KeyRule& rule : rules)
        if (rule.covers(key) && (best == nullptr || rule.path.size() > best->path.size()))
            best = &rule;
    return best;
}

}  // namespace ringscope
