// What a kernel's name says of its work, for traces that other tools recorded.
//
//   transfer   nccl*AllReduce*   all-reduce
//
// resources/trace/kernel_classes.txt says how a line reads, and is what builtIn() holds. A user's
// own lines stand in kernelRuleFile() (backend/trace/trace_files.h) and count before those.
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

struct KernelRule {
    std::string pattern{};  // lower case
    KernelMeaning meaning{};
    std::string file{};  // where it stands; empty: built in
    int line = 0;
};

class KernelRules {
public:
    static const KernelRules& builtIn();
    // The file's lines, then the built-in ones.
    static Result<KernelRules> read(const std::filesystem::path& file);
    // The lines of `first`, if it is named, then the user's own, if there are any, then the
    // built-in ones.
    static Result<KernelRules> known(const std::filesystem::path& first = {});
    // Errors begin with "file:line:column: ".
    static Result<KernelRules> parse(std::string_view text, const std::string& file);

    const std::vector<KernelRule>& rules() const { return rules_; }
    // The first rule that fits; nothing where none does.
    const KernelRule* ruleFor(std::string_view kernel) const;
    // What that rule says; a kernel that none fits computes.
    KernelMeaning meaningOf(std::string_view kernel) const;

private:
    void append(const KernelRules& others);

    std::vector<KernelRule> rules_;
};

// Appends a line to a rule file, which is made where there is none. Refuses a line that parse()
// would not read, and one that the file holds already.
Result<void> saveKernelRule(const std::filesystem::path& file, const std::string& line);

}  // namespace ringscope
