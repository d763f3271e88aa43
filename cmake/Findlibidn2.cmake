# Finds libidn2 by its header and library: libidn2::libidn2.
find_package(PkgConfig QUIET)
if(PKG_CONFIG_FOUND)
    pkg_check_modules(PC_libidn2 QUIET libidn2)
endif()

find_path(libidn2_INCLUDE_DIR idn2.h HINTS ${PC_libidn2_INCLUDE_DIRS})
find_library(libidn2_LIBRARY idn2 HINTS ${PC_libidn2_LIBRARY_DIRS})
mark_as_advanced(libidn2_INCLUDE_DIR libidn2_LIBRARY)

if(libidn2_INCLUDE_DIR)
    file(STRINGS "${libidn2_INCLUDE_DIR}/idn2.h" line REGEX "^# *define IDN2_VERSION +\"[0-9.]+")
    if(line MATCHES "\"([0-9.]+)")
        set(libidn2_VERSION "${CMAKE_MATCH_1}")
    endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(libidn2
    REQUIRED_VARS libidn2_LIBRARY libidn2_INCLUDE_DIR
    VERSION_VAR libidn2_VERSION)

if(libidn2_FOUND AND NOT TARGET libidn2::libidn2)
    add_library(libidn2::libidn2 UNKNOWN IMPORTED)
    set_target_properties(libidn2::libidn2 PROPERTIES
        IMPORTED_LOCATION "${libidn2_LIBRARY}"
        INTERFACE_INCLUDE_DIRECTORIES "${libidn2_INCLUDE_DIR}")
endif()
