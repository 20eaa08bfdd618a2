# Puts files into the binary, so that one file is all a merchant has to copy. A file
# `sql/migrations/0001_init.sql` becomes an entry of the table `embedded_files` that
# core/support/embedded.hpp declares.
function(tollgate_embed name)
    set(sources)
    foreach(pattern IN LISTS ARGN)
        file(GLOB found CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR} ${pattern})
        list(APPEND sources ${found})
    endforeach()
    list(SORT sources)
    set(output ${PROJECT_BINARY_DIR}/generated/${name}.cpp)
    list(TRANSFORM sources PREPEND ${PROJECT_SOURCE_DIR}/ OUTPUT_VARIABLE inputs)
    add_custom_command(
        OUTPUT ${output}
        COMMAND ${CMAKE_COMMAND} -DNAME=${name} "-DFILES=${sources}" -DROOT=${PROJECT_SOURCE_DIR}
                -DOUTPUT=${output} -P ${PROJECT_SOURCE_DIR}/cmake/embed_files.cmake
        DEPENDS ${inputs} ${PROJECT_SOURCE_DIR}/cmake/embed_files.cmake
        VERBATIM)
    set(${name} ${output} PARENT_SCOPE)
endfunction()
