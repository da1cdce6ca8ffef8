// printf in programs that are pinned: the kernel formats, for whoever reads the pin.
#pragma once

#include <vector>

#include "builtins/builtin.h"
#include "codegen/emitter.h"
#include "image/printf_format.h"
#include "sema/builtin_use.h"

namespace sonde::builtins {

// Reports what the kernel's formats cannot do; `fields` are the types of what is printed.
void check_seq_printf(sema::BuiltinUse &use, const image::PrintfFormat &format, const std::vector<Type> &fields);
llvm::Value *emit_seq_printf(codegen::Emitter &e, const codegen::BuiltinSite &site);

}  // namespace sonde::builtins
