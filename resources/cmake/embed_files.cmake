# Run at build time by embed.cmake: writes HEADER and SOURCE holding FILES as constants.
# In: SYMBOL, SHAPE (TEXT: one string_view; FILES: name and text of each), HEADER, SOURCE,
# FILES (separated by |).

string(REPLACE "|" ";" FILES "${FILES}")

set(arrays "")
set(rows "")
set(index 0)
foreach(file IN LISTS FILES)
    file(READ "${file}" hex HEX)
    string(LENGTH "${hex}" digits)
    math(EXPR length "${digits} / 2")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${hex}")
    # 8 bytes a line, and a closing zero so that an empty file is an array as well.
    string(REGEX REPLACE "(('[^']*',)('[^']*',)('[^']*',)('[^']*',)('[^']*',)('[^']*',)('[^']*',)('[^']*',))" "\\1\n    " bytes "${bytes}")
    cmake_path(GET file FILENAME name)
    string(APPEND arrays "constexpr char bytes${index}[] = {\n    ${bytes}'\\0'};\n")
    string(APPEND rows "    File{\"${name}\", std::string_view{bytes${index}, ${length}}},\n")
    if(index EQUAL 0)
        set(first_length ${length})
    endif()
    math(EXPR index "${index} + 1")
endforeach()

set(header_text "// Generated from a file in the repository; see resources/cmake/embed.cmake.\n#pragma once\n\n#include <string_view>\n")
set(source_text "// Generated from a file in the repository; see resources/cmake/embed.cmake.\n#include \"embedded/${SYMBOL}.h\"\n\nnamespace ringscope::embedded {\nnamespace {\n${arrays}")
if(SHAPE STREQUAL "TEXT")
    string(APPEND header_text "\nnamespace ringscope::embedded {\nextern const std::string_view ${SYMBOL};\n}  // namespace ringscope::embedded\n")
    string(APPEND source_text "}  // namespace\n\nconstinit const std::string_view ${SYMBOL}{bytes0, ${first_length}};\n}  // namespace ringscope::embedded\n")
else()
    string(APPEND header_text "#include <span>\n\n#ifndef RINGSCOPE_EMBEDDED_FILE\n#define RINGSCOPE_EMBEDDED_FILE\nnamespace ringscope::embedded {\nstruct File {\n    std::string_view name;  // without its folder\n    std::string_view text;\n};\n}  // namespace ringscope::embedded\n#endif\n\nnamespace ringscope::embedded {\nextern const std::span<const File> ${SYMBOL};\n}  // namespace ringscope::embedded\n")
    string(APPEND source_text "constexpr File files[] = {\n${rows}};\n}  // namespace\n\nconstinit const std::span<const File> ${SYMBOL}{files};\n}  // namespace ringscope::embedded\n")
endif()
file(WRITE "${HEADER}" "${header_text}")
file(WRITE "${SOURCE}" "${source_text}")
