# Finds libuv by its header and library: libuv::uv.
find_package(PkgConfig QUIET)
if(PKG_CONFIG_FOUND)
    pkg_check_modules(PC_libuv QUIET libuv)
endif()

find_path(libuv_INCLUDE_DIR uv.h HINTS ${PC_libuv_INCLUDE_DIRS})
find_library(libuv_LIBRARY NAMES uv libuv uv_a HINTS ${PC_libuv_LIBRARY_DIRS})
mark_as_advanced(libuv_INCLUDE_DIR libuv_LIBRARY)

if(libuv_INCLUDE_DIR)
    set(libuv_VERSION "")
    foreach(part IN ITEMS MAJOR MINOR PATCH)
        file(STRINGS "${libuv_INCLUDE_DIR}/uv/version.h" line REGEX "^# *define UV_VERSION_${part} +[0-9]+")
        if(line MATCHES "([0-9]+)$")
            string(APPEND libuv_VERSION "${CMAKE_MATCH_1}.")
        endif()
    endforeach()
    string(REGEX REPLACE "\\.$" "" libuv_VERSION "${libuv_VERSION}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(libuv
    REQUIRED_VARS libuv_LIBRARY libuv_INCLUDE_DIR
    VERSION_VAR libuv_VERSION)

if(libuv_FOUND AND NOT TARGET libuv::uv)
    add_library(libuv::uv UNKNOWN IMPORTED)
    set_target_properties(libuv::uv PROPERTIES
        IMPORTED_LOCATION "${libuv_LIBRARY}"
        INTERFACE_INCLUDE_DIRECTORIES "${libuv_INCLUDE_DIR}")
endif()
