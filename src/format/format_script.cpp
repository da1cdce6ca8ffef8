// Goes through the pieces once and says where lines end, what is indented, and which lines are empty.
//
// A line is only written when the next one begins, because a comment or an 'else' may still belong to it.
#include "format/format_script.h"

#include <string_view>
#include <vector>

#include "format/line.h"
#include "format/pieces.h"
#include "format/spacing.h"

namespace sonde::format {
namespace {

constexpr size_t kIndent = 2;

class Formatter {
public:
  explicit Formatter(std::vector<Piece> pieces) : pieces_(std::move(pieces)) {}

  std::string run() {
    for (at_ = 0; !pieces_[at_].is(TokenKind::End); ++at_) {
      const Piece &piece = pieces_[at_];
      if (piece.is_comment())
        comment(piece);
      else if (blocks_.size() > 1 || in_item_)
        inner(piece);
      else
        top_level(piece);
    }
    flush();
    return std::move(out_);
  }

private:
  // What a '{' began; the first stands for the script itself.
  struct Block {
    bool adds_semicolon = false;  // to a last statement without one: its value is not the block's
    bool goes_on = false;         // what is behind the '}' belongs to the same statement
    bool is_branch = false;       // of an if that is a value
    size_t value_branches = 0;    // '{' to come that begin such branches
  };

  // The next piece, or the next that is no comment.
  const Piece &next() const { return pieces_[at_ + 1]; }
  const Piece &next_token() const {
    size_t at = at_ + 1;
    while (pieces_[at].is_comment())
      ++at;
    return pieces_[at];
  }

  // ---- Lines ----

  void finish() { is_finished_ = true; }

  void flush() {
    out_ += line_.take();
    is_finished_ = false;
  }

  // Makes `piece` the first of a line. `separate` asks for an empty line in front.
  void start_line(const Piece &piece, bool separate = false) {
    bool is_open = opened_block_;
    flush();
    bool wanted = piece.lines_before > 1 || separate || separate_next_;
    if (wanted && !out_.empty() && !is_open && !piece.is(TokenKind::RightBrace))
      out_ += '\n';
    opened_block_ = separate_next_ = false;
    line_.start(indent());
  }

  size_t indent() const { return (blocks_.size() - 1) * kIndent; }

  void add(const Piece &piece) {
    if (is_finished_ || line_.is_empty())
      start_line(piece);
    append(piece);
  }

  void append(const Piece &piece) {
    Spacing::Gap gap = spacing_.before(piece);
    line_.add({std::string(piece.text), gap.space, gap.break_cost});
  }

  // ---- Comments ----

  void comment(const Piece &piece) {
    bool is_line = piece.kind == Piece::Kind::LineComment;
    bool leads =
        !is_line && next().lines_before == 0 && !next().is(TokenKind::RightBrace) && !next().is(TokenKind::End);
    if (is_spread_ && blocks_.size() == 1 && !in_predicate_ && piece.lines_before > 0)
      finish();
    bool is_behind = piece.lines_before == 0 && !line_.is_empty() && !(is_finished_ && leads);
    if (is_behind || (!line_.is_empty() && !is_finished_))
      add_comment(piece, !is_behind, is_line || (!is_behind && !leads));
    else
      start_with_comment(piece, leads);
    if (!leads && !line_.has_tokens())
      finish();
  }

  void add_comment(const Piece &piece, bool starts_line, bool is_last) {
    line_.add({std::string(piece.text), true, {}, true, starts_line});
    if (is_last)
      line_.break_next();
  }

  void start_with_comment(const Piece &piece, bool leads) {
    start_line(piece);
    line_.add({moved(piece.text, piece.column, indent()), true, {}, true});
    if (!leads)
      finish();
    follows_comment_ = true;
  }

  // ---- Between probes ----

  void top_level(const Piece &piece) {
    switch (piece.token) {
    case TokenKind::Semicolon: return;
    case TokenKind::CDefinition: return definition(piece);
    case TokenKind::Import: return import(piece);
    default: break;
    }
    bool has_block = piece.token != TokenKind::Let;
    start_item(piece, has_block);
    in_item_ = true;
    is_macro_ = piece.is(TokenKind::Macro);
    is_spread_ = piece.is(TokenKind::AttachPoint) && has_spread_header();
    spacing_ = {};
    append(piece);
  }

  // Probes, macros and settings stand apart from what is before them, but for their own comments.
  void start_item(const Piece &piece, bool has_block) {
    if (line_.is_empty() || is_finished_)
      start_line(piece, has_block && !follows_comment_);
    follows_comment_ = false;
  }

  void definition(const Piece &piece) {
    start_item(piece, false);
    std::string text = moved(piece.text, piece.column, 0);
    size_t end = text.find_last_not_of(" \t\r") + 1;
    // Without the space behind it, a backslash would join the next line.
    if (text[end - 1] != '\\')
      text.resize(end);
    line_.add({std::move(text)});
    finish();
  }

