// Variables: blocks in which they are visible, and the type that all their assignments share.
#include <algorithm>

#include "base/text.h"
#include "sema/expand_macros.h"
#include "sema/type_checker.h"

namespace sonde::sema {

void TypeChecker::check_node(const ast::Variable &variable, const ast::Expr &expr, ExprInfo &info) {
  auto index = find_variable(variable.name);
  if (!index && keep_after_block(variable.name, expr.where))
    return;
  if (!index) {
    report_undefined_variable(variable.name, expr.where);
    return;
  }
  info.variable = *index;
  info.type = slot(*index).type;
  if (info.type.is_none() && !has_value_[*index])
    error(expr.where, fmt::format("${} is used before it has a value", written_name(variable.name)))
        .note(unit_->variables[*index].declared, "it is declared here");
}

std::optional<uint32_t> TypeChecker::find_variable(const std::string &name) const {
  auto found = visible_.find(name);
  return found == visible_.end() ? std::nullopt : std::optional(found->second);
}

uint32_t TypeChecker::declare_variable(const std::string &name, const void *node, Location where, Lifetime lifetime) {
  auto [entry, is_new] = unit_->declared.emplace(node, static_cast<uint32_t>(unit_->variables.size()));
  if (is_new) {
    unit_->variables.push_back({name, Type::none(), where, lifetime});
    states_[unit_index_].slots.emplace_back().first = where;
    has_value_.push_back(false);
  }
  visible_.emplace(name, entry->second);
  scopes_.back().push_back(name);
  return entry->second;
}

void TypeChecker::close_scope() {
  for (std::string_view name : scopes_.back()) {
    ended_[name] = unit_->variables[visible_.at(name)];
    visible_.erase(name);
  }
  scopes_.pop_back();
}

bool TypeChecker::keep_after_block(const std::string &name, Location use) {
  auto ended = ended_.find(name);
  if (ended == ended_.end() || ended->second.lifetime == Lifetime::Block)
    return false;
  UnitState &state = states_[unit_index_];
  state.has_new_use_after_block |= state.used_after_block.try_emplace(name, ended->second.declared, use).second;
  check_again(unit_index_);
  return true;
}

void TypeChecker::declare_kept_variables() {
  UnitState &state = states_[unit_index_];
  if (std::exchange(state.has_new_use_after_block, false)) {
    unit_->variables.clear();
    unit_->declared.clear();
    state.slots.clear();
    has_value_.clear();
  }
  for (const auto &[name, use] : state.used_after_block) {
    declare_variable(name, &name, use.assigned, Lifetime::Probe);
    warning(use.used, fmt::format("${} is used behind the block that assigns it", written_name(name)))
        .with_hint(fmt::format("`let ${};` before the block says that this is meant", written_name(name)));
  }
}

bool TypeChecker::check_not_declared(const std::string &name, Location where) {
  auto earlier = find_variable(name);
  if (!earlier)
    return true;
  error(where, fmt::format("${} is already declared, and cannot be hidden by another", written_name(name)))
      .note(unit_->variables[*earlier].declared, "first declared here");
  return false;
}

void TypeChecker::merge_variable(uint32_t variable, const Type &type, const ExprInfo &value, Location where) {
  has_value_[variable] = true;
  Slot &held = slot(variable);
  bool was_known = !held.type.is_none();
  Merge merged = merge(held, type, value, where);
  set_variable_type(variable, held.type);
  // A first type changes nothing for what was checked before: it could not use the variable yet.
  if (merged == Merge::Changed && was_known)
    check_again(unit_index_);
  if (merged != Merge::Mismatch)
    return;
  std::string_view name = written_name(unit_->variables[variable].name);
  error(where, fmt::format("cannot assign {} to ${}, which holds {}", a_type(type), name, a_type(held.type)))
      .note(held.first, fmt::format("${} was first given {} here", name, a_type(held.type)));
}

void TypeChecker::set_variable_type(uint32_t variable, const Type &type) {
  slot(variable).type = type;
  unit_->variables[variable].type = type;
}

void TypeChecker::report_undefined_variable(const std::string &variable, Location where) {
  std::string_view name = written_name(variable);
  Diagnostic &report = error(where, fmt::format("Undefined variable: ${}", name));
  if (auto ended = ended_.find(variable); ended != ended_.end()) {
    report.note(ended->second.declared, fmt::format("this ${} ends with its block", name))
        .with_hint(fmt::format("`let ${};` before the block makes it visible here", name));
    return;
  }
  std::vector<std::string> names;
  for (const auto &[visible, index] : visible_)
    names.push_back("$" + std::string(written_name(visible)));
  std::sort(names.begin(), names.end());  // of equally near names always the same
  report.with_hint(did_you_mean(fmt::format("${}", name), names));
}

}  // namespace sonde::sema
