// How values travel to be printed as text.
#pragma once

#include "codegen/emitter.h"
#include "image/program_image.h"
#include "types/type.h"

namespace sonde::builtins {

// What a value becomes behind %s: C strings are read at event time, when they are there.
Type as_text(const Type &type, const image::Config &config);

// Writes an argument in the form of its field. One whose statements may send events or leave the program
// themselves is worked out at once, before a record is reserved.
codegen::FieldWriter field_writer(codegen::Emitter &e, const ast::Expr &argument, const Type &field);

}  // namespace sonde::builtins
