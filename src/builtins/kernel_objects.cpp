// What the kernel says of its objects: paths of files, cookies of sockets, packets, variables of each CPU.
#include <algorithm>

#include "builtins/families.h"
#include "codegen/emitter.h"
#include "kernel/requirements.h"
#include "sema/builtin_use.h"

namespace sonde::builtins {
namespace {

using codegen::BuiltinSite;
using codegen::Emitter;
using codegen::Helper;
using codegen::Purity;
using sema::BuiltinUse;

// The kernel gives typed objects to these programs alone.
bool has_typed_objects(BuiltinUse &use) {
  image::ProviderKind kind = use.provider().kind();
  if (kind == image::ProviderKind::Fentry || kind == image::ProviderKind::Fexit)
    return true;
  use.error(use.where(), fmt::format("{}() is not available in {} probes", use.builtin().name, use.provider().name()))
      .with_hint("fentry and fexit have typed arguments");
  return false;
}

bool is_named(const Type &type, std::string_view name) { return type.kind == TypeKind::Struct && type.name == name; }

// ---- path ----

uint32_t path_size(BuiltinUse &use) {
  int64_t most = static_cast<int64_t>(use.config().max_strlen) + 1;
  if (use.count() < 2)
    return static_cast<uint32_t>(most);
  int64_t size = use.constant(1).value_or(most);
  if (size < 1 || size > most)
    use.error(use.where(1), fmt::format("a path has 1 to {} bytes", most))
        .with_hint("config = { max_strlen = … } sets the limit");
  return static_cast<uint32_t>(std::clamp<int64_t>(size, 1, most));
}

Type check_path(BuiltinUse &use) {
  has_typed_objects(use);
  Type type = use.value(0);
  bool fits = type.is_none() || is_named(type, "path") || (type.is_pointer() && is_named(*type.element, "path"));
  if (!fits)
    use.error(use.where(0),
              fmt::format("path() takes a struct path or a pointer to one, but this is of type {}", to_string(type)))
        .with_hint("like args.file.f_path");
  return Type::string(path_size(use));
}
llvm::Value *emit_path(Emitter &e, const BuiltinSite &site) {
  const ast::Expr &path = site.argument(0);
  llvm::Value *address = e.info(path).type.is_pointer() ? e.value64(path) : e.place(path).address;
  uint32_t size = site.info.type.size;
  e.zero(site.destination, size);
  e.helper(Helper::DPath, {address, site.destination, e.constant(size)});
  return site.destination;
}

// ---- socket_cookie ----

Type check_socket_cookie(BuiltinUse &use) {
  has_typed_objects(use);
  use.require_kernel(kernel::kSocketCookie, use.where(), "socket_cookie()");
  Type type = use.value(0);
  if (!type.is_none() && !(type.is_pointer() && is_named(*type.element, "sock")))
    use.error(use.where(0),
              fmt::format("socket_cookie() takes a pointer to a struct sock, but this is of type {}", to_string(type)));
  return Type::uint64();
}
llvm::Value *emit_socket_cookie(Emitter &e, const BuiltinSite &site) {
  return e.helper(Helper::GetSocketCookie, {e.value64(site.argument(0))});
}

// ---- skboutput ----

Type check_skboutput(BuiltinUse &use) {
  has_typed_objects(use);
  std::optional<std::string> file = use.literal(0);
  if (file && file->empty())
    use.error(use.where(0), "skboutput() needs the name of a file");
  Type type = use.value(1);
  if (!type.is_none() && !(type.is_pointer() && is_named(*type.element, "sk_buff")))
    use.error(use.where(1),
              fmt::format("skboutput() takes a pointer to a struct sk_buff, but this is of type {}", to_string(type)))
        .with_hint("like args.skb");
  use.integer(2);
  use.integer(3);
  Type word = Type::integer(32, false);
  use.event(image::EventKind::Packet, file.value_or(""), {Type::uint64(), word, word});
  return Type::int64();
}
llvm::Value *emit_skboutput(Emitter &e, const BuiltinSite &site) {
  llvm::Value *packet = e.value64(site.argument(1)), *length = e.value64(site.argument(2));
  return e.send_packet(site.info.event, packet, e.value64(site.argument(3)), length);
}

// ---- percpu_kaddr ----

constexpr const char *kCpuOffsets = "__per_cpu_offset";  // unsigned long [NR_CPUS], include/asm-generic/percpu.h

Type check_percpu_kaddr(BuiltinUse &use) {
  std::optional<std::string> name = use.literal(0);
  if (use.count() > 1)
    use.integer(1);
  if (name && use.kernel().is_the_one() &&
      (!use.kernel().symbol_address(*name) || !use.kernel().symbol_address(kCpuOffsets)))
    use.error(use.where(0), fmt::format("the kernel has no variable '{}' for each CPU", *name))
        .with_hint("/proc/kallsyms lists its symbols");
  return Type::pointer(Type::uint64(), AddressSpace::Kernel);
}

// The variable's own address plus the CPU's distance; null for CPUs that there are not.
llvm::Value *emit_percpu_kaddr(Emitter &e, const BuiltinSite &site) {
  bool is_own = site.count() < 2;
  llvm::Value *cpu = is_own ? e.helper(Helper::GetSmpProcessorId, {}, Purity::PerRun) : e.value64(site.argument(1));
  llvm::Value *place = e.ir().CreateAdd(e.symbol_address(kCpuOffsets), e.ir().CreateMul(cpu, e.constant(8)));
  llvm::Value *variable = e.symbol_address(*e.info(site.argument(0)).text);
  llvm::Value *address = e.ir().CreateAdd(e.read_kernel(place, 8), variable);
  if (is_own)
    return address;
  llvm::Value *exists = e.ir().CreateICmpULT(cpu, e.cpu_count());
  return e.ir().CreateSelect(exists, address, e.constant(0));
}

constexpr Builtin kRows[] = {
    {"path", Form::Function, 1, 2, "path(struct path [, size])",
     "The full path that a struct path of the kernel stands for, at most `size` bytes with the NUL; in fentry and "
     "fexit of the functions that the kernel allows it for.",
     check_path, emit_path},
    {"socket_cookie", Form::Function, 1, 1, "socket_cookie(struct sock *)",
     "The number by which the kernel knows a socket for as long as it lives; in fentry and fexit.", check_socket_cookie,
     emit_socket_cookie},
    {"skboutput", Form::Function, 4, 4, "skboutput(\"file\", struct sk_buff *, length, offset)",
     "Appends `length` bytes of a packet, from `offset` on, to a pcap file of raw IP; 0, or less than 0 if it cannot. "
     "In "
     "fentry and fexit.",
     check_skboutput, emit_skboutput, /*is_numbered=*/false, /*has_effects=*/true},
    {"percpu_kaddr", Form::Function, 1, 2, "percpu_kaddr(\"name\" [, cpu])",
     "Address of a variable that the kernel has for each CPU: this CPU's or the given one's, null if there is none.",
     check_percpu_kaddr, emit_percpu_kaddr},
};

}  // namespace

std::span<const Builtin> kernel_object_builtins() { return kRows; }

}  // namespace sonde::builtins
