// What probes and stacks know from symbols and debug information, of programs/shapes.cpp and its stripped variants.
#include <fmt/format.h>

#include <fstream>

#include "harness.h"

namespace sonde::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

std::string shapes() { return program("shapes"); }

// The line of the source that ends with a comment "LINE: text".
int line_of(const std::string &text) {
  std::ifstream source(SONDE_SOURCE_DIR "/tests/kernel/programs/shapes.cpp");
  int number = 0;
  for (std::string line; std::getline(source, line);) {
    ++number;
    if (line.ends_with("// LINE: " + text))
      return number;
  }
  return 0;
}

class DebugInfoTest : public TracerTest {
protected:
  static Outcome trace(const std::string &script, const std::string &of = shapes(), const std::string &mode = "call") {
    return run_script(script, {"-q", "-c", of + " " + mode});
  }
};

// ---- Names as in the source ----

TEST_F(DebugInfoTest, one_overload) {
  Outcome outcome = trace(fmt::format("uprobe:{}:cpp:\"shapes::area(int, int)\" {{ printf(\"%d %d %s\\n\", arg0, arg1, "
                                      "func) }}",
                                      shapes()));
  EXPECT_EQ(outcome.text(), "6 7 shapes::area(int, int)") << outcome;
}

TEST_F(DebugInfoTest, all_overloads) {
  Outcome outcome = trace(fmt::format("u:{}:cpp:\"shapes::area\" {{ @[probe] = count() }}", shapes()));
  std::string prefix = "@[uprobe:" + shapes() + ":cpp:\"shapes::area(";
  EXPECT_THAT(outcome.lines(),
              ::testing::UnorderedElementsAre(prefix + "Shape const*)\"]: 1", prefix + "int, int)\"]: 1"))
      << outcome;
}

TEST_F(DebugInfoTest, wildcards_in_names_as_in_the_source) {
  Outcome outcome = trace(fmt::format("ur:{}:cpp:\"shapes::*\" {{ @ = count() }}", shapes()));
  EXPECT_EQ(outcome.text(), "@: 5") << outcome;
  Outcome listed = Sonde({"-l", "uprobe:" + shapes() + ":cpp:*::draw*"}).run();
  EXPECT_EQ(listed.text(), "uprobe:" + shapes() + ":cpp:\"shapes::Canvas::draw(Shape const&)\"") << listed;
}

TEST_F(DebugInfoTest, a_source_name_without_cpp_is_told_how_to_be_written) {
  Outcome outcome = run_script("uprobe:" + shapes() + ":\"shapes::area\" { }");
  EXPECT_THAT(outcome.err, HasSubstr("names as in the source are written cpp:\"shapes::area\"")) << outcome;
}

// ---- Arguments by name ----

TEST_F(DebugInfoTest, arguments_by_name) {
  Outcome outcome = trace(fmt::format("uprobe:{}:cpp:\"shapes::many\" {{ printf(\"%d %d %lld %d\\n\", args.a, args.f, "
                                      "args.seventh, args.eighth) }}",
                                      shapes()));
  EXPECT_EQ(outcome.text(), "1 6 7777777777 -8") << outcome;
}

TEST_F(DebugInfoTest, structs_behind_pointers) {
  Outcome outcome =
      trace(fmt::format("uprobe:{}:cpp:\"shapes::area(Shape const*)\" {{ printf(\"%s %d %d %d %d %s\\n\", "
                        "str(args.shape.name), args.shape.corner.y, args.shape.sides, args.shape.filled, "
                        "args.shape->next->corner.x, str(args.shape.next.name)) }}",
                        shapes()));
  EXPECT_EQ(outcome.text(), "triangle 4 3 1 5 square") << outcome;
}

// A double takes no register that programs can see, a large struct lies on the stack.
TEST_F(DebugInfoTest, structs_by_value) {
  Outcome outcome = trace(fmt::format("uprobe:{}:cpp:\"shapes::place\" {{ printf(\"%d %d %d %c\\n\", args.pixel.x, "
                                      "args.pixel.y, args.large.words[3], args.letter) }}",
                                      shapes()));
  EXPECT_EQ(outcome.text(), "11 -12 44 z") << outcome;
}

TEST_F(DebugInfoTest, methods_have_this) {
  Outcome outcome =
      trace(fmt::format("uprobe:{}:cpp:\"shapes::Canvas::draw\" {{ printf(\"%d %d\\n\", args.this.drawn_, "
                        "args.shape.sides) }}",
                        shapes()));
  EXPECT_EQ(outcome.text(), "100 3") << outcome;
}

TEST_F(DebugInfoTest, verbose_listing_declares_them) {
  Outcome outcome = Sonde({"-lv", "uprobe:" + shapes() + ":cpp:\"shapes::place\""}).run();
  EXPECT_THAT(outcome.lines(),
              ElementsAre("uprobe:" + shapes() + ":cpp:\"shapes::place(Pixel, double, Large, char)\"",
                          "    struct Pixel pixel", "    double scale", "    struct Large large", "    int8 letter"))
      << outcome;
}

