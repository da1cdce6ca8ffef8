// What a target must be like for a program to serve it: where programs are built for other machines, the same question
// is asked again where they are loaded.
#pragma once

#include "image/program_image.h"
#include "probes/provider.h"

namespace sonde::probes {

// Fills in, for a target that `provider` serves, what depends on it. `fit` says what is read; `context` is the
// target's, with `args` if they are read.
void complete_fit(image::TargetFit &fit, const Provider &provider, const image::Target &target, const Context &context,
                  const kernel::Kernel &kernel);

// The same from the start, for a target that `matched_by` matched: who serves it, and the completed fit.
// `options.kernel` is what the program was built for.
struct Served {
  const Provider *provider = nullptr;
  image::TargetFit fit;
};
Result<Served> serve(const Provider &matched_by, const image::Target &target, image::TargetFit reads,
                     const MatchOptions &options);

}  // namespace sonde::probes
