// A chat template's program as the texts that it writes. It is read, not run.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ringscope {

// Texts that the program may write, in its order: those in quotes in {{ … }} and {% … %} with their
// escapes resolved, and what stands outside of both. Without comments, without the sentences of
// raise_exception(…), and without what is written only where there are tools.
std::vector<std::string> chatProgramTexts(std::string_view program);

// The program without spaces outside of quotes, with one kind of quotes and their escapes resolved,
// without the marks that trim spaces around a part, and with + between expressions that follow each
// other.
std::string squeezedProgram(std::string_view program);

}  // namespace ringscope
