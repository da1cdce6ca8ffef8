// Ending the run, or a part of it.
#include "builtins/families.h"
#include "codegen/emitter.h"
#include "sema/builtin_use.h"

namespace sonde::builtins {
namespace {

using codegen::BuiltinSite;
using codegen::Emitter;
using sema::BuiltinUse;

Type check_exit(BuiltinUse &use) {
  std::vector<Type> fields;
  if (use.count() > 0) {
    use.integer(0);
    fields.push_back(Type::int64());
  }
  use.event(image::EventKind::Exit, {}, std::move(fields));
  return Type::none();
}

llvm::Value *emit_exit(Emitter &e, const BuiltinSite &site) {
  std::vector<const ast::Expr *> fields;
  if (site.count() > 0)
    fields.push_back(&site.argument(0));
  e.send_event(site.info.event, fields);
  e.return_from_program();
  return nullptr;
}

Type check_unwatch(BuiltinUse &use) {
  use.integer(0);
  use.event(image::EventKind::Unwatch, {}, {Type::uint64()});
  return Type::none();
}

llvm::Value *emit_unwatch(Emitter &e, const BuiltinSite &site) {
  const ast::Expr *address = &site.argument(0);
  e.send_event(site.info.event, std::span(&address, 1));
  return nullptr;
}

constexpr Builtin kRows[] = {
    {"exit", Form::Statement, 0, 1, "exit([code])",
     "Ends the run as Ctrl-C does, with this exit code; end probes still run.", check_exit, emit_exit, false, false,
     Role::LeavesProgram},
    {"unwatch", Form::Statement, 1, 1, "unwatch(address)",
     "Ends the watchpoint that a function's argument set at this address.", check_unwatch, emit_unwatch},
};

}  // namespace

std::span<const Builtin> control_builtins() { return kRows; }

}  // namespace sonde::builtins
