// The command line, by CLI11. Only two things are ours: -d's stage may be left out, and what
// positional words mean depends on -l and -e.
#include "driver/options.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "base/match.h"
#include "kernel/requirements.h"
#include "runtime/json_records.h"

#ifndef SONDE_VERSION
#error "the build defines SONDE_VERSION"
#endif

namespace sonde::driver {
namespace {

using runner::UsageError;

constexpr const char *kDefaultStages = "ast,types,ir";

std::string stage_help() {
  std::string text =
      "Print stages of the compilation instead of running (default " + std::string(kDefaultStages) + "):";
  for (const StageName &stage : kStages)
    text += fmt::format("\n{} = {}", stage.name, stage.summary);
  return text + "\nall = every stage";
}

std::optional<Stage> find_stage(std::string_view word) {
  for (const StageName &row : kStages)
    if (row.name == word)
      return row.stage;
  for (const StageAlias &alias : kStageAliases)
    if (alias.name == word)
      return alias.stage;
  return std::nullopt;
}

bool is_stage_list(std::string_view word) { return word == "all" || find_stage(word.substr(0, word.find(','))); }

// -d FILE → -d=ast,types,ir FILE: only a stage's name is taken as -d's value. What follows -- is the
// script's.
std::vector<std::string> with_explicit_stages(int argc, char **argv) {
  std::vector<std::string> words;
  for (int i = 1; i < argc; ++i) {
    std::string word = argv[i];
    if (word == "--")
      break;
    bool stage_follows = i + 1 < argc && is_stage_list(argv[i + 1]);
    words.push_back(word == "-d" && !stage_follows ? fmt::format("-d{}", kDefaultStages) : word);
  }
  return words;
}

std::vector<Stage> parse_stages(const std::string &list) {
  std::vector<Stage> stages;
  for (const StageName &row : kStages)
    if (list == "all")
      stages.push_back(row.stage);
  if (list == "all")
    return stages;
  for (const std::string &word : CLI::detail::split(list, ',')) {
    std::optional<Stage> stage = find_stage(word);
    if (!stage)
      throw UsageError{fmt::format("unknown stage '{}' after -d\n{}", word, stage_help())};
    stages.push_back(*stage);
  }
  std::sort(stages.begin(), stages.end());
  return stages;
}

// The words behind -- : --name and --name=value are the script's options, others more parameters.
void read_script_words(int argc, char **argv, Options &options, std::vector<std::string> &words) {
  int at = 1;
  while (at < argc && std::string_view(argv[at]) != "--")
    ++at;
  for (++at; at < argc; ++at) {
    if (auto given = image::given_option(argv[at]))
      options.script_options.push_back(std::move(*given));
    else
      words.emplace_back(argv[at]);
  }
}

struct Raw {
  std::string stages;
  std::vector<std::string> words;
  bool list = false;
  bool test = false;
  bool bench = false;
  bool info = false;
  bool format = false;
};

template <typename Value> CLI::Option *declare_option(CLI::App &app, const runner::Option &row, Value &value) {
  CLI::Option *option = app.add_option(row.names, value, row.help)->type_name(row.argument);
  if (!row.choices.empty())
    option->check(CLI::IsMember(row.choices));
  return option;
}

void declare(CLI::App &app, const runner::Option &row) {
  match(
      row.target, [&](bool *flag) { app.add_flag(row.names, *flag, row.help); },
      [&](int *count) { app.add_flag(row.names, *count, row.help); },
      [&](std::string *text) { declare_option(app, row, *text); },
      [&](std::optional<std::string> *text) { declare_option(app, row, *text); },
      [&](auto *list) { declare_option(app, row, *list)->delimiter(',')->allow_extra_args(false); });
}

// Which script, and how it is compiled.
void declare_script_options(CLI::App &app, Options &options) {
  app.add_option("-e", options.one_liner, "The script itself, instead of a file")->type_name("SCRIPT");
  app.add_flag("-k", options.count_failed_reads, "Report reads of memory that failed, by place in the script");
  app.add_flag("--unsafe", options.unsafe, "Allow what can change or harm the system");
  app.add_flag("--no-warnings{false}", options.warnings, "Do not print warnings");
  app.add_option("-I", options.include_folders, "Look for C headers in this folder first")
      ->type_name("FOLDER")
      ->allow_extra_args(false);
  app.add_option("--include", options.include_files, "Include this C header in front of the script")
      ->type_name("FILE")
      ->allow_extra_args(false);
}

void declare_run(CLI::App &app, Options &options, Raw &raw) {
  app.add_flag("-l,--list", raw.list,
               "List probes that match a pattern, or that a script would attach to (with -v: their arguments too)");
  app.add_option("-d", raw.stages, stage_help())->type_name("STAGE[,STAGE]");
  for (const runner::Option &row : runner::option_rows(options.run))
    declare(app, row);
  declare_script_options(app, options);
  app.add_option("--emit-elf", options.emit_elf, "Write the BPF object to this file instead of running it")
      ->type_name("FILE");
  app.add_option("--emit-llvm", options.emit_llvm, "Write LLVM's IR to FILE.original.ll and FILE.optimized.ll")
      ->type_name("FILE");
  app.add_flag("--fmt", raw.format, "Print the script in its canonical form, with its comments, instead of running it");
  app.add_flag("--test", raw.test, "Run the script's test probes and nothing else; fails unless all return 0");
  app.add_flag("--bench", raw.bench, "Run the script's bench probes and nothing else, and report what a run takes");
  app.add_flag("--info", raw.info, "Say what this machine's kernel has, and what sonde was built of");
  app.add_option("words", raw.words,
                 "A script's file (- for standard input) and its parameters $1, $2 …; or what `sonde build` made; or, "
                 "with -l, a pattern. Behind --, more parameters and the script's own options: -- --name=value; -- "
                 "--help lists them");
}

std::optional<kernel::KernelVersion> target_kernel(const std::string &text) {
  if (text == "running")
    return std::nullopt;
  auto version = kernel::parse_version(text);
  if (!version || *version < kernel::kOldestTarget)
    throw UsageError{fmt::format("--target-kernel takes a version of Linux from {} on, or `running`, not '{}'",
                                 kernel::to_string(kernel::kOldestTarget), text)};
  return version;
}

void declare_build(CLI::App &app, Options &options, Raw &raw) {
  app.add_option(
         "-o,--output", options.build_output,
         "The file to make: FILE.o is a BPF object and FILE.json a package, which sonde runs, too; any other an "
         "executable")
      ->type_name("FILE")
      ->required();
  app.add_option_function<std::string>(
         "--target-kernel", [&](const std::string &text) { options.target.oldest = target_kernel(text); },
         "The oldest kernel that it shall run on (5.10); `running` for this machine's")
      ->type_name("VERSION");
  app.add_option("--target-btf", options.target.types,
                 "The kernel's types are those of this BTF file instead of the running kernel's")
      ->type_name("FILE");
  app.add_option_function<std::string>(
         "--target-arch", [&](const std::string &name) { options.target.arch = *parse_arch(name); },
         fmt::format("The architecture that it shall run on ({}); of another one than this machine's, objects and "
                     "packages are made, no executables",
                     name_of(native_arch())))
      ->type_name("ARCH")
      ->check(CLI::IsMember(std::vector<std::string>(kArchNames.begin(), kArchNames.end())));
  app.add_flag("--ordered", options.run.ordered, "Records say when they were sent, as --ordered and --json-typed need");
  declare_script_options(app, options);
  app.add_option("words", raw.words, "A script's file (- for standard input) and its parameters $1, $2 …");
}

// A word without ':' that is a file, or is called like one, is a script, not a pattern.
bool is_script_file(const std::string &word) {
  std::error_code ignored;
  return word.find(':') == std::string::npos &&
         (word.ends_with(".bt") || std::filesystem::is_regular_file(word, ignored));
}

void settle_words(Options &options, Raw &raw) {
  bool lists_script = raw.list && (options.one_liner || (!raw.words.empty() && is_script_file(raw.words.front())));
  if (lists_script)
    options.mode = Mode::ListScript;
  if (raw.list && !lists_script) {
    if (raw.words.size() > 1)
      throw UsageError{"-l takes one pattern; quote it so that the shell leaves it alone"};
    options.mode = Mode::List;
    options.pattern = raw.words.empty() ? "" : raw.words.front();
    return;
  }
  if (!options.one_liner) {
    if (raw.words.empty())
      throw UsageError{"no script: give -e 'SCRIPT' or a file (sonde --help lists the options)"};
    options.script = raw.words.front();
    raw.words.erase(raw.words.begin());
  }
  options.parameters = raw.words;
}

void settle(Options &options, Raw &raw) {
  runner::check_run_options(options.run);
  if (raw.info) {
    options.mode = Mode::DescribeSystem;
    return;
  }
  settle_words(options, raw);
  auto is_help = [](const image::GivenOption &option) { return option.name == "help" && !option.value; };
  options.script_help = std::any_of(options.script_options.begin(), options.script_options.end(), is_help);
  if (!raw.stages.empty()) {
    options.mode = Mode::Dump;
    options.stages = parse_stages(raw.stages);
  }
  if (raw.format) {
    if (options.mode != Mode::Run)
      throw UsageError{"--fmt only prints the script: it excludes -l and -d"};
    options.mode = Mode::Format;
  }
  if (raw.test && raw.bench)
    throw UsageError{"--test and --bench exclude each other: what runs beside a test is not measured"};
  if (options.run.cost && (raw.test || raw.bench))
    throw UsageError{"--cost measures an ordinary run: it excludes --test and --bench"};
  options.run.mode = raw.test    ? runtime::RunMode::Tests
                     : raw.bench ? runtime::RunMode::Benchmarks
                                 : runtime::RunMode::Probes;
}

Options text_to_print(std::string text) {
  Options options;
  options.mode = Mode::PrintText;
  options.text = std::move(text);
  return options;
}

constexpr const char *kFooter = R"(
Examples:
  sonde -e 'BEGIN { printf("hello\n"); exit() }'
  sonde -e 'tracepoint:syscalls:sys_enter_openat { printf("%s %s\n", comm, str(args.filename)) }'
  sonde -l 'tracepoint:syscalls:sys_enter_*'
  sonde script.bt 1000 -c 'sleep 1'
  sonde script.bt -- --help
  sonde build script.bt -o tracer && ./tracer -c 'sleep 1'
  sonde schema > records.schema.json
)";

constexpr const char *kBuildFooter = R"(
Examples:
  sonde build opens.bt -o opens && ./opens --help
  sonde build opens.bt -o opens.bpf.o && sonde opens.bpf.o
)";

