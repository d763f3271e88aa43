# The installed package: headers, exported targets, find_package(ferry) and pkg-config files.
include(CMakePackageConfigHelpers)

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/ferry" TYPE INCLUDE FILES_MATCHING PATTERN "*.hpp")

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/ferry")
set(exports ferryTargets)
set(pc_files ferry ferry-core ferry-testing)
if(FERRY_ASIO)
    list(APPEND exports ferryAsioTargets)
    list(APPEND pc_files ferry-asio)
endif()
if(FERRY_UV)
    list(APPEND exports ferryUvTargets)
    list(APPEND pc_files ferry-uv)
endif()
foreach(export IN LISTS exports)
    install(EXPORT ${export} NAMESPACE ferry:: DESTINATION "${package_dir}")
endforeach()
configure_package_config_file(
    "${PROJECT_SOURCE_DIR}/cmake/ferryConfig.cmake.in" "${PROJECT_BINARY_DIR}/ferryConfig.cmake"
    INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/ferryConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(
    FILES "${PROJECT_BINARY_DIR}/ferryConfig.cmake"
          "${PROJECT_BINARY_DIR}/ferryConfigVersion.cmake"
          "${PROJECT_SOURCE_DIR}/cmake/Findlibidn2.cmake"
          "${PROJECT_SOURCE_DIR}/cmake/Findlibuv.cmake"
          "${PROJECT_SOURCE_DIR}/cmake/Findllhttp.cmake"
    DESTINATION "${package_dir}")

# Relative to the .pc file, so that the prefix can be moved; but what is absolute stays where it is.
set(FERRY_PC_LIBDIR "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
set(FERRY_PC_INCLUDEDIR "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
    set(FERRY_PC_PREFIX "${CMAKE_INSTALL_PREFIX}")
    set(FERRY_PC_LIBDIR "${CMAKE_INSTALL_FULL_LIBDIR}")
else()
    file(RELATIVE_PATH FERRY_PC_PREFIX "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
    string(REGEX REPLACE "/$" "" FERRY_PC_PREFIX "\${pcfiledir}/${FERRY_PC_PREFIX}")
endif()
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}" OR IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
    set(FERRY_PC_INCLUDEDIR "${CMAKE_INSTALL_FULL_INCLUDEDIR}")
endif()

# What stands behind these is private where the libraries are shared. Static ones need it also without --static.
set(FERRY_PC_THEN_REQUIRES "")
set(FERRY_PC_THEN_LIBS "")
if(BUILD_SHARED_LIBS)
    set(FERRY_PC_THEN_REQUIRES "\nRequires.private:")
    set(FERRY_PC_THEN_LIBS "\nLibs.private:")
endif()
foreach(name IN LISTS pc_files)
    configure_file("${PROJECT_SOURCE_DIR}/cmake/${name}.pc.in" "${PROJECT_BINARY_DIR}/${name}.pc" @ONLY)
    install(FILES "${PROJECT_BINARY_DIR}/${name}.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
endforeach()
