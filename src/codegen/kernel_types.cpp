#include "codegen/kernel_types.h"

#include <fmt/format.h>

#include <algorithm>

namespace sonde::codegen {
namespace {

// Room for all fields that a script may ask for; no relocation asks for the size itself.
constexpr uint32_t kRootSize = 1 << 17;

// The number that LLVM puts into the instruction, and that a loader checks before it replaces it.
uint64_t local_value(KernelTypes::Fact fact, const Field &last, uint64_t offset) {
  switch (fact) {
  case KernelTypes::Fact::ByteOffset: return offset;
  case KernelTypes::Fact::Exists: return 1;
  case KernelTypes::Fact::LeftShift: break;
  }
  return 64 - last.bit_offset - last.bit_width;
}

}  // namespace

std::unique_ptr<KernelTypes::Node> KernelTypes::open(const std::string &name, uint32_t size, bool is_union) {
  auto node = std::make_unique<Node>();
  node->type = debug_info_.open_kernel_type(name, size, is_union);
  node->is_union = is_union;
  return node;
}

// The field's number among those of the node.
size_t KernelTypes::add(Node &node, const Field &field) {
  constexpr uint32_t kAlignment = 8;
  auto same_name = [&](const Field &other) { return other.name == field.name; };
  size_t index = std::find_if(node.fields.begin(), node.fields.end(), same_name) - node.fields.begin();
  if (index < node.fields.size())
    return index;
  node.fields.push_back(field);
  node.fields.back().offset = node.end;
  if (!node.is_union)
    node.end += (std::max(field.type.size, 1u) + kAlignment - 1) / kAlignment * kAlignment;
  return index;
}

KernelTypes::Variable KernelTypes::fact(Fact fact, const FieldPath &path) {
  std::unique_ptr<Node> &root = roots_[path.root];
  if (!root)
    root = open(path.root, kRootSize, path.root_is_union);
  std::string way = "0";
  Node *node = root.get();
  uint64_t offset = 0;
  const Field *last = nullptr;
  for (const Field &step : path.steps) {
    size_t index = add(*node, step);
    last = &node->fields[index];
    offset += last->offset;
    way += fmt::format(":{}", index);
    if (&step == &path.steps.back())
      break;
    std::unique_ptr<Node> &inner = node->inner[index];
    if (!inner)
      inner = open("", step.type.size, step.type.layout && step.type.layout->is_union);
    node = inner.get();
  }
  std::string name =
      fmt::format("llvm.{}:{}:{}${}", path.root, static_cast<uint32_t>(fact), local_value(fact, *last, offset), way);
  return variable(name, fact == Fact::ByteOffset ? 64 : 32, root->type);
}

KernelTypes::Variable KernelTypes::type_exists(const std::string &type) {
  constexpr uint32_t kTypeExists = 8;  // BPF_CORE_TYPE_EXISTS
  return variable(fmt::format("llvm.{}:{}:1$0", type, kTypeExists), 32, debug_info_.named_kernel_type(type));
}

KernelTypes::Variable KernelTypes::variable(const std::string &name, uint32_t bits, llvm::DIType *of) {
  auto [found, is_new] = facts_.try_emplace(name);
  if (is_new) {
    auto *type = llvm::IntegerType::get(module_.getContext(), bits);
    auto *variable = new llvm::GlobalVariable(module_, type, false, llvm::GlobalValue::ExternalLinkage, nullptr, name);
    variable->addAttribute("btf_ama");
    variable->setMetadata(llvm::LLVMContext::MD_preserve_access_index, of);
    found->second = {variable, next_number_()};
  }
  return found->second;
}

void KernelTypes::close(Node &node) {
  std::vector<llvm::DIType *> types(node.fields.size(), nullptr);
  for (auto &[index, inner] : node.inner) {
    close(*inner);
    types[index] = inner->type;
  }
  debug_info_.close_kernel_type(node.type, node.fields, types);
}

void KernelTypes::finish() {
  for (auto &[name, root] : roots_)
    close(*root);
}

}  // namespace sonde::codegen
