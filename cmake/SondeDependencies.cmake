# Libraries from outside, each as one imported or interface target.

# LLVM's configuration looks for zlib first, and what it finds is everybody's.
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  unset(ZLIB_LIBRARY_RELEASE CACHE)
  find_library(ZLIB_LIBRARY libz.a)
endif()
find_package(LLVM 19.1 REQUIRED CONFIG HINTS /usr/lib/llvm-19/lib/cmake/llvm)

# In release those that have archives are linked from them: every shared library that the dynamic
# loader does not open is time that a one-liner does not wait.
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  set(CMAKE_FIND_LIBRARY_SUFFIXES .a .so)
endif()

find_package(PkgConfig REQUIRED)
find_package(FLEX 2.6 REQUIRED)
find_package(BISON 3.8 REQUIRED)
find_package(fmt 9 REQUIRED)
# Debian has no archive of it, and the shared one brings a second C++ library with it.
add_library(sonde_fmt INTERFACE)
target_link_libraries(sonde_fmt INTERFACE $<IF:$<CONFIG:Release>,fmt::fmt-header-only,fmt::fmt>)
find_package(CLI11 REQUIRED)
find_package(GTest REQUIRED)
find_package(Threads REQUIRED)
find_package(ZLIB REQUIRED)
find_package(RapidJSON REQUIRED)

pkg_check_modules(LIBELF REQUIRED IMPORTED_TARGET libelf)
pkg_check_modules(LIBDW REQUIRED IMPORTED_TARGET libdw)
pkg_check_modules(MINIZIP REQUIRED IMPORTED_TARGET minizip)

# The archive needs what it unpacks debug information with.
add_library(sonde_libdw INTERFACE)
find_library(SONDE_BZ2 bz2 REQUIRED)
find_library(SONDE_LZMA lzma REQUIRED)
find_library(SONDE_ZSTD zstd REQUIRED)
target_link_libraries(sonde_libdw INTERFACE PkgConfig::LIBDW PkgConfig::LIBELF ${SONDE_BZ2} ${SONDE_LZMA} ${SONDE_ZSTD}
                      ZLIB::ZLIB)

add_library(sonde_minizip INTERFACE)
target_link_libraries(sonde_minizip INTERFACE PkgConfig::MINIZIP ZLIB::ZLIB)

find_path(SONDE_LIBIBERTY_INCLUDE demangle.h PATH_SUFFIXES libiberty REQUIRED)
find_library(SONDE_LIBIBERTY iberty REQUIRED)
add_library(sonde_libiberty INTERFACE)
target_include_directories(sonde_libiberty SYSTEM INTERFACE "${SONDE_LIBIBERTY_INCLUDE}")
target_link_libraries(sonde_libiberty INTERFACE "${SONDE_LIBIBERTY}")

add_library(sonde_rapidjson INTERFACE)
target_include_directories(sonde_rapidjson SYSTEM INTERFACE ${RAPIDJSON_INCLUDE_DIRS})
# Clang refuses an assignment in RapidJSON 1.1 that nothing ever instantiates.
target_compile_options(sonde_rapidjson INTERFACE $<$<COMPILE_LANG_AND_ID:CXX,Clang>:-fdelayed-template-parsing>)

# libbpf 1.4 (uprobe.multi) is newer than the distribution's: ./dev unpacks it here.
set(SONDE_LIBBPF_ROOT "${CMAKE_BINARY_DIR}/libbpf" CACHE PATH "Root of an unpacked libbpf 1.4 with its static library")
find_path(SONDE_LIBBPF_INCLUDE bpf/libbpf.h PATHS "${SONDE_LIBBPF_ROOT}/usr/include" NO_DEFAULT_PATH REQUIRED)
find_library(SONDE_LIBBPF_ARCHIVE libbpf.a PATHS "${SONDE_LIBBPF_ROOT}/usr/lib/x86_64-linux-gnu"
             "${SONDE_LIBBPF_ROOT}/usr/lib/aarch64-linux-gnu" NO_DEFAULT_PATH REQUIRED)
add_library(sonde_libbpf STATIC IMPORTED)
set_target_properties(sonde_libbpf PROPERTIES
  IMPORTED_LOCATION "${SONDE_LIBBPF_ARCHIVE}"
  INTERFACE_INCLUDE_DIRECTORIES "${SONDE_LIBBPF_INCLUDE}"
  INTERFACE_LINK_LIBRARIES "PkgConfig::LIBELF;ZLIB::ZLIB")

# Only what generating BPF needs: every further component costs start-up time and size.
add_library(sonde_llvm INTERFACE)
target_include_directories(sonde_llvm SYSTEM INTERFACE ${LLVM_INCLUDE_DIRS})
separate_arguments(SONDE_LLVM_DEFINITIONS NATIVE_COMMAND "${LLVM_DEFINITIONS}")
target_compile_definitions(sonde_llvm INTERFACE ${SONDE_LLVM_DEFINITIONS})
if(SONDE_STATIC_LLVM)
  llvm_map_components_to_libnames(SONDE_LLVM_LIBRARIES core support bpfcodegen bpfdesc bpfinfo passes target mc bitreader linker)
  target_link_libraries(sonde_llvm INTERFACE ${SONDE_LLVM_LIBRARIES})
else()
  target_link_libraries(sonde_llvm INTERFACE LLVM)
endif()
