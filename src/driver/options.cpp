// The command line, by CLI11. Only two things are ours: -d's stage may be left out, and what
// positional words mean depends on -l and -e.
#include "driver/options.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#ifndef SONDE_VERSION
#error "the build defines SONDE_VERSION"
#endif

namespace sonde::driver {
namespace {

constexpr const char *kDefaultStages = "ast,types,ir";

std::string stage_help() {
  std::string text =
      "Print stages of the compilation instead of running (default " + std::string(kDefaultStages) + "):";
  for (const StageName &stage : kStages)
    text += fmt::format("\n{} = {}", stage.name, stage.summary);
  return text + "\nall = every stage";
}

bool is_stage_list(std::string_view word) {
  if (word == "all")
    return true;
  return std::any_of(std::begin(kStages), std::end(kStages), [&](const StageName &stage) {
    return word == stage.name || word.starts_with(std::string(stage.name) + ",");
  });
}

// -d FILE → -d=ast,types,ir FILE: only a stage's name is taken as -d's value.
std::vector<std::string> with_explicit_stages(int argc, char **argv) {
  std::vector<std::string> words;
  for (int i = 1; i < argc; ++i) {
    std::string word = argv[i];
    if (word == "--") {
      words.insert(words.end(), argv + i, argv + argc);
      break;
    }
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
    const auto *row = std::find_if(std::begin(kStages), std::end(kStages),
                                   [&](const StageName &stage) { return stage.name == word; });
    if (row == std::end(kStages))
      throw UsageError{fmt::format("unknown stage '{}' after -d\n{}", word, stage_help())};
    stages.push_back(row->stage);
  }
  std::sort(stages.begin(), stages.end());
  return stages;
}

struct Raw {
  std::string stages;
  std::vector<std::string> words;
  std::string format = "text";
  bool list = false;
};

void declare(CLI::App &app, Options &options, Raw &raw) {
  app.add_option("-e", options.one_liner, "Run this one-line script")->type_name("SCRIPT");
  app.add_flag("-l,--list", raw.list, "List probes that match a pattern (with -v: their arguments too)");
  app.add_option("-d", raw.stages, stage_help())->type_name("STAGE[,STAGE]");
  app.add_option("-c", options.command, "Run this command under the script; the run ends when it does")
      ->type_name("COMMAND");
  app.add_option("-p", options.pid, "Trace this process; the run ends when it does")->type_name("PID");
  app.add_option("-o", options.output, "Write the script's output to this file")->type_name("FILE");
  app.add_option("-f", raw.format, "Form of the output: text, or json, one record per line")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "json"}));
  app.add_option("-B", options.buffering, "When output is written: line (as it comes), none (every record), full")
      ->type_name("MODE")
      ->check(CLI::IsMember({"line", "none", "full"}));
  app.add_flag("-q,--quiet", options.quiet, "Do not print what is attached");
  app.add_flag("-v,--verbose", options.verbosity, "Say what is done; twice: the verifier's log too");
  app.add_flag("--dry-run", options.dry_run, "Compile, load and attach, then leave");
  app.add_flag("--unsafe", options.unsafe, "Allow what can change or harm the system");
  app.add_flag("--no-warnings{false}", options.warnings, "Do not print warnings");
  app.add_option("-I", options.include_folders, "Look for C headers in this folder first")
      ->type_name("FOLDER")
      ->allow_extra_args(false);
  app.add_option("--include", options.include_files, "Include this C header in front of the script")
      ->type_name("FILE")
      ->allow_extra_args(false);
  app.add_option("words", raw.words,
                 "A script's file (- for standard input) and its parameters $1, $2 …; or, with -l, "
                 "a pattern");
}

void settle_words(Options &options, Raw &raw) {
  if (raw.list) {
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
  options.json = raw.format == "json";
  settle_words(options, raw);
  if (!raw.stages.empty()) {
    options.mode = Mode::Dump;
    options.stages = parse_stages(raw.stages);
  }
  if (options.pid && *options.pid <= 0)
    throw UsageError{fmt::format("-p takes the id of a process, not {}", *options.pid)};
  if (options.pid && options.command)
    throw UsageError{"-p and -c exclude each other: each names the process that the run ends with"};
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
)";

}  // namespace

Options parse_options(int argc, char **argv) {
  CLI::App app{"sonde: traces programs and the kernel by scripts in the bpftrace language", "sonde"};
  app.footer(kFooter);
  app.set_version_flag("-V,--version", "sonde " SONDE_VERSION);
  Options options;
  Raw raw;
  declare(app, options, raw);
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
  settle(options, raw);
  return options;
}

}  // namespace sonde::driver
