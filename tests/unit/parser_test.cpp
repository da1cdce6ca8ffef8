// What golden files cannot show: ids, locations, parameters, limits and the cost of large scripts.
#include "parser/parse.h"

#include <gtest/gtest.h>

#include <chrono>
#include <set>

#include "ast/print.h"

using namespace sonde;

namespace {

class Parser : public testing::Test {
protected:
  ast::Program run(std::string script) {
    return parse(sources, sources.add("stdin", std::move(script)), options, diagnostics);
  }
  std::string errors() const { return diagnostics.format(sources); }
  std::string text(Location where) const { return std::string(sources.text(where)); }

  Sources sources;
  ParseOptions options;
  Diagnostics diagnostics;
};

std::string repeated(std::string_view part, size_t times) {
  std::string out;
  out.reserve(part.size() * times);
  for (size_t i = 0; i < times; ++i)
    out += part;
  return out;
}

const ast::Statement &first(const ast::Program &program) { return program.probes.at(0).body.statements.at(0); }

const ast::Expr &first_expr(const ast::Program &program) {
  return *std::get<ast::ExprStatement>(first(program).node).expr;
}

}  // namespace

TEST_F(Parser, ProbesOwnContiguousRangesOfIds) {
  ast::Program program = run("kprobe:f /1 + 2/ { 3 } let @m = hash(1); kprobe:g { 4; 5 }");
  ASSERT_EQ(program.probes.size(), 2u);
  EXPECT_EQ(program.probes[0].first_expr, 0u);
  EXPECT_EQ(program.probes[0].end_expr, 4u);
  EXPECT_EQ(program.probes[1].first_expr, 4u);
  EXPECT_EQ(program.probes[1].end_expr, 6u);
  EXPECT_EQ(program.expr_count, 6u);
}

TEST_F(Parser, LocationsAreTheTextOfTheirNodes) {
  ast::Program program = run("kprobe:f,kprobe:g { foo(1 + 2)->bar[3]; }");
  EXPECT_EQ(text(program.probes[0].attach_points[1].where), "kprobe:g");
  EXPECT_EQ(text(program.probes[0].body.where), "{ foo(1 + 2)->bar[3]; }");
  const auto &index = std::get<ast::Index>(first_expr(program).node);
  EXPECT_EQ(text(first_expr(program).where), "foo(1 + 2)->bar[3]");
  const auto &field = std::get<ast::FieldAccess>(index.object->node);
  EXPECT_EQ(text(field.field_where), "bar");
  const auto &call = std::get<ast::Call>(field.object->node);
  EXPECT_EQ(text(call.name_where), "foo");
  EXPECT_EQ(text(call.arguments[0]->where), "1 + 2");
}

TEST_F(Parser, LocationsNameTheirFile) {
  sources.add("other", "some text before");
  ast::Program program = run("BEGIN { pid }");
  EXPECT_EQ(text(first_expr(program).where), "pid");
  EXPECT_EQ(sources.position(first_expr(program).where.begin).file->name, "stdin");
}

TEST_F(Parser, ParametersBecomeTextInAttachPointsAndNodesElsewhere) {
  options.positional_parameters = {"vfs_read", "7"};
  ast::Program program = run("kprobe:$1+$2 { $1 }");
  EXPECT_EQ(program.probes.at(0).attach_points.at(0).text, "kprobe:vfs_read+7");
  EXPECT_EQ(std::get<ast::PositionalParameter>(first_expr(program).node).index, 1u);
}

TEST_F(Parser, ConfigKeepsTheTextOfItsValues) {
  ast::Program program = run("config = { a = \"x y\"; b = 1_0 }");
  ASSERT_EQ(program.config.size(), 2u);
  EXPECT_EQ(program.config[0].value, "x y");
  EXPECT_EQ(program.config[1].value, "1_0");
  EXPECT_EQ(text(program.config[1].value_where), "1_0");
}

TEST_F(Parser, ProbesAfterAnErrorAreRead) {
  ast::Program program = run("kprobe:f { $x = ; }\nkprobe:g { if (1) { 2;\nkprobe:h { 3 }\n");
  EXPECT_EQ(program.probes.size(), 3u);
  EXPECT_EQ(diagnostics.all().size(), 2u) << errors();
}

// Walks, prints and frees the deepest trees that are allowed; the sanitizers' stack is small.
TEST_F(Parser, NothingNestsDeeply) {
  const std::vector<std::string> scripts = {
      "BEGIN { " + repeated("(", 20'000),
      "BEGIN { " + repeated("{", 20'000),
      "BEGIN { $x" + repeated("[1", 20'000),
      "BEGIN { " + repeated("!", 20'000) + "1 }",
      "BEGIN { " + repeated("++", 20'000) + "$x }",
      "BEGIN { " + repeated("(int)", 20'000) + "1 }",
      "BEGIN { " + repeated("1 + ", 20'000) + "1 }",
      "BEGIN { " + repeated("1 ? ", 20'000) + "1 }",
      "BEGIN { " + repeated("1 ? 1 : ", 20'000) + "1 }",
      "BEGIN { $x" + repeated(".a", 20'000) + " }",
      "BEGIN { if 1 { }" + repeated(" else if 1 { }", 20'000) + " }",
      "BEGIN { " + repeated("if 1 { ", 20'000),
      "BEGIN { (int " + repeated("*", 20'000) + ")1 }",
      "kprobe:f /" + repeated("(", 20'000),
  };
  for (const std::string &script : scripts) {
    diagnostics = {};
    ast::Program program = run(script);
    EXPECT_EQ(diagnostics.all().size(), 1u) << script.substr(0, 30) << "\n" << errors();
    ast::print(program);
  }
}

TEST_F(Parser, DepthsThatPeopleWriteAreFine) {
  run("BEGIN { " + repeated("(", 100) + "1" + repeated(")", 100) + "; " + repeated("pid == 1 || ", 250) + "0; " +
      repeated("if 1 { ", 100) + repeated("}", 100) + " }");
  EXPECT_FALSE(diagnostics.has_errors()) << errors();
}

TEST_F(Parser, ErrorsEnd) {
  const std::vector<std::string> scripts = {
      "BEGIN { " + repeated("+;", 10'000),
      "BEGIN { " + repeated("5++;", 10'000),
      "BEGIN { " + repeated("08;", 10'000),
      repeated("kprobe:f {\n", 10'000),
      repeated("{ }\n", 10'000),
      repeated("fn f();\n", 10'000),
      "BEGIN { " + repeated("` ", 10'000),
      repeated("kprobe:f print\n", 10'000),
      "config = {" + repeated("a;", 10'000),
  };
  for (const std::string &script : scripts) {
    diagnostics = {};
    run(script);
    EXPECT_TRUE(diagnostics.has_errors());
    EXPECT_LE(diagnostics.all().size(), 110u) << script.substr(0, 30);
  }
}

// Eight times the size takes about eight times as long; a quadratic step would take 64 times.
TEST_F(Parser, LargeScriptsTakeLinearTime) {
  auto seconds = [&](size_t probes) {
    auto start = std::chrono::steady_clock::now();
    ast::Program program =
        run(repeated("kprobe:vfs_* /pid == 1/ { @x[comm, tid] = count(); printf(\"%d\\n\", 1 + 2 * 3); }\n", probes));
    EXPECT_EQ(program.probes.size(), probes);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  double one = seconds(500);
  double eight = seconds(4'000);
  EXPECT_LT(eight, one * 24 + 0.2);
}
