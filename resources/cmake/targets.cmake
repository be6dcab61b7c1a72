# How a folder says what it builds. Every CMakeLists.txt in the tree uses these two functions.
#
#   ringscope_library(plan  layout.cpp layout.h modes/ring.cpp  PUBLIC ringscope::core  PRIVATE fmt::fmt)
#       static library `ringscope_plan`, alias `ringscope::plan`. Headers are included from the
#       repository root ("backend/plan/layout.h"). Without a .cpp/.cu file it is an INTERFACE library.
#
#   ringscope_program(cli  main.cpp run_verb.cpp  OUTPUT ringscope  LINK ringscope::run CLI11::CLI11)
#       executable `ringscope_program_cli`, in build/bin under the name OUTPUT.
#
#   ringscope_test(plan_tests  layout_test.cpp ring_test.cpp  LINK ringscope::plan  LABELS unit)
#       GoogleTest executable in build/bin, one ctest entry per TEST; one per suite where the only
#       label is `torch`, since a program with libtorch takes 0.4 s to start, and under a sanitizer,
#       where any program takes some time to start. Options:
#         LABELS       ctest labels; `unit` when absent. `ctest -L unit` is what the sanitizers run,
#                      so a test that needs torch, Qt or real processes says `torch`, `ui` or `e2e`.
#         ENVIRONMENT  NAME=value ...   for the running test
#         TIMEOUT      seconds per TEST; 60 when absent. Ten times as many per suite
#         SUITES       one ctest entry per suite, also without `torch`
#         SERIAL       never runs beside another test (it measures time, or wants every core)
#         NO_MAIN      the sources bring their own main(); gtest_main is not linked
#         HEADERS      which precompiled headers it reads: plain, torch (when absent: torch where the
#                      first label is `torch`), or none. Flags must be those of the headers' target.
#
#   Tests are compiled without optimisation: half the time, and what they test has it. Only
#   ThreadSanitizer is in their own code, too, since threads share what is theirs. So with any other
#   sanitizer they are compiled as without one, and ccache compiles them once for all of these builds
#   whose folders lie side by side (CMakePresets.json).
#
# Warnings, language level and sanitizers come with the target; nobody repeats them.

# Several files are compiled as one: what their headers cost is paid once (decision 15). So names in
# unnamed namespaces differ within a library or a test program. Files with options of their own are compiled alone.
function(ringscope_unity target)
    if(RINGSCOPE_UNITY)
        set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 16)
        # GCC takes every file but the first one for a header, and warns of their unnamed namespaces.
        target_compile_options(${target} PRIVATE "$<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-subobject-linkage>")
    endif()
endfunction()

function(ringscope_library name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "PUBLIC;PRIVATE")
    string(REGEX REPLACE "^ringscope_" "" name "${name}")
    set(target ringscope_${name})

    set(compiled ${arg_UNPARSED_ARGUMENTS})
    list(FILTER compiled INCLUDE REGEX "\\.(c|cc|cpp|cu)$")
    if(NOT compiled)
        add_library(${target} INTERFACE)
        target_link_libraries(${target} INTERFACE ringscope_options ${arg_PUBLIC} ${arg_PRIVATE})
    else()
        add_library(${target} STATIC ${arg_UNPARSED_ARGUMENTS})
        set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
        ringscope_unity(${target})
        target_link_libraries(${target}
            PUBLIC ringscope_options ${arg_PUBLIC}
            PRIVATE ringscope_warnings ringscope_sanitized ${arg_PRIVATE})
    endif()
    add_library(ringscope::${name} ALIAS ${target})
endfunction()

function(ringscope_program name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "OUTPUT" "LINK")
    set(target ringscope_program_${name})
    add_executable(${target} ${arg_UNPARSED_ARGUMENTS})
    target_link_libraries(${target} PRIVATE ringscope_options ringscope_warnings ringscope_sanitized ${arg_LINK})
    ringscope_unity(${target})
    if(arg_OUTPUT)
        set_target_properties(${target} PROPERTIES OUTPUT_NAME ${arg_OUTPUT})
    endif()
endfunction()

