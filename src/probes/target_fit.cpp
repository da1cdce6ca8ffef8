#include "probes/target_fit.h"

#include <fmt/format.h>

namespace sonde::probes {
namespace {

void describe_field(const Field &field, bool with_places, std::string &out) {
  out += fmt::format("{} {} {}", field.name, to_string(field.type), field.type.size);
  if (with_places)
    out += fmt::format("/{}+{}:{}", field.offset, field.bit_offset, field.bit_width);
  out += field.is_data_loc ? " loc;" : ";";
}

// Of the parts of `args` that are read. Where their places are put right at load time, these do not matter.
std::string describe_args(const Context &context, const image::TargetFit &fit, bool with_places) {
  std::string out = fmt::format("{};", static_cast<int>(context.pointers));
  for (const ArgumentPiece &piece : context.args_pieces)
    out += fmt::format("{}:{}{}+{};", piece.offset, piece.is_on_stack ? "stack" : "register", piece.number, piece.size);
  if (!context.args || !context.args->layout)
    return out;
  const StructLayout &layout = *context.args->layout;
  if (fit.reads_whole_args)
    for (const Field &field : layout.fields)
      describe_field(field, /*with_places=*/true, out);
  for (const std::string &name : fit.args_read)
    if (const Field *field = layout.find(name))
      describe_field(*field, with_places, out);
  return out;
}

}  // namespace

// The record of a tracepoint is a type of its own for each event: its program's fields move as those of that event.
void complete_fit(image::TargetFit &fit, const Provider &provider, const image::Target &target, const Context &context,
                  const kernel::Kernel &kernel) {
  fit.group = provider.group(target);
  if (!fit.reads_args())
    return;
  bool moves = context.kind == ContextKind::TracepointRecord && !kernel.is_the_one();
  if (moves)
    fit.group = target.name;
  fit.args = describe_args(context, fit, !moves);
}

Result<Served> serve(const Provider &matched_by, const image::Target &target, image::TargetFit reads,
                     const MatchOptions &options) {
  const Provider &provider = matched_by.serving(target, {reads.reads_args(), reads.reads_kernel_stack}, options.kernel);
  Served served{&provider, std::move(reads)};
  if (!served.fit.reads_args()) {
    served.fit.group = provider.group(target);
    return served;
  }
  auto context = provider.context(target, options.kernel);
  if (!context)
    return context.error();
  if (auto done = provider.add_args(*context, target, options); !done)
    return done.error();
  complete_fit(served.fit, provider, target, *context, options.kernel);
  return served;
}

}  // namespace sonde::probes
