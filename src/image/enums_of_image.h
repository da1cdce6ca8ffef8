// The enums whose values an image prints, by the names of their enumerators.
#pragma once

#include <functional>

#include "image/program_image.h"

namespace sonde::image {

// Replaces each of them, among keys, values and the fields of records, by what `other` makes of it.
void replace_enums(ProgramImage &image, const std::function<Type(const Type &)> &other);

// The use of an enum of the kernel's whose values go by the names that they have where the image is loaded: an
// Enumerator, the enum's first, without a number that it was built with.
KernelUse use_of_names(const Type &type);
bool is_of_names(const KernelUse &use);
// Whether it is the use of that enum's.
bool names(const KernelUse &use, const Type &type);

}  // namespace sonde::image