  void import(const Piece &piece) {
    start_item(piece, false);
    line_.add({"import " + std::string(piece.text.substr(piece.text.find('"'))) + ";"});
    finish();
  }

  // Several attach points, predicates and comments have lines of their own, and so has the '{' then.
  bool has_spread_header() const {
    bool is_list = next().is(TokenKind::Comma) && !pieces_[at_ + 2].is(TokenKind::LeftBrace);
    return is_list || (!next().is(TokenKind::Comma) && !next().is(TokenKind::LeftBrace));
  }

  // ---- Tokens of a probe, a macro, settings, a map's declaration ----

  void inner(const Piece &piece) {
    switch (piece.token) {
    case TokenKind::LeftBrace: return open(piece);
    case TokenKind::BlockValue: return open_value(piece);
    case TokenKind::RightBrace: return close(piece);
    case TokenKind::Semicolon: return semicolon();
    case TokenKind::Else: return otherwise(piece);
    case TokenKind::IfValue: blocks_.back().value_branches++; break;
    default: break;
    }
    if (blocks_.size() == 1)
      return header(piece);
    add(piece);
  }

  void header(const Piece &piece) {
    // A comma behind the last attach point says nothing.
    if (piece.is(TokenKind::Comma) &&
        (next_token().is(TokenKind::LeftBrace) || next_token().is(TokenKind::PredicateStart)))
      return;
    bool ends_row = piece.is(TokenKind::Comma) && is_spread_ && !in_predicate_;
    if (piece.is(TokenKind::PredicateStart)) {
      in_predicate_ = true;
      finish();
    }
    add(piece);
    if (ends_row)
      finish();
    if (piece.is(TokenKind::PredicateEnd))
      in_predicate_ = false;
    // let @m = hash(10)
    if (!is_spread_ && !is_macro_ && piece.is(TokenKind::RightParen) && !next_token().is(TokenKind::LeftBrace))
      end_declaration();
  }

  void end_declaration() {
    line_.add_semicolon();
    finish();
    in_item_ = false;
  }

  void open(const Piece &piece) {
    Block &outer = blocks_.back();
    bool is_branch = outer.value_branches > 0;
    bool is_header = blocks_.size() == 1 && !is_branch;
    if (is_branch)
      --outer.value_branches;
    if (is_header && is_spread_)
      finish();
    add(piece);
    bool adds_semicolon = is_header ? !is_macro_ : outer.adds_semicolon && !is_branch;
    push({adds_semicolon, is_branch, is_branch});
  }

  void open_value(const Piece &piece) {
    add(piece);
    push({false, true});
  }

  void push(Block block) {
    blocks_.push_back(block);
    opened_block_ = true;
    finish();
  }

  void close(const Piece &piece) {
    Block block = blocks_.back();
    blocks_.pop_back();
    if (opened_block_ && line_.ends_in("{")) {
      is_finished_ = opened_block_ = false;
      spacing_.before(piece);
      line_.add({"}", false});
    } else {
      if (!is_finished_ && block.adds_semicolon && line_.has_tokens())
        line_.add_semicolon();
      finish();
      add(piece);
    }
    if (block.goes_on)
      spacing_.value_ends();
    else
      finish();
    if (block.is_branch && next_token().is(TokenKind::Else))
      blocks_.back().value_branches++;
    if (blocks_.size() == 1 && !block.goes_on)
      end_item();
  }

  void end_item() {
    in_item_ = is_macro_ = is_spread_ = follows_comment_ = false;
    separate_next_ = true;
  }

  void semicolon() {
    if (is_finished_ || !line_.has_tokens())
      return;
    line_.add_semicolon();
    spacing_ = {};
    finish();
    if (blocks_.size() == 1)
      in_item_ = false;
  }

  void otherwise(const Piece &piece) {
    if (line_.ends_in("}"))
      is_finished_ = false;
    add(piece);
  }

  std::vector<Piece> pieces_;
  size_t at_ = 0;
  std::string out_;
  Line line_;
  Spacing spacing_;
  std::vector<Block> blocks_{1};
  bool is_finished_ = false;      // line_ is complete, but for a comment behind it
  bool opened_block_ = false;     // by the last token
  bool separate_next_ = false;    // an empty line belongs before what comes next
  bool follows_comment_ = false;  // what is above, between probes, is a comment
  bool in_item_ = false;          // a probe, a macro, settings or a declaration
  bool is_macro_ = false;
  bool is_spread_ = false;  // the probe's header takes several lines
  bool in_predicate_ = false;
};

}  // namespace

std::string format_script(const Sources &sources, size_t file) { return Formatter(read_pieces(sources, file)).run(); }

}  // namespace sonde::format
