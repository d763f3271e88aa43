# ferry_add_library(core SOURCES file… [PUBLIC library…] [PRIVATE library…] [EXPORT ferryTargets])
# makes the library ferry_core, known as ferry::core here and to whoever finds the package. An optional library has an
# EXPORT of its own, so that the package can be used where the libraries that it needs are not installed.
function(ferry_add_library name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "EXPORT" "SOURCES;PUBLIC;PRIVATE")
    if(NOT arg_EXPORT)
        set(arg_EXPORT ferryTargets)
    endif()
    set(target ferry_${name})
    add_library(${target} ${arg_SOURCES})
    add_library(ferry::${name} ALIAS ${target})
    ferry_compile_options(${target})
    target_compile_features(${target} PUBLIC cxx_std_20)
    target_include_directories(${target}
        PUBLIC "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>"
               "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>"
        PRIVATE "${PROJECT_SOURCE_DIR}")
    target_link_libraries(${target} PUBLIC ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
    # No program replaces single functions of ferry, so calls inside a library may be inlined, as if it were not
    # position-independent: a twenty-fifth of the codec's instructions.
    target_compile_options(${target} PRIVATE
        $<$<AND:$<CXX_COMPILER_ID:GNU,Clang>,$<NOT:$<CONFIG:Debug>>>:-fno-semantic-interposition>)
    set_target_properties(${target} PROPERTIES
        EXPORT_NAME ${name}
        POSITION_INDEPENDENT_CODE ON
        VERSION ${PROJECT_VERSION}
        SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
        INSTALL_RPATH "$ORIGIN")

    if(FERRY_INSTALL)
        install(TARGETS ${target} EXPORT ${arg_EXPORT})
    endif()
endfunction()
