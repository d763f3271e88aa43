# Finds llhttp by its header and library: llhttp::llhttp. Not every distribution ships its CMake package.
find_package(PkgConfig QUIET)
if(PKG_CONFIG_FOUND)
    pkg_check_modules(PC_llhttp QUIET libllhttp)
endif()

find_path(llhttp_INCLUDE_DIR llhttp.h HINTS ${PC_llhttp_INCLUDE_DIRS})
find_library(llhttp_LIBRARY llhttp HINTS ${PC_llhttp_LIBRARY_DIRS})
mark_as_advanced(llhttp_INCLUDE_DIR llhttp_LIBRARY)

if(llhttp_INCLUDE_DIR)
    set(llhttp_VERSION "")
    foreach(part MAJOR MINOR PATCH)
        file(STRINGS "${llhttp_INCLUDE_DIR}/llhttp.h" line REGEX "^# *define LLHTTP_VERSION_${part} +[0-9]+")
        string(REGEX MATCH "[0-9]+$" number "${line}")
        list(APPEND llhttp_VERSION "${number}")
    endforeach()
    list(JOIN llhttp_VERSION "." llhttp_VERSION)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(llhttp
    REQUIRED_VARS llhttp_LIBRARY llhttp_INCLUDE_DIR
    VERSION_VAR llhttp_VERSION)

if(llhttp_FOUND AND NOT TARGET llhttp::llhttp)
    add_library(llhttp::llhttp UNKNOWN IMPORTED)
    set_target_properties(llhttp::llhttp PROPERTIES
        IMPORTED_LOCATION "${llhttp_LIBRARY}"
        INTERFACE_INCLUDE_DIRECTORIES "${llhttp_INCLUDE_DIR}")
endif()
