# What is built if its library is there. Each option is ON (an error if the library is not there), OFF, or AUTO: as the
# library is. A guest in somebody else's project says ON for what it wants.
if(PROJECT_IS_TOP_LEVEL)
    set(ferry_optional_default AUTO)
else()
    set(ferry_optional_default OFF)
endif()
set(FERRY_ASIO ${ferry_optional_default} CACHE STRING "Build the Boost.Asio client: ON, OFF, or AUTO: if Boost has Asio")
set(FERRY_UV ${ferry_optional_default} CACHE STRING "Build the libuv client: ON, OFF, or AUTO: if libuv is found")
set(FERRY_GLIB ${ferry_optional_default} CACHE STRING
    "Build the example for GLib's main loop (developer mode): ON, OFF, or AUTO: if GLib is found")
foreach(option IN ITEMS FERRY_ASIO FERRY_UV FERRY_GLIB)
    set_property(CACHE ${option} PROPERTY STRINGS AUTO ON OFF)
endforeach()

# ferry_decide(FERRY_UV found "libuv 1.44"): makes the option ON or OFF.
macro(ferry_decide option found what)
    if("${${option}}" STREQUAL "AUTO")
        set(${option} OFF)
        if(${found})
            set(${option} ON)
        endif()
    elseif(${option} AND NOT ${found})
        message(FATAL_ERROR "${option} is ON, and ${what} is not found")
    endif()
endmacro()

if(FERRY_ASIO)
    # Some distributions have a package for each of Boost's libraries.
    get_target_property(ferry_boost_include Boost::headers INTERFACE_INCLUDE_DIRECTORIES)
    find_path(FERRY_ASIO_INCLUDE boost/asio/any_completion_handler.hpp HINTS ${ferry_boost_include})
    mark_as_advanced(FERRY_ASIO_INCLUDE)
endif()
ferry_decide(FERRY_ASIO FERRY_ASIO_INCLUDE "Boost.Asio 1.83")

if(FERRY_UV)
    find_package(libuv 1.44 QUIET)
endif()
ferry_decide(FERRY_UV libuv_FOUND "libuv 1.44")

if(FERRY_GLIB AND FERRY_DEVELOPER_MODE)
    find_package(PkgConfig QUIET)
    if(PKG_CONFIG_FOUND)
        pkg_check_modules(gio QUIET IMPORTED_TARGET gio-2.0>=2.66)
    endif()
    ferry_decide(FERRY_GLIB gio_FOUND "GLib 2.66 (gio-2.0)")
endif()
