# Compiler settings common to every target.
option(SONDE_STATIC_LLVM "Link LLVM's BPF back end statically instead of libLLVM.so" ON)
option(SONDE_SANITIZE "Build with AddressSanitizer and UndefinedBehaviorSanitizer" OFF)
option(SONDE_WERROR "Treat warnings as errors" OFF)
option(SONDE_FUZZ "Build the libFuzzer targets (needs clang)" OFF)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(SONDE_CCACHE ccache)
  if(SONDE_CCACHE)
    # Paths relative to the tree: another clone of the same sources finds what this one compiled.
    set(SONDE_LAUNCHER "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}" CCACHE_NOHASHDIR=1
                       "${SONDE_CCACHE}")
    set(CMAKE_C_COMPILER_LAUNCHER ${SONDE_LAUNCHER})
    set(CMAKE_CXX_COMPILER_LAUNCHER ${SONDE_LAUNCHER})
  endif()
endif()

add_compile_options(-Wall -Wextra)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 sees overlapping copies in any std::string concatenation that it inlines (its bug 105651).
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict>)
endif()
if(SONDE_WERROR)
  add_compile_options(-Werror)
endif()
if(SONDE_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()
if(SONDE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=address,undefined)
endif()

# The dynamic loader's work is a visible part of a one-liner's start-up time:
# a fixed address and no unused code keep it small.
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
  set(CMAKE_C_FLAGS_RELEASE "-O2 -DNDEBUG")
  set(CMAKE_POSITION_INDEPENDENT_CODE OFF)
  add_compile_options(-fno-pie -ffunction-sections -fdata-sections)
  add_link_options(-no-pie -Wl,--gc-sections -Wl,--as-needed -static-libstdc++ -static-libgcc)
endif()
