find_package(Catch2 3 CONFIG REQUIRED)
list(APPEND CMAKE_MODULE_PATH "${Catch2_DIR}")
include(Catch)

# ferry_add_test_executable(NAME pool_test SOURCES file… LIBRARIES library… [LABELS label…] [TIMEOUT seconds])
# builds a Catch2 test and registers each of its cases with CTest, as "pool_test: the case's name".
# Without LABELS it has the name of its folder below tests/.
function(ferry_add_test_executable)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;TIMEOUT" "SOURCES;LIBRARIES;LABELS")
    if(arg_UNPARSED_ARGUMENTS OR NOT arg_NAME OR NOT arg_SOURCES)
        message(FATAL_ERROR "ferry_add_test_executable: NAME and SOURCES, not '${arg_UNPARSED_ARGUMENTS}'")
    endif()
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 60)
    endif()
    if(NOT arg_LABELS)
        file(RELATIVE_PATH folder "${PROJECT_SOURCE_DIR}/tests" "${CMAKE_CURRENT_SOURCE_DIR}")
        string(REGEX MATCH "^[a-z_]+" arg_LABELS "${folder}")
    endif()

    add_executable(${arg_NAME} ${arg_SOURCES})
    ferry_compile_options(${arg_NAME})
    target_include_directories(${arg_NAME} PRIVATE "${PROJECT_SOURCE_DIR}")
    target_link_libraries(${arg_NAME} PRIVATE ${arg_LIBRARIES} Catch2::Catch2WithMain)
    catch_discover_tests(${arg_NAME}
        TEST_PREFIX "${arg_NAME}: "
        DISCOVERY_MODE PRE_TEST
        PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT})
endfunction()
