// Operators' spellings and the annotated form of the tree.
#include "ast/ast.h"

#include <gtest/gtest.h>

#include "ast/print.h"
#include "parser/parse.h"

using namespace sonde;

TEST(Ast, SymbolsAreTheOperatorsOfTheLanguage) {
  EXPECT_EQ(ast::symbol(ast::UnaryOp::Negate), "-");
  EXPECT_EQ(ast::symbol(ast::UnaryOp::AddressOf), "&");
  EXPECT_EQ(ast::symbol(ast::BinaryOp::Add), "+");
  EXPECT_EQ(ast::symbol(ast::BinaryOp::BitXor), "^");
  EXPECT_EQ(ast::symbol(ast::BinaryOp::LogicalOr), "||");
}

TEST(Ast, AnnotationsFollowExpressionsOnly) {
  Sources sources;
  Diagnostics diagnostics;
  ast::Program program = parse(sources, sources.add("s", "kprobe:f /pid/ { if (1) { $x = 2; } }"), {}, diagnostics);
  std::string text = print(program.probes.at(0), [](const ast::Expr &e) { return " #" + std::to_string(e.id); });
  EXPECT_EQ(text, " kprobe:f\n"
                  "  pred\n"
                  "   builtin: pid #0\n"
                  "  if\n"
                  "   int: 1 #1\n"
                  "   then\n"
                  "    =\n"
                  "     variable: $x #2\n"
                  "     int: 2 #3\n");
}
