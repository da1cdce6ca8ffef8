// Why the kernel refused an object, in words, with the place in the script.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "image/program_image.h"
#include "kernel/rights.h"

namespace sonde::runtime {

// `libbpf_text` is what libbpf said, `verifier_log` the kernel's log of the program that failed
// (empty when it was not a program, or the kernel gave none).
Error explain_load_failure(const image::ProgramImage &image, int error_number, std::string_view libbpf_text,
                           std::string_view verifier_log, const kernel::Rights &rights);
// Whether a failure to load may be the verifier's, which does not follow programs without end.
bool is_too_large(const Error &error);

}  // namespace sonde::runtime
