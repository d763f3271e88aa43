# How ferry's own code is compiled. Nothing here reaches a consumer.

if(PROJECT_IS_TOP_LEVEL)
    set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

    if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
        set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release, …" FORCE)
    endif()

    # The base directory lets a second checkout use what the first one compiled.
    find_program(FERRY_CCACHE ccache)
    find_program(FERRY_ENV env)
    mark_as_advanced(FERRY_CCACHE FERRY_ENV)
    if(FERRY_CCACHE AND FERRY_ENV AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
        set(CMAKE_CXX_COMPILER_LAUNCHER
            "${FERRY_ENV}" "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" CCACHE_NOHASHDIR=1 "${FERRY_CCACHE}")
    endif()
endif()

set(FERRY_WARNINGS
    -Wall
    -Wextra
    -Wpedantic
    -Wshadow
    -Wconversion
    -Wsign-conversion
    -Wnon-virtual-dtor
    -Wold-style-cast
    -Woverloaded-virtual
    -Wimplicit-fallthrough
    -Werror)

# GCC's flow analysis sees ghosts in optimised and sanitized code (std::variant, std::string, Asio's coroutine frames).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    list(APPEND FERRY_WARNINGS
        -Wno-maybe-uninitialized -Wno-mismatched-new-delete -Wno-restrict -Wno-stringop-overflow)
    if(CMAKE_CXX_FLAGS MATCHES "-fsanitize=thread")
        list(APPEND FERRY_WARNINGS -Wno-tsan) # Asio's fences, which TSan does not know; its locks it does.
    endif()
endif()

# What every target of ours is compiled with.
function(ferry_compile_options target)
    target_compile_features(${target} PRIVATE cxx_std_20)
    set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
    if(FERRY_DEVELOPER_MODE)
        target_compile_options(${target} PRIVATE ${FERRY_WARNINGS})
        target_compile_definitions(${target} PRIVATE $<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>)
    endif()
endfunction()
