# Run by ctest when it starts: adds an entry for each suite of a GoogleTest program. Given are
#
#     program      its path
#     list         a file for the names of its tests; listed anew when the program is newer
#     properties   of each entry, as set_tests_properties takes them
#
# A suite that is instantiated has an entry for each instantiation ("Kinds/Losses"). A program that
# was not built has one entry, which fails: a preset may build the tests of one label only.
if(NOT EXISTS "${program}")
    get_filename_component(name "${program}" NAME)
    add_test("${name}_NOT_BUILT" "${program}")
    set_tests_properties("${name}_NOT_BUILT" PROPERTIES ${properties})
    return()
endif()
if("${program}" IS_NEWER_THAN "${list}")
    execute_process(COMMAND "${program}" --gtest_list_tests OUTPUT_FILE "${list}.new" TIMEOUT 60
        RESULT_VARIABLE failed)
    if(failed)
        message(FATAL_ERROR "the tests of ${program} could not be listed: ${failed}")
    endif()
    file(RENAME "${list}.new" "${list}")
endif()
file(STRINGS "${list}" suites REGEX "^[A-Za-z_0-9/]+\\.")
foreach(suite IN LISTS suites)
    string(REGEX REPLACE "\\..*" "" suite "${suite}")
    add_test("${suite}" "${program}" "--gtest_filter=${suite}.*" --gtest_brief=1)
    set_tests_properties("${suite}" PROPERTIES ${properties})
endforeach()