TEST_F(DebugInfoTest, what_has_no_names) {
  Outcome unknown = run_script("uprobe:" + shapes() + ":shapes_outer { print(args.nothing) }");
  EXPECT_THAT(unknown.err, HasSubstr("nothing")) << unknown;
  Outcome bare = run_script("uprobe:" + program("shapes_mini") + ":shapes_outer { print(args.value) }");
  EXPECT_THAT(bare.err, AllOf(HasSubstr("has no debug information about shapes_outer"), HasSubstr("arg0"))) << bare;
}

// ---- Lines ----

TEST_F(DebugInfoTest, a_line_of_the_source) {
  int line = line_of("behind it");
  Outcome outcome = trace(fmt::format("uprobe:{}@shapes.cpp:{} {{ printf(\"%s\\n\", probe) }}", shapes(), line));
  EXPECT_EQ(outcome.text(), fmt::format("uprobe:{}@shapes.cpp:{}", shapes(), line)) << outcome;
}

TEST_F(DebugInfoTest, a_line_without_code_names_the_next) {
  int line = line_of("behind it");
  Outcome outcome = run_script(fmt::format("uprobe:{}@programs/shapes.cpp:{} {{ }}", shapes(), line + 2));
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("there is no code on that line"), HasSubstr("the next line with code is")))
      << outcome;
  Outcome file = run_script(fmt::format("uprobe:{}@hapes.cpp:{} {{ }}", shapes(), line));
  EXPECT_THAT(file.err, HasSubstr("comes from a file of that name")) << file;
  Outcome bare = run_script(fmt::format("uprobe:{}@shapes.cpp:{} {{ }}", program("shapes_mini"), line));
  EXPECT_THAT(bare.err, HasSubstr("has no debug information")) << bare;
}

// ---- Stripped programs ----

TEST_F(DebugInfoTest, symbols_and_debug_information_beside_the_program) {
  Outcome outcome = trace(
      fmt::format("uprobe:{}:shapes_outer {{ printf(\"%d%s\", args.value, ustack(1)) }}", program("shapes_linked")),
      program("shapes_linked"));
  EXPECT_THAT(outcome.text(), MatchesRegex("20\n        shapes_outer\\+0@/.*/shapes.cpp:[0-9]+")) << outcome;
}

TEST_F(DebugInfoTest, symbols_in_mini_debug_information) {
  Outcome outcome =
      trace(fmt::format("uprobe:{}:shapes_outer {{ printf(\"%d%s\", arg0, ustack(1)) }}", program("shapes_mini")),
            program("shapes_mini"));
  EXPECT_EQ(outcome.text(), "20\n        shapes_outer+0") << outcome;
}

TEST_F(DebugInfoTest, no_symbols_at_all) {
  Outcome outcome = run_script("uprobe:" + program("shapes_bare") + ":shapes_outer { }");
  EXPECT_THAT(outcome.err, HasSubstr("it was stripped: install its debug symbols, or name an address")) << outcome;
}

// ---- Stacks ----

TEST_F(DebugInfoTest, stacks_say_what_was_inlined) {
  Outcome outcome = trace(fmt::format("uprobe:{}:shapes_target /arg0 == 21/ {{ print(ustack(2)) }}", shapes()));
  EXPECT_THAT(outcome.text(), HasSubstr("shapes_target+0@")) << outcome;
  Outcome inside = trace(
      fmt::format("uprobe:{}@shapes.cpp:{} {{ print(ustack(1)) }}", shapes(), line_of("in the inlined function")));
  EXPECT_THAT(inside.text(),
              MatchesRegex(fmt::format("        shapes_inlined\\(int\\)@/.*/shapes.cpp:{} \\(inlined\\)\n"
                                       "        shapes_outer\\+[0-9]+@/.*/shapes.cpp:{}",
                                       line_of("in the inlined function"), line_of("the call that was inlined"))))
      << inside;
}

TEST_F(DebugInfoTest, lines_can_be_left_out) {
  Outcome outcome = trace(fmt::format("config = {{ show_debug_info = 0 }} uprobe:{}:shapes_target /arg0 == 21/ "
                                      "{{ print(ustack(1)) }}",
                                      shapes()));
  EXPECT_EQ(outcome.text(), "        shapes_target+0") << outcome;
}

TEST_F(DebugInfoTest, code_made_at_run_time) {
  Outcome outcome =
      trace(fmt::format("config = {{ show_debug_info = 0 }} uprobe:{}:shapes_target {{ print(ustack) }}", shapes()),
            shapes(), "jit");
  EXPECT_THAT(outcome.out, HasSubstr("\n        made::at run time+6\n")) << outcome;
}

}  // namespace
}  // namespace sonde::test
