# Script of tollgate_embed(): writes FILES as string literals into OUTPUT.
file(WRITE ${OUTPUT} "// Generated from: ${FILES}\n#include \"core/support/embedded.hpp\"\n\n"
    "namespace tollgate {\n\nstd::span<const EmbeddedFile> ${NAME}()\n{\n"
    "    static const EmbeddedFile files[] = {\n")
foreach(file IN LISTS FILES)
    # Hex, because file(READ) as text treats ';' and '[' specially; lines of 32 bytes.
    file(READ ${ROOT}/${file} hex HEX)
    string(LENGTH "${hex}" digits)
    math(EXPR size "${digits} / 2")
    set(literal "")
    foreach(start RANGE 0 ${digits} 64)
        string(SUBSTRING "${hex}" ${start} 64 line)
        string(REGEX REPLACE "(..)" "\\\\x\\1" line "${line}")
        string(APPEND literal "\"${line}\"\n")
    endforeach()
    file(APPEND ${OUTPUT} "{\"${file}\", {\n${literal}, ${size}}},\n")
endforeach()
file(APPEND ${OUTPUT} "    };\n    return files;\n}\n\n} // namespace tollgate\n")
