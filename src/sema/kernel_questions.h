// Conditions that ask what the kernel has: has_field() and its like, and what is made of them by !, && and ||.
//
// For the kernel at hand they are settled while compiling, and what they keep out is not compiled. For others all of
// it is, and what a branch takes from the kernel has to be there only where the branch is taken.
#pragma once

#include <optional>
#include <vector>

#include "ast/ast.h"
#include "sema/analysis.h"

namespace sonde::sema {

// What a condition comes to by its questions alone, once it has been typed; nothing when they do not decide, or when
// the kernel is not at hand.
std::optional<bool> kernel_decides(const ast::Expr &condition, const Unit &unit);

// True if nothing behind the statement is reached: the kernel at hand takes a branch that leaves. In
// `if (!has_field(struct T, f)) { return; }` that is a kernel without the field.
bool kernel_leaves(const ast::Statement &statement, const Unit &unit);

// What is known of the kernel behind the statement, as the one branch of an `if` leaves.
std::vector<image::KernelGuard> guards_behind(const ast::Statement &statement, const Unit &unit,
                                              const std::vector<image::KernelQuestion> &questions);

// What is known of the kernel where a condition holds (or does not).
std::vector<image::KernelGuard> guards_of(const ast::Expr &condition, bool holds, const Unit &unit,
                                          const std::vector<image::KernelQuestion> &questions);

// Adds to `guards` what is known in a branch, or behind one that leaves, until the end of the scope.
class GuardedBranch {
public:
  GuardedBranch(std::vector<image::KernelGuard> &guards, const std::vector<image::KernelGuard> &known)
      : guards_(guards), before_(guards.size()) {
    add(known);
  }
  void add(const std::vector<image::KernelGuard> &known) { guards_.insert(guards_.end(), known.begin(), known.end()); }
  ~GuardedBranch() { guards_.resize(before_); }
  GuardedBranch(const GuardedBranch &) = delete;
  GuardedBranch &operator=(const GuardedBranch &) = delete;

private:
  std::vector<image::KernelGuard> &guards_;
  size_t before_;
};

}  // namespace sonde::sema
