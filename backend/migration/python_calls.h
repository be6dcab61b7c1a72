// Calls in Python code that make or wrap an attention, as keys. The code is read as text and never
// executed.
//
//     attn = create_ring_attention("standard", ring_size=4)
//
//     path                               rule                     value
//     create_ring_attention              ring_class               call
//     create_ring_attention.kind         ring.kind                standard
//     create_ring_attention.ring_size    ring.ring_size           4
#pragma once

#include "backend/migration/source_tree.h"

#include <optional>
#include <string_view>
#include <vector>

namespace ringscope {

struct PythonCalls {
    std::vector<SourceKey> keys;         // in the order of the text
    std::optional<YamlProblem> problem;  // no known call, a text that does not end
    bool hasNone = false;                // the first of these
};

PythonCalls readPythonCalls(std::string_view text);

// Whether the text has a line that only Python begins so.
bool looksLikePython(std::string_view text);

}  // namespace ringscope
