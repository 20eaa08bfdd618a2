# core/gateways/registry.def names the gateways; each name brings its pair, its test, its
# recordings and its twin. A missing one stops the configuration.
set(registry core/gateways/registry.def)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${registry})
file(STRINGS ${registry} gateways REGEX "^TOLLGATE_GATEWAY")
list(TRANSFORM gateways REPLACE "^TOLLGATE_GATEWAY\\((.*)\\)$" "\\1")
foreach(gateway IN LISTS gateways)
    list(APPEND twin_sources ${PROJECT_SOURCE_DIR}/sandbox/twins/${gateway}.cpp)
    foreach(file
        core/gateways/${gateway}.cpp core/gateways/${gateway}.hpp
        tests/core/gateways/${gateway}_test.cpp
        tests/recordings/${gateway}.json sandbox/twins/${gateway}.cpp)
        if(NOT EXISTS ${PROJECT_SOURCE_DIR}/${file})
            message(FATAL_ERROR "gateway ${gateway} has no ${file}")
        endif()
    endforeach()
endforeach()
