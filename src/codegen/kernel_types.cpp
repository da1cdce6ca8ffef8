#include "codegen/kernel_types.h"

#include <fmt/format.h>

#include <algorithm>

namespace sonde::codegen {
namespace {

// The number that LLVM puts into the instruction, and that a loader checks before it replaces it.
uint64_t local_value(KernelTypes::Fact fact, const FieldPath &path) {
  const Field &last = path.steps.back();
  if (fact == KernelTypes::Fact::LeftShift)
    return 64 - last.bit_offset - last.bit_width;
  uint64_t offset = 0;
  for (const Field &step : path.steps)
    offset += step.offset;
  return offset;
}

}  // namespace

std::unique_ptr<KernelTypes::Node> KernelTypes::open(const std::string &name, uint32_t size, bool is_union) {
  auto node = std::make_unique<Node>();
  node->type = debug_info_.open_kernel_type(name, size, is_union);
  return node;
}

KernelTypes::Variable KernelTypes::fact(Fact fact, const FieldPath &path) {
  std::unique_ptr<Node> &root = roots_[path.root];
  if (!root)
    root = open(path.root, path.root_size, path.root_is_union);
  std::string way = "0";
  Node *node = root.get();
  for (const Field &step : path.steps) {
    auto same_name = [&](const Field &field) { return field.name == step.name; };
    size_t index = std::find_if(node->fields.begin(), node->fields.end(), same_name) - node->fields.begin();
    if (index == node->fields.size())
      node->fields.push_back(step);
    way += fmt::format(":{}", index);
    if (&step == &path.steps.back())
      break;
    std::unique_ptr<Node> &inner = node->inner[index];
    if (!inner)
      inner = open("", step.type.size, step.type.layout && step.type.layout->is_union);
    node = inner.get();
  }
  std::string name =
      fmt::format("llvm.{}:{}:{}${}", path.root, static_cast<uint32_t>(fact), local_value(fact, path), way);
  auto [found, is_new] = facts_.try_emplace(name);
  if (is_new) {
    auto *type = llvm::IntegerType::get(module_.getContext(), fact == Fact::ByteOffset ? 64 : 32);
    auto *variable = new llvm::GlobalVariable(module_, type, false, llvm::GlobalValue::ExternalLinkage, nullptr, name);
    variable->addAttribute("btf_ama");
    variable->setMetadata(llvm::LLVMContext::MD_preserve_access_index, root->type);
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
