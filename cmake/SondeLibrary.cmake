# sonde_library(NAME SOURCES … [PUBLIC …] [PRIVATE …])
# One static library per directory of src/. Public links are what its headers mention.
function(sonde_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(sonde_${name} STATIC ${arg_SOURCES})
  target_include_directories(sonde_${name} PUBLIC "${CMAKE_SOURCE_DIR}/src")
  target_link_libraries(sonde_${name} PUBLIC ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
endfunction()