function(ringscope_test_options target)
    target_compile_options(${target} PRIVATE "$<$<CONFIG:RelWithDebInfo>:-O0>")
    if(RINGSCOPE_SANITIZE MATCHES thread)
        target_link_libraries(${target} PRIVATE ringscope_sanitized)
    endif()
    if(RINGSCOPE_UNITY AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        target_compile_options(${target} PRIVATE -fpch-preprocess)  # lets ccache see the headers
    endif()
endfunction()

# ringscope_as_test(TARGET torch): compiled as tests are, with their precompiled headers (or none).
function(ringscope_as_test target headers)
    ringscope_test_options(${target})
    if(RINGSCOPE_UNITY AND NOT headers STREQUAL "none")
        target_precompile_headers(${target} REUSE_FROM ringscope_${headers}_test_headers)
    endif()
endfunction()

# ringscope_test_headers(plain  LIBRARIES GTest::gmock  HEADERS <gtest/gtest.h> <vector>)
#     headers that tests read, compiled once; ringscope_test(... HEADERS plain) uses them.
function(ringscope_test_headers name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LIBRARIES;HEADERS")
    set(target ringscope_${name}_test_headers)
    add_library(${target} OBJECT "${PROJECT_SOURCE_DIR}/tests/support/headers.cpp")
    target_link_libraries(${target} PRIVATE ringscope_options ringscope_warnings ${arg_LIBRARIES})
    ringscope_test_options(${target})
    target_precompile_headers(${target} PRIVATE ${arg_HEADERS})
endfunction()

# An entry for each suite, listed when ctest starts, which runs them before those of one test: the
# last to end would keep one core. ARGN: properties of each.
function(ringscope_add_suites name timeout)
    math(EXPR timeout "10 * ${timeout}")
    list(JOIN ARGN " " others)
    set(file "${CMAKE_CURRENT_BINARY_DIR}/${name}_suites.cmake")
    file(GENERATE OUTPUT "${file}" CONTENT
"set(program \"$<TARGET_FILE:${name}>\")
set(list \"${CMAKE_CURRENT_BINARY_DIR}/${name}_suites.txt\")
set(properties TIMEOUT ${timeout} COST 100 ${others})
include(\"${PROJECT_SOURCE_DIR}/resources/cmake/add_suites.cmake\")
")
    set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${file}")
endfunction()

function(ringscope_test name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "SERIAL;NO_MAIN;SUITES" "TIMEOUT;HEADERS" "LINK;LABELS;ENVIRONMENT")
    if(NOT arg_LABELS)
        set(arg_LABELS unit)
    endif()
    list(GET arg_LABELS 0 label)
    if(NOT arg_HEADERS)
        set(arg_HEADERS plain)
        if(label STREQUAL "torch")
            set(arg_HEADERS torch)
        endif()
    endif()
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 60)
    endif()

    add_executable(${name} ${arg_UNPARSED_ARGUMENTS})
    target_link_libraries(${name} PRIVATE ringscope_options ringscope_warnings ${arg_LINK} GTest::gmock)
    ringscope_unity(${name})
    ringscope_as_test(${name} ${arg_HEADERS})
    # What a sanitizer's preset builds: targets tests_unit, tests_threads, tests_torch, tests_ui ...
    if(NOT TARGET tests_${label})
        add_custom_target(tests_${label})
    endif()
    add_dependencies(tests_${label} ${name})
    if(NOT arg_NO_MAIN)
        target_link_libraries(${name} PRIVATE GTest::gtest_main)
    endif()

    if(arg_LABELS STREQUAL "torch")
        ringscope_add_suites(${name} ${arg_TIMEOUT} LABELS torch)
        return()
    elseif(arg_SUITES OR (RINGSCOPE_SANITIZE AND NOT label STREQUAL "ui"))
        ringscope_add_suites(${name} ${arg_TIMEOUT} LABELS ${arg_LABELS} ENVIRONMENT ${arg_ENVIRONMENT})
        return()
    endif()
    set(properties TIMEOUT ${arg_TIMEOUT})
    if(arg_SERIAL)
        list(APPEND properties RUN_SERIAL TRUE)
    endif()
    # Lists are handed over with an escaped separator: gtest_discover_tests writes them into a script.
    string(REPLACE ";" "\\;" labels "${arg_LABELS}")
    list(APPEND properties LABELS "${labels}")
    if(arg_ENVIRONMENT)
        string(REPLACE ";" "\\;" environment "${arg_ENVIRONMENT}")
        list(APPEND properties ENVIRONMENT "${environment}")
    endif()
    # PRE_TEST: tests are listed when ctest starts, so a build needs no working libtorch or display.
    gtest_discover_tests(${name}
        DISCOVERY_MODE PRE_TEST
        DISCOVERY_TIMEOUT 60
        PROPERTIES ${properties})
endfunction()
