# What every target is compiled with: language, optimisation, warnings, sanitizers, ccache, CUDA or not.
#
#   ringscope_options    language level, include root (the repository), threads, linking with sanitizers
#   ringscope_warnings   -Wall -Wextra -Wpedantic -Werror
#   ringscope_sanitized  what sanitizers add to the code: of libraries and programs
# They come with ringscope_library, ringscope_program and ringscope_test.
# After this file RINGSCOPE_WITH_CUDA is ON or OFF; RINGSCOPE_CUDA is only what was asked for.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
endif()
# Line tables only: stack traces name file and line, and the torch-facing objects stay small.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")
set(CMAKE_CUDA_FLAGS_RELWITHDEBINFO "-O2")

# One cache for every checkout: paths under the repository are hashed relative to it.
find_program(RINGSCOPE_CCACHE ccache)
if(RINGSCOPE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(launcher "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" CCACHE_NOHASHDIR=1
        CCACHE_SLOPPINESS=pch_defines,time_macros "${RINGSCOPE_CCACHE}")
    set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
    set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
    set(CMAKE_CUDA_COMPILER_LAUNCHER ${launcher})
endif()

find_package(Threads REQUIRED)

add_library(ringscope_options INTERFACE)
target_include_directories(ringscope_options INTERFACE "${PROJECT_SOURCE_DIR}")
target_link_libraries(ringscope_options INTERFACE Threads::Threads)
add_library(ringscope_sanitized INTERFACE)
if(RINGSCOPE_SANITIZE)
    string(REPLACE ";" "," sanitizers "${RINGSCOPE_SANITIZE}")
    # -Og compiles in two thirds of the time of -O1, and in half of -O2's.
    target_compile_options(ringscope_sanitized INTERFACE
        -fsanitize=${sanitizers} -fno-omit-frame-pointer -fno-sanitize-recover=all "$<$<CONFIG:RelWithDebInfo>:-Og>")
    if(sanitizers MATCHES undefined AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # A third of the compiler's time, for what AddressSanitizer and the fuzzers' build find.
        target_compile_options(ringscope_sanitized INTERFACE
            -fno-sanitize=alignment,nonnull-attribute,null,object-size,returns-nonnull-attribute)
    endif()
    target_link_options(ringscope_options INTERFACE -fsanitize=${sanitizers})
endif()

if(RINGSCOPE_FUZZ)  # libFuzzer follows which branches an input took
    target_compile_options(ringscope_sanitized INTERFACE -fsanitize=fuzzer-no-link)
    target_link_options(ringscope_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

add_library(ringscope_warnings INTERFACE)
target_compile_options(ringscope_warnings INTERFACE
    "$<$<COMPILE_LANGUAGE:C,CXX>:-Wall;-Wextra;-Wpedantic;-Werror>"
    "$<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-Wall,-Wextra;-Werror=all-warnings>")

# CUDA: looked for before CMake's own check, which would stop with an error.
set(RINGSCOPE_WITH_CUDA OFF)
string(TOUPPER "${RINGSCOPE_CUDA}" cuda_wanted)
if(NOT RINGSCOPE_RANK)
    set(cuda_reason "no ranks are built")
elseif(cuda_wanted STREQUAL "OFF")
    set(cuda_reason "RINGSCOPE_CUDA=OFF")
else()
    execute_process(
        COMMAND "${PROJECT_SOURCE_DIR}/resources/setup/find_cuda.sh"
        OUTPUT_VARIABLE cuda_reason OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE cuda_missing)
    if(cuda_missing EQUAL 0)
        set(RINGSCOPE_WITH_CUDA ON)
        set(RINGSCOPE_NVCC "${cuda_reason}")
    elseif(NOT cuda_wanted STREQUAL "AUTO")
        message(FATAL_ERROR "RINGSCOPE_CUDA=${RINGSCOPE_CUDA}, but ${cuda_reason}. Set RINGSCOPE_CUDA=OFF for the CPU build.")
    endif()
endif()
if(RINGSCOPE_WITH_CUDA)
    set(CMAKE_CUDA_COMPILER "${RINGSCOPE_NVCC}")
    if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
        set(CMAKE_CUDA_ARCHITECTURES 80-real 90-real 90-virtual)
    endif()
    enable_language(CUDA)
    if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)  # CMake 3.25 does not know that nvcc 13 speaks C++20
        set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
        set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION -std=c++20)
    endif()
    set(CMAKE_CUDA_STANDARD 20)
    set(CMAKE_CUDA_STANDARD_REQUIRED ON)
    set(CMAKE_CUDA_RUNTIME_LIBRARY Shared)  # the one libtorch_cuda uses
endif()
message(STATUS "Ringscope: GUI ${RINGSCOPE_GUI}, rank ${RINGSCOPE_RANK}, CUDA ${RINGSCOPE_WITH_CUDA} (${cuda_reason}), "
               "tests ${RINGSCOPE_TESTS}, sanitizers '${RINGSCOPE_SANITIZE}'")
