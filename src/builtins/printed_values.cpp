// C strings are read into the field; all else goes as it is.
#include "builtins/printed_values.h"

#include "ast/holds_statements.h"

namespace sonde::builtins {

using codegen::Emitter;
using codegen::FieldWriter;

namespace {

bool is_char_array(const Type &type) {
  return type.kind == TypeKind::Array && type.element->is_integer() && type.element->size == 1 &&
         type.element->is_signed;
}
bool is_char_pointer(const Type &type) {
  return type.is_pointer() && type.element && type.element->is_integer() && type.element->size == 1;
}

}  // namespace

Type as_text(const Type &type, const image::Config &config) {
  if (is_char_pointer(type))
    return Type::string(static_cast<uint32_t>(config.max_strlen) + 1);
  if (is_char_array(type))
    return Type::string(type.size);
  return type;
}

FieldWriter field_writer(Emitter &e, const ast::Expr &argument, const Type &field) {
  const Type &type = e.info(argument).type;
  if (ast::holds_statements(argument)) {
    llvm::Value *made = e.value(argument);
    return [&e, made, &type, field](llvm::Value *destination) { e.store_value(made, type, destination, field); };
  }
  if (!field.is_string() || !is_char_pointer(type))
    return [&e, &argument, field](llvm::Value *destination) { e.store(argument, destination, field); };
  AddressSpace space = type.space == AddressSpace::None ? e.unit().context.pointers : type.space;
  return [&e, &argument, field, space](llvm::Value *destination) {
    e.read_string(destination, field.size, e.value64(argument), space);
  };
}

}  // namespace sonde::builtins
