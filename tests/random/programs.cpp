// Grammar of the programs. Maps and variables have one type by their name, so that any order of statements is well
// typed. What has effects beyond its program (signal, system, cat) is left out.
#include "programs.h"

#include <fmt/format.h>

#include "expressions.h"

namespace sonde::random {
namespace {

constexpr int kBlockDepth = 3, kExpressionDepth = 2;

class Programs {
public:
  explicit Programs(uint64_t seed) : random_(seed), expressions_(random_) {}

  std::string script() {
    // Gives the inputs and every map a type, whatever the rest does with them.
    std::string script = "BEGIN { " + expressions_.write_inputs() +
                         "@n[1, (uint8)2] = 3; @t[\"a\"] = (1, \"text\", (uint8)2); @k[(1, \"b\")] = \"value\"; "
                         "@total = 0; @one = \"text\"; @task = curtask; @bytes[(uint8[8])(uint64)1] = "
                         "(uint8[8])(uint64)2; @record[(id=1, name=\"n\")] = (size=1, text=\"t\"); }\n";
    for (uint64_t probes = 1 + random_.below(3); probes > 0; --probes)
      script += fmt::format("{} {}{{\n{}{}}}\n", random_.of({"BEGIN", "END", "profile:hz:99", "interval:s:10"}),
                            random_.one_in(4) ? "/" + predicate() + "/ " : "", read_inputs(), statements(kBlockDepth));
    return script;
  }

private:
  static std::string read_inputs() {
    return Expressions::read_inputs() + "\n  $task = @task; $pointer = (uint32 *)curtask; "
                                        "$bytes = (uint8[8])(uint64)$i3; $record = (size=$i3, text=$s0);\n";
  }

  // Predicates see no variables.
  std::string predicate() {
    return random_.of({"pid == 1", "@total >= 0", "comm == \"nobody\"", "@n[1, 2] || cpu < 64", "@t[comm].1 != \"x\""});
  }
  std::string number() { return random_.one_in(6) ? "(" + part() + ")" : expressions_.number(kExpressionDepth); }
  std::string plain() { return expressions_.number(1); }
  std::string address() { return fmt::format("(struct task_struct *)(uint64){}", plain()); }
  std::string task() { return random_.one_in(3) ? "(" + address() + ")" : random_.of({"$task", "@task", "curtask"}); }

  // A number out of an object: structs of the kernel, arrays, records, what pointers lead to.
  std::string part() {
    switch (random_.below(14)) {
    case 0: return task() + random_.of({"->pid", ".tgid", "->flags", "->real_parent->pid", "->cpus_mask.bits[0]"});
    case 1: return fmt::format("{}->{}", task(), random_.of({"mm->start_code", "cred->uid.val", "on_rq"}));
    case 2: return fmt::format("{}->signal->rlim[{}].rlim_cur", task(), random_.of({"0", "3", "$i3", "15"}));
    case 3: return fmt::format("{}->comm[{}]", task(), random_.of({"0", "15", "$i3"}));
    case 4: return fmt::format("$bytes[{}]", random_.one_in(2) ? plain() : "7");
    case 5: return fmt::format("@bytes[$bytes][{}]", random_.one_in(2) ? plain() : "0");
    case 6: return random_.of({"$record.size", "@record[(name=\"n\", id=1)].size", "(a=1, b=comm).a"});
    case 7: return fmt::format("*($pointer + {})", plain());
    case 8: return fmt::format("$pointer[{}]", plain());
    case 9: return fmt::format("(uint64)(&{}->mm - {})", task(), random_.of({"1", "$i0"}));
    case 10: return fmt::format("container_of(&{0}->pid, typeof(*{0}), pid)->tgid", task());
    case 11: return "(uint64)$bytes";
    case 12: return fmt::format("*(uint{} *)(uint64){}", 8 << random_.below(4), plain());
    default: return fmt::format("sizeof(typeof({0})) + offsetof(struct task_struct, cred)", task());
    }
  }
  std::string task_value() {
    return random_.of({"pid", "tid", "uid", "gid", "cpu", "rand", "nsecs", "elapsed", "cgroup", "jiffies", "numaid",
                       "(uint64)curtask"});
  }
  std::string text() {
    switch (random_.below(8)) {
    case 5: return task() + random_.of({"->comm", "->real_parent->comm"});
    case 6: return random_.of({"$record.text", "@record[(id=1, name=\"n\")].text", "(a=1, b=comm).b"});
    case 7: return fmt::format("str({}->comm)", task());
    case 0: return "comm";
    case 1: return fmt::format("str((uint64){}, {})", number(), 1 + random_.below(100));
    case 2: return fmt::format("str((uint64){})", number());
    case 3: return fmt::format("({} ? {} : {})", expressions_.condition(1), expressions_.text(), "comm");
    default: return expressions_.text();
    }
  }
  std::string any() {
    switch (random_.below(6)) {
    case 4: return random_.of({"$bytes", "$record", "@bytes[$bytes]", "$pointer", "$task", "(a=comm, b=$bytes)"});
    case 5: return fmt::format("{}->{}", task(), random_.of({"comm", "real_parent", "cpus_mask", "cred->uid"}));
    case 0: return text();
    case 1: return task_value();
    case 2: return fmt::format("({}, {}, {})", text(), number(), task_value());
    default: return number();
    }
  }

