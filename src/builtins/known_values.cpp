// What builtins have in common that are worked out while compiling.
#include "builtins/builtin.h"
#include "codegen/emitter.h"

namespace sonde::builtins {

llvm::Value *emit_known(codegen::Emitter &e, const codegen::BuiltinSite &site) {
  return e.constant(site.info.constant.value_or(0), site.info.type.size * 8);
}

}  // namespace sonde::builtins
