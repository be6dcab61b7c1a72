# Puts files into a binary, so that a program needs no data folder beside it.
#
#   ringscope_embed(ringscope_store schemaSql "${PROJECT_SOURCE_DIR}/resources/schema/v1.sql")
#       #include "embedded/schemaSql.h"
#       std::string_view text = ringscope::embedded::schemaSql;
#
#   ringscope_embed_files(ringscope_config presets  a.yaml b.yaml)
#       #include "embedded/presets.h"
#       for (const ringscope::embedded::File& file : ringscope::embedded::presets) file.name, file.text
#       `name` is the file's name without its folder; the order is the order given.
#
# Any bytes and any length: the generated array is compared with the file by tests/resources.
# A changed file rebuilds the constant. The data is constant-initialised and safe to use from
# other static initialisers. ringscope_embed with several files does what ringscope_embed_files does.

set(RINGSCOPE_EMBED_SCRIPT "${CMAKE_CURRENT_LIST_DIR}/embed_files.cmake")

function(ringscope_embed target symbol)
    list(LENGTH ARGN count)
    if(count EQUAL 0)
        message(FATAL_ERROR "ringscope_embed(${target} ${symbol}): no file named")
    elseif(count EQUAL 1)
        ringscope_embed_as(${target} ${symbol} TEXT ${ARGN})
    else()
        ringscope_embed_as(${target} ${symbol} FILES ${ARGN})
    endif()
endfunction()

function(ringscope_embed_files target symbol)
    ringscope_embed_as(${target} ${symbol} FILES ${ARGN})
endfunction()

function(ringscope_embed_as target symbol shape)
    set(include_root "${PROJECT_BINARY_DIR}/generated")
    set(header "${include_root}/embedded/${symbol}.h")
    set(source "${include_root}/embedded/${symbol}.cpp")
    set(files)
    foreach(file IN LISTS ARGN)
        cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}")
        if(NOT EXISTS "${file}")
            message(FATAL_ERROR "ringscope_embed(${target} ${symbol}): ${file} does not exist")
        endif()
        list(APPEND files "${file}")
    endforeach()
    string(REPLACE ";" "|" joined "${files}")

    add_custom_command(
        OUTPUT "${header}" "${source}"
        COMMAND ${CMAKE_COMMAND} "-DSYMBOL=${symbol}" "-DSHAPE=${shape}" "-DHEADER=${header}"
                "-DSOURCE=${source}" "-DFILES=${joined}" -P "${RINGSCOPE_EMBED_SCRIPT}"
        DEPENDS ${files} "${RINGSCOPE_EMBED_SCRIPT}"
        COMMENT "Embedding ${symbol}"
        VERBATIM)
    # A target of its own: the command need not wait for the libraries that `target` links.
    add_custom_target(${target}_embeds_${symbol} DEPENDS "${header}" "${source}")
    add_dependencies(${target} ${target}_embeds_${symbol})
    set_source_files_properties("${source}" PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
    target_sources(${target} PRIVATE "${source}" "${header}")
    target_include_directories(${target} PUBLIC "$<BUILD_INTERFACE:${include_root}>")
endfunction()
