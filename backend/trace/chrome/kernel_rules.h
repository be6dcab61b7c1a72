// What a kernel's name says of its work, for traces that other tools recorded.
//
//   transfer   nccl*AllReduce*   all-reduce
//
// resources/trace/kernel_classes.txt says how a line reads, and is what builtIn() holds.
#pragma once

#include "backend/core/result.h"
#include "backend/trace/span.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

struct KernelMeaning {
    SpanKind kind = SpanKind::Compute;
    Operation operation = Operation::Kernel;
    bool operator==(const KernelMeaning&) const = default;
};

class KernelRules {
public:
    static const KernelRules& builtIn();
    // The file's lines, then the built-in ones.
    static Result<KernelRules> read(const std::filesystem::path& file);
    static Result<KernelRules> parse(std::string_view text);

    // Of the first rule that fits; a kernel that none fits computes.
    KernelMeaning meaningOf(std::string_view kernel) const;

private:
    struct Rule {
        std::string pattern;  // lower case
        KernelMeaning meaning;
    };
    std::vector<Rule> rules_;
};

}  // namespace ringscope
