// The syntax tree: what the parser saw, nothing more.
//
// A Program is a value that no later phase changes: what is learned about a node is kept beside
// the tree, by ExprId. Nodes are plain aggregates in a variant; visit them with sonde::match
// (base/match.h), so that a forgotten kind does not compile.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/source.h"

namespace sonde::ast {

// Dense over a program, in the order of parsing; the expressions of one probe are contiguous.
using ExprId = uint32_t;

struct Expr;
struct Statement;
using ExprPtr = std::unique_ptr<Expr>;

enum class UnaryOp { Negate, LogicalNot, BitNot, Dereference, AddressOf };
enum class BinaryOp {
  Add,
  Subtract,
  Multiply,
  Divide,
  Modulo,
  ShiftLeft,
  ShiftRight,
  BitAnd,
  BitOr,
  BitXor,
  Less,
  LessEqual,
  Greater,
  GreaterEqual,
  Equal,
  NotEqual,
  LogicalAnd,
  LogicalOr
};
std::string_view symbol(UnaryOp op);
std::string_view symbol(BinaryOp op);

// A type as written: "uint64", "struct sock *", "char[16]", "string[64]". C's words for integers
// come in one order, without a needless "int" or "signed": "unsigned long", "unsigned int", "short".
struct TypeName {
  Location where;
  std::string name;  // without "struct"/"union"/"enum", pointers and brackets: "sock"
  std::string tag;   // "struct", "union", "enum", or empty
  uint32_t pointer_depth = 0;
  std::vector<uint64_t> dimensions = {};  // of arrays, outermost first; 0 for []
  std::shared_ptr<const Expr> of = {};    // typeof(expression), which is not worked out; `name` is empty
};

// Of a block that stands for a macro: which one, the place that used it, and all of its definition.
struct Expansion {
  std::string macro;
  Location use;
  Location definition;
};

// ---- Expressions ----

// One kind a line: together they are the table of the language.
// clang-format off

// `text` keeps the spelling for dumps; durations (5s) are already in nanoseconds.
struct Integer { uint64_t value = 0; std::string text; };
struct Boolean { bool value = false; };
struct String { std::string value; };           // escapes resolved
struct Identifier { std::string name; };         // a builtin value or an enumerator: pid, AF_INET
struct PositionalParameter { uint32_t index = 1; };  // $1
struct ParameterCount {};                        // $#
struct Variable { std::string name; };           // without the '$'
struct Map { std::string name; ExprPtr key; };   // name without the '@', empty for '@'; several keys are one Tuple
struct Call { std::string name; std::vector<ExprPtr> arguments; Location name_where; };
struct Unary { UnaryOp op; ExprPtr operand; };
struct Binary { BinaryOp op; ExprPtr left, right; };
struct IncrementDecrement { bool increment = true; bool prefix = false; ExprPtr target; };  // of a Variable or Map
struct Ternary { ExprPtr condition, then, otherwise; };  // `then` is null in the short form a ?: b
struct Cast { TypeName type; ExprPtr operand; };
struct FieldAccess { ExprPtr object; std::string field; bool arrow = false; Location field_where; };  // also tuple.0
struct Index { ExprPtr object; ExprPtr index; };
// A record is a tuple whose elements have names: (a=1, b="x"). `names` is empty or as long as `elements`.
struct Tuple { std::vector<ExprPtr> elements; std::vector<std::string> names; };
struct SizeofType { TypeName type; };
struct SizeofExpr { ExprPtr operand; };
struct Offsetof { TypeName type; std::vector<std::string> path; };
// The object of that type whose member `path` the pointer leads to, as a pointer.
struct ContainerOf { ExprPtr pointer; TypeName type; std::vector<std::string> path; };
struct Typeinfo { TypeName type; };              // a record of what is known of the type
struct Comptime { ExprPtr operand; };            // its value must be known while compiling
struct TypeArgument { TypeName type; };          // a type where a macro takes an expression: f(struct sock *)
// { statements; result }: `result` is null where the last statement is no expression.
struct BlockExpr { std::vector<Statement> statements; ExprPtr result; std::optional<Expansion> expansion; };
// clang-format on

struct Expr {
  ExprId id = 0;
  Location where;
  std::variant<Integer, Boolean, String, Identifier, PositionalParameter, ParameterCount, Variable, Map, Call, Unary,
               Binary, IncrementDecrement, Ternary, Cast, FieldAccess, Index, Tuple, SizeofType, SizeofExpr, Offsetof,
               ContainerOf, Typeinfo, Comptime, TypeArgument, BlockExpr>
      node;
};

// ---- Statements ----

struct Block {
  Location where;
  std::vector<Statement> statements;
  // The last statement is an expression without a ';': the block's value, where it stands for one.
  bool ends_in_value = false;
};

// clang-format off
struct ExprStatement { ExprPtr expr; bool is_discarded = false; };  // _ = expr: its value is not wanted
// `target` is a Variable or a Map; `op` is set for compound forms (+=).
struct Assign { ExprPtr target; std::optional<BinaryOp> op; ExprPtr value; };
struct Let { std::string variable; std::optional<TypeName> type; ExprPtr value; Location variable_where; };
struct If { ExprPtr condition; Block then; std::optional<Block> otherwise; };
struct While { ExprPtr condition; Block body; };
struct Unroll { ExprPtr count; Block body; };
struct ForRange { std::string variable; ExprPtr begin, end; Block body; };  // begin..end, end excluded
struct ForMap { std::string variable; ExprPtr map; Block body; };           // $kv.0 key, $kv.1 value
struct Return { ExprPtr value; };
struct Break {};
struct Continue {};
// clang-format on

struct Statement {
  Location where;
  std::variant<ExprStatement, Assign, Let, If, While, Unroll, ForRange, ForMap, Return, Break, Continue, Block> node;
};

// ---- Top level ----

// As written, parameters ($1) already substituted: "tracepoint:syscalls:sys_enter_*". Providers
// (src/probes) take the text apart.
struct AttachPoint {
  Location where;
  std::string text;
  bool is_alternative = false;  // behind ??: counts only if nothing matched the one before, nor those before that
};

struct Probe {
  Location where;
  std::vector<AttachPoint> attach_points;
  ExprPtr predicate;  // may be null
  Block body;
  // The ids of the probe's expressions: [first_expr, end_expr).
  ExprId first_expr = 0;
  ExprId end_expr = 0;
};

struct ConfigEntry {
  Location where;
  std::string key;
  std::string value;  // the literal's text, without quotes
  Location value_where;
};

// let @name = hash(1024);
struct MapDeclaration {
  Location where;
  std::string name;
  std::string kind;
  uint64_t max_entries = 0;
  Location kind_where;
};

struct MacroParameter {
  enum class Kind : uint8_t { Expression, Variable, Map };
  Kind kind = Kind::Expression;
  std::string name;  // without its sigil
  Location where;
};

// macro name(e, $v, @m) { body }. Macros of one name differ in how many parameters they take, or of
// which kinds.
struct Macro {
  Location where;
  std::string name;
  Location name_where;
  std::vector<MacroParameter> parameters;
  ExprPtr body;  // a BlockExpr
};

struct Program {
  std::vector<ConfigEntry> config;
  std::vector<MapDeclaration> map_declarations;
  std::vector<Macro> macros;
  std::vector<Probe> probes;
  ExprId expr_count = 0;
};

}  // namespace sonde::ast
