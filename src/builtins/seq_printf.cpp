// bpf_seq_printf (bpf-helpers(7)) takes numbers as 64-bit words and strings by their addresses. Of printf's formats it
// knows few: conversions are rewritten to those.
#include "builtins/seq_printf.h"

#include <algorithm>

#include "builtins/printed_values.h"

namespace sonde::builtins {
namespace {

constexpr size_t kMostValues = 12;  // MAX_BPRINTF_VARARGS, and before 5.13 MAX_SEQ_PRINTF_VARARGS
constexpr kernel::KernelVersion kUpperCaseSince{5, 13, 0};

// What stands for a conversion: one row each.
struct Conversion {
  std::string_view ours, kernels;
};
constexpr Conversion kConversions[] = {{"d", "lld"}, {"i", "lld"}, {"u", "llu"}, {"x", "llx"},
                                       {"X", "llX"}, {"p", "llx"}, {"s", "s"}};

const Conversion *find_conversion(const image::FormatPiece &piece) {
  auto found = std::find_if(std::begin(kConversions), std::end(kConversions),
                            [&](const Conversion &conversion) { return conversion.ours == piece.conversion; });
  return found == std::end(kConversions) ? nullptr : found;
}

bool is_understood(const image::FormatPiece &piece) {
  return find_conversion(piece) && piece.flags.find('#') == std::string::npos && !piece.width_from_argument &&
         !piece.precision_from_argument && piece.precision < 0;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string doubled_percents(const std::string &text) {
  std::string doubled;
  for (char c : text)
    doubled.append(c == '%' ? 2 : 1, c);
  return doubled;
}

// "%5d of %s" → "%5lld of %s"
std::string kernel_format(const image::PrintfFormat &format) {
  std::string text;
  for (const image::FormatPiece &piece : format.pieces) {
    text += doubled_percents(piece.literal);
    if (!piece.has_conversion)
      continue;
    text += (piece.conversion == "p" ? "0x%" : "%") + piece.flags;
    if (piece.width >= 0)
      text += std::to_string(piece.width);
    text += find_conversion(piece)->kernels;
  }
  return text;
}

}  // namespace

void check_seq_printf(sema::BuiltinUse &use, const image::PrintfFormat &format, const std::vector<Type> &fields) {
  if (fields.size() > kMostValues)
    use.error(use.where(1 + kMostValues), fmt::format("the kernel prints {} values at most at once", kMostValues))
        .with_hint("a second printf() can print the rest");
  if (!is_ascii(*use.known_text(0)))
    use.error(use.where(0), "the kernel prints nothing but ASCII");
  for (size_t i = 0; const image::FormatPiece &piece : format.pieces) {
    if (!piece.has_conversion)
      continue;
    if (!is_understood(piece)) {
      use.error(use.where(0), fmt::format("a pinned program prints by the kernel's formats, which have no such %{}",
                                          piece.conversion))
          .with_hint("%d, %u, %x, %p and %s, with a width and the flags '-', '+', '0' and blank");
      return;
    }
    if (piece.conversion == "X")
      use.require_kernel(kUpperCaseSince, use.where(0), "%X in a pinned program");
    const Type &type = fields[i++];
    if (piece.conversion == "s" && !type.is_none() && !type.is_string())
      use.error(use.where(i), fmt::format("the kernel has no text for a value of type {}", to_string(type)))
          .with_hint("in a pinned program, %s prints strings");
  }
}

llvm::Value *emit_seq_printf(codegen::Emitter &e, const codegen::BuiltinSite &site) {
  auto &ir = e.ir();
  auto size = static_cast<uint32_t>(8 * (site.count() - 1));
  llvm::Value *words = e.allocate(std::max(size, 8U));
  for (size_t i = 1; i < site.count(); ++i) {
    const ast::Expr &argument = site.argument(i);
    Type text = as_text(e.info(argument).type, e.analysis().config);
    llvm::Value *word;
    if (text.is_string()) {
      llvm::Value *copy = e.allocate(text.size);
      field_writer(e, argument, text)(copy);
      word = ir.CreatePtrToInt(copy, ir.getInt64Ty());
    } else {
      word = e.value64(argument);
    }
    ir.CreateStore(word, e.offset(words, 8 * (i - 1)));
  }
  std::string format = kernel_format(*image::parse_printf_format(*e.info(site.argument(0)).text));
  // struct bpf_iter_meta, whose first field is the file that is being read, is what a context begins with.
  llvm::Value *meta = ir.CreateLoad(ir.getPtrTy(), e.context());
  llvm::Value *file = ir.CreateLoad(ir.getPtrTy(), meta);
  e.helper(codegen::Helper::SeqPrintf,
           {file, ir.CreateGlobalString(format, "format"), e.constant(format.size() + 1), words, e.constant(size)});
  return nullptr;
}

}  // namespace sonde::builtins