bool is_command(const char *name, int argc, char **argv) { return argc > 1 && std::string_view(argv[1]) == name; }

// `sonde schema`, as --json-schema.
Options schema_to_print(int argc) {
  if (argc > 2)
    throw UsageError{"sonde schema takes no arguments"};
  return text_to_print(std::string(runtime::json_schema()));
}

}  // namespace

Options parse_options(int argc, char **argv) {
  Options options;
  Raw raw;
  if (is_command("schema", argc, argv))
    return schema_to_print(argc);
  bool builds = is_command("build", argc, argv);
  CLI::App app{builds ? "sonde build: makes an executable of a script"
                      : "sonde: traces programs and the kernel by scripts in the bpftrace language",
               builds ? "sonde build" : "sonde"};
  app.footer(builds ? kBuildFooter : kFooter);
  if (builds) {
    options.mode = Mode::Build;
    declare_build(app, options, raw);
    --argc, ++argv;
  } else {
    app.set_version_flag("-V,--version", "sonde " SONDE_VERSION);
    declare_run(app, options, raw);
  }
  std::vector<std::string> words = with_explicit_stages(argc, argv);
  std::reverse(words.begin(), words.end());  // CLI11 reads from the back
  try {
    app.parse(words);
  } catch (const CLI::CallForHelp &) {
    return text_to_print(app.help());
  } catch (const CLI::CallForVersion &) {
    return text_to_print("sonde " SONDE_VERSION "\n");
  } catch (const CLI::ParseError &error) {
    throw UsageError{error.what()};
  }
  if (options.run.json_schema)
    return text_to_print(std::string(runtime::json_schema()));
  read_script_words(argc, argv, options, raw.words);
  settle(options, raw);
  return options;
}

}  // namespace sonde::driver
