// Reads the kernel's statistics of the run's programs, and words them.
#include "runtime/program_costs.h"

#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>

#include "runtime/clock.h"
#include "runtime/format_json.h"
#include "runtime/script_place.h"

namespace sonde::runtime {
namespace {

double share_of_cpu(uint64_t time_ns, uint64_t duration_ns) {
  return duration_ns == 0 ? 0 : static_cast<double>(time_ns) / static_cast<double>(duration_ns);
}

std::vector<const ProgramCost *> dearest_first(const RunCost &cost) {
  std::vector<const ProgramCost *> programs;
  for (const ProgramCost &program : cost.programs)
    programs.push_back(&program);
  std::stable_sort(programs.begin(), programs.end(),
                   [](const ProgramCost *a, const ProgramCost *b) { return a->time.time_ns > b->time.time_ns; });
  return programs;
}

std::string label(const ProgramCost &program, bool needs_place) {
  std::string text = program.probes.front();
  if (program.probes.size() > 1)
    text += fmt::format(" and {} more", program.probes.size() - 1);
  if (needs_place)
    text += fmt::format(" ({}:{}:{})", program.file, program.line, program.column);
  return text;
}

void append_json_program(std::string &out, const ProgramCost &program, uint64_t duration_ns) {
  out += "{\"probes\": [";
  for (size_t i = 0; i < program.probes.size(); ++i) {
    out += i > 0 ? ", " : "";
    append_json_string(out, program.probes[i]);
  }
  out += ']';
  if (program.line > 0) {
    out += ", \"filename\": ";
    append_json_string(out, program.file);
    fmt::format_to(std::back_inserter(out), ", \"line\": {}, \"col\": {}", program.line, program.column);
  }
  fmt::format_to(std::back_inserter(out),
                 ", \"runs\": {}, \"time_ns\": {}, \"average_ns\": {:.1f}, \"cpu_share\": {:.6f}}}", program.time.runs,
                 program.time.time_ns, program.time.average_ns(), share_of_cpu(program.time.time_ns, duration_ns));
}

}  // namespace

std::string cost_text(const RunCost &cost) {
  std::map<std::string, int> uses;
  RunTime all;
  for (const ProgramCost &program : cost.programs) {
    ++uses[program.probes.front()];
    all.runs += program.time.runs;
    all.time_ns += program.time.time_ns;
  }
  std::string text = fmt::format("{:>12} {:>12} {:>14} {:>11}  probe\n", "runs", "ns per run", "ns", "% of a CPU");
  auto add = [&](const RunTime &time, const std::string &name) {
    fmt::format_to(std::back_inserter(text), "{:>12} {:>12.1f} {:>14} {:>11.2f}  {}\n", time.runs, time.average_ns(),
                   time.time_ns, 100 * share_of_cpu(time.time_ns, cost.duration_ns), name);
  };
  for (const ProgramCost *program : dearest_first(cost))
    add(program->time, label(*program, program->line > 0 && uses[program->probes.front()] > 1));
  add(all, fmt::format("in all, in {:.3f} s", static_cast<double>(cost.duration_ns) / 1e9));
  return text;
}

void append_json_cost(std::string &out, const RunCost &cost) {
  fmt::format_to(std::back_inserter(out), "{{\"type\": \"cost\", \"data\": {{\"duration_ns\": {}, \"programs\": [",
                 cost.duration_ns);
  const char *separator = "";
  for (const ProgramCost *program : dearest_first(cost)) {
    out += separator;
    separator = ", ";
    append_json_program(out, *program, cost.duration_ns);
  }
  out += "]}}\n";
}

ProgramCosts::ProgramCosts(RunStatistics statistics) : statistics_(std::move(statistics)), start_ns_(boot_time_ns()) {}

Result<std::unique_ptr<ProgramCosts>> ProgramCosts::open(const image::ProgramImage &image, const LoadedObject &object,
                                                         kernel::Kernel &kernel) {
  auto statistics = RunStatistics::enable(kernel);
  if (!statistics)
    return statistics.error();
  std::unique_ptr<ProgramCosts> costs(new ProgramCosts(statistics.take()));
  costs->add_programs(image, object);
  return costs;
}

// Two specs may name one program: the entries and the returns of functions.
void ProgramCosts::add_programs(const image::ProgramImage &image, const LoadedObject &object) {
  std::map<std::string, size_t> known;
  for (const image::ProgramSpec &spec : image.programs) {
    if (spec.targets.empty())
      continue;
    auto [at, is_new] = known.emplace(spec.function, counted_.size());
    if (is_new) {
      ScriptPlace place = place_of(image, spec.where);
      counted_.push_back({{{}, std::string(place.file), place.line, place.first_column},
                          bpf_program__fd(object.program(spec.function))});
    }
    for (const image::Target &target : spec.targets)
      counted_[at->second].program.probes.push_back(target.name);
  }
}

void ProgramCosts::add(std::string name, int program_fd) { counted_.push_back({{{std::move(name)}, {}}, program_fd}); }

RunCost ProgramCosts::read() const {
  RunCost cost{boot_time_ns() - start_ns_, {}};
  for (const Counted &counted : counted_) {
    cost.programs.push_back(counted.program);
    cost.programs.back().time = run_time_of(counted.fd).value_or(RunTime{});
  }
  return cost;
}

}  // namespace sonde::runtime
