# `cmake --install`: programs, what shells complete, manual pages, the desktop's entry.
#
#   bin/ringscope, ringscope-rank, ringscope-gui, libringscope_cuda.so   those that were built
#   share/bash-completion/completions/ringscope, zsh/site-functions/_ringscope,
#   share/fish/vendor_completions.d/ringscope.fish
#   share/man/man1/ringscope.1, ringscope-run.1, ...                     made by the program itself
#   share/applications, share/icons/hicolor, share/metainfo              where there is a window
#
# Programs look for each other beside themselves, and for libtorch where the build found it.
include(GNUInstallDirs)

set(pages "${PROJECT_BINARY_DIR}/share/man/man1")
set(stamp "${PROJECT_BINARY_DIR}/share/man/made")
add_custom_command(
    OUTPUT "${stamp}"
    COMMAND "${CMAKE_COMMAND}" -E rm -rf "${pages}"
    COMMAND "${CMAKE_COMMAND}" -E make_directory "${pages}"
    COMMAND ringscope_program_cli man --all "${pages}"
    COMMAND "${CMAKE_COMMAND}" -E touch "${stamp}"
    DEPENDS ringscope_program_cli
    COMMENT "Writing manual pages"
    VERBATIM)
add_custom_target(ringscope_man ALL DEPENDS "${stamp}")

install(TARGETS ringscope_program_cli RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(DIRECTORY "${pages}/" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1" FILES_MATCHING PATTERN "*.1")
install(FILES resources/completion/ringscope.bash
    DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions" RENAME ringscope)
install(FILES resources/completion/ringscope.zsh
    DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/site-functions" RENAME _ringscope)
install(FILES resources/completion/ringscope.fish
    DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d")

if(TARGET ringscope_program_rank)
    # libtorch is no part of the installation; its folder stays in the rank's search path.
    set_target_properties(ringscope_program_rank PROPERTIES INSTALL_RPATH_USE_LINK_PATH ON)
    install(TARGETS ringscope_program_rank RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()
if(TARGET ringscope_cuda)
    set_target_properties(ringscope_cuda PROPERTIES INSTALL_RPATH_USE_LINK_PATH ON)
    install(TARGETS ringscope_cuda LIBRARY DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()
if(TARGET ringscope_program_gui)
    install(TARGETS ringscope_program_gui RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()

# The window's entry; without a window there is nothing to start from a menu.
if(RINGSCOPE_GUI)
    install(FILES resources/desktop/ringscope.desktop
        DESTINATION "${CMAKE_INSTALL_DATADIR}/applications")
    install(FILES resources/desktop/ringscope.metainfo.xml
        DESTINATION "${CMAKE_INSTALL_DATADIR}/metainfo")
    install(FILES resources/icons/ringscope.svg
        DESTINATION "${CMAKE_INSTALL_DATADIR}/icons/hicolor/scalable/apps")
endif()
