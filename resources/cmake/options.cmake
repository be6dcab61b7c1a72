# What every target is compiled with: language, optimisation, warnings, sanitizers, ccache, CUDA or not.
#
#   ringscope_options   language level, include root (the repository), threads, sanitizers
#   ringscope_warnings  -Wall -Wextra -Wpedantic -Werror
# Both come with ringscope_library, ringscope_program and ringscope_test.
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
    set(launcher "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" CCACHE_NOHASHDIR=1 "${RINGSCOPE_CCACHE}")
    set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
    set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
    set(CMAKE_CUDA_COMPILER_LAUNCHER ${launcher})
endif()

find_package(Threads REQUIRED)

add_library(ringscope_options INTERFACE)
target_include_directories(ringscope_options INTERFACE "${PROJECT_SOURCE_DIR}")
target_compile_features(ringscope_options INTERFACE cxx_std_20)
target_link_libraries(ringscope_options INTERFACE Threads::Threads)
if(RINGSCOPE_SANITIZE)
    string(REPLACE ";" "," sanitizers "${RINGSCOPE_SANITIZE}")
    target_compile_options(ringscope_options INTERFACE
        -fsanitize=${sanitizers} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(ringscope_options INTERFACE -fsanitize=${sanitizers})
endif()

add_library(ringscope_warnings INTERFACE)
target_compile_options(ringscope_warnings INTERFACE
    "$<$<COMPILE_LANGUAGE:C,CXX>:-Wall;-Wextra;-Wpedantic;-Werror>"
    "$<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-Wall,-Wextra;-Werror=all-warnings>")

# CUDA: the compiler is looked for where CMake's own check would stop with an error.
set(RINGSCOPE_WITH_CUDA OFF)
string(TOUPPER "${RINGSCOPE_CUDA}" cuda_wanted)
if(RINGSCOPE_RANK AND NOT cuda_wanted STREQUAL "OFF")
    find_program(RINGSCOPE_NVCC nvcc HINTS ENV CUDACXX ENV CUDA_HOME ENV CUDA_PATH PATHS /usr/local/cuda PATH_SUFFIXES bin)
    set(nvcc_release "")
    if(RINGSCOPE_NVCC)
        execute_process(COMMAND "${RINGSCOPE_NVCC}" --version OUTPUT_VARIABLE nvcc_text ERROR_QUIET)
        if(nvcc_text MATCHES "release ([0-9]+)\\.([0-9]+)")
            set(nvcc_release "${CMAKE_MATCH_1}")
        endif()
    endif()
    if(nvcc_release STREQUAL "13")
        set(RINGSCOPE_WITH_CUDA ON)
    elseif(NOT cuda_wanted STREQUAL "AUTO")
        message(FATAL_ERROR "RINGSCOPE_CUDA=ON needs nvcc 13; found '${RINGSCOPE_NVCC}' release '${nvcc_release}'. "
                            "Set RINGSCOPE_CUDA=OFF for the CPU build.")
    endif()
endif()
if(RINGSCOPE_WITH_CUDA)
    set(CMAKE_CUDA_COMPILER "${RINGSCOPE_NVCC}")
    if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
        set(CMAKE_CUDA_ARCHITECTURES 80-real 90-real 90-virtual)
    endif()
    enable_language(CUDA)
    set(CMAKE_CUDA_STANDARD 20)
    set(CMAKE_CUDA_STANDARD_REQUIRED ON)
endif()
message(STATUS "Ringscope: GUI ${RINGSCOPE_GUI}, rank ${RINGSCOPE_RANK}, CUDA ${RINGSCOPE_WITH_CUDA}, "
               "tests ${RINGSCOPE_TESTS}, sanitizers '${RINGSCOPE_SANITIZE}'")