  std::string statements(int depth) {
    std::string block;
    for (uint64_t count = 1 + random_.below(4); count > 0; --count)
      block += "  " + statement(depth) + "\n";
    return block;
  }

  std::string statement(int depth) {
    if (depth > 0 && random_.one_in(3))
      return nested(depth - 1);
    switch (random_.below(20)) {
    case 14: return fmt::format("@bytes[(uint8[8])(uint64){}] = (uint8[8])(uint64){};", number(), number());
    case 15: return fmt::format("@record[(name={}, id={})] = (text={}, size={});", text(), number(), text(), number());
    case 16:
      return random_.of({"$pointer++;", "$pointer -= 2;", "$pointer = $pointer + $i1;", "@task = $task;",
                         "$task = (struct task_struct *)$task->real_parent;", "$bytes = @bytes[$bytes];"});
    case 17:
      return fmt::format("if ($bytes {} (uint8[8])(uint64){} || {} != 0 || $record == (size=1, text=\"a\")) {{ @c = "
                         "count(); }}",
                         random_.of({"==", "!="}), number(), task());
    case 18: return fmt::format("$record = (size={}, text={});", number(), text());
    case 0: return fmt::format("@n[(int64){}, (uint8){}] = (int64){};", number(), number(), number());
    case 1: return fmt::format("@k[({}, {})] = {};", "(int64)" + number(), text(), text());
    case 2: return fmt::format("@t[{}] = ((int64){}, {}, (uint8){});", text(), number(), text(), number());
    case 3: return fmt::format("@total {} {};", random_.of({"+=", "-=", "|=", "^=", "&="}), number());
    case 4: return fmt::format("@n[1, 2]{};", random_.of({"++", "--"}));
    case 5: return aggregation();
    case 6: return fmt::format("printf(\"%d %s %s\\n\", {}, {}, {});", number(), text(), text());
    case 7: return fmt::format("print({});", any());
    case 8: return fmt::format("$v{} = {};", ++variables_, any());
    case 9: return fmt::format("@one = {};", text());
    case 10:
      return random_.of({"delete(@n[1, 2]);", "clear(@k);", "zero(@c);", "print(@n, 2);", "delete(@k[(1, \"b\")]);",
                         "delete(@total);"});
    case 11: return fmt::format("if (@t[{}].1 == {} || has_key(@n, (1, 2))) {{ @c = count(); }}", text(), text());
    case 12:
      return fmt::format("print(({}, kstack({}), ustack, {}));", text(), 1 + random_.below(20),
                         random_.of({"ntop(1)", "ksym(1)", "strftime(\"%H\", nsecs)", "buf(1, 8)", "buf(comm, 8)",
                                     "macaddr(pton(\"1.2.3.4\"))", "usym(2)"}));
    case 13: return fmt::format("$i{} = @i{};", 3, 3);
    default: return fmt::format("@a[{}] = {};", task_value(), "count()");
    }
  }

  std::string aggregation() {
    return fmt::format("{};", random_.of({"@c = count()"})) + fmt::format(" @h[{}] = hist({});", text(), number()) +
           fmt::format(" @l = lhist({}, 0, 100, 5);", number()) +
           fmt::format(" @m[{}] = {}({});", number() + " & 7", "max", "(int64)" + number()) +
           fmt::format(" @v = avg((int64){}); @u[comm, pid] = sum((uint64){}); @w = stats((int64){});", number(),
                       number(), number());
  }

  std::string nested(int depth) {
    uint32_t variable = ++variables_;
    switch (random_.below(7)) {
    case 0: return fmt::format("if ({}) {{\n{}}}", expressions_.condition(2), statements(depth));
    case 1:
      return fmt::format("if ({}) {{\n{}}} else {{\n{}}}", expressions_.condition(2), statements(depth),
                         statements(depth));
    case 2: return fmt::format("unroll({}) {{\n{}}}", 1 + random_.below(4), statements(depth));
    case 3:
      return fmt::format("for ($f{} : 0..{}) {{\n{}{}}}", variable, 1 + random_.below(20), statements(depth), leave());
    case 4:
      return fmt::format("for ($f{} : {}) {{\n @total += $f{}.1;\n{}{}}}", variable, "@n", variable, statements(depth),
                         leave());
    case 5:
      return fmt::format("$w{0} = 0; while ($w{0} < {1}) {{\n $w{0}++;\n{2}{3}}}", variable, 1 + random_.below(9),
                         statements(depth), leave());
    default: return fmt::format("{{\n{}}}", statements(depth));
    }
  }

  std::string leave() {
    return random_.one_in(2) ? fmt::format(" if ({}) {{ {}; }}\n", expressions_.condition(1),
                                           random_.of({"break", "continue", "return"}))
                             : "";
  }

  Random random_;
  Expressions expressions_;
  uint32_t variables_ = 0;
};

}  // namespace

std::string program_script(uint64_t seed) { return Programs(seed).script(); }

}  // namespace sonde::random
