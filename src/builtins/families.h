// The rows of every family, one array per file. table.cpp joins them; nothing else includes this.
#pragma once

#include <span>

#include "builtins/builtin.h"

namespace sonde::builtins {

std::span<const Builtin> task_builtins();           // task.cpp: who is running
std::span<const Builtin> clock_builtins();          // clock.cpp: when
std::span<const Builtin> context_builtins();        // context.cpp: what the probe hit
std::span<const Builtin> stack_builtins();          // stacks.cpp
std::span<const Builtin> symbol_builtins();         // symbols.cpp: names of addresses
std::span<const Builtin> network_builtins();        // network.cpp
std::span<const Builtin> name_builtins();           // names.cpp: numbers shown by name
std::span<const Builtin> byte_builtins();           // bytes.cpp: buffers, lengths, addresses
std::span<const Builtin> machine_builtins();        // machine.cpp
std::span<const Builtin> relative_builtins();       // relatives.cpp: parents and leaders
std::span<const Builtin> intervening_builtins();    // intervene.cpp: what changes the traced program
std::span<const Builtin> string_builtins();         // strings.cpp
std::span<const Builtin> map_builtins();            // maps.cpp: whole maps and entries
std::span<const Builtin> output_builtins();         // output.cpp: what is printed
std::span<const Builtin> kernel_object_builtins();  // kernel_objects.cpp
std::span<const Builtin> query_builtins();          // queries.cpp: what is known while compiling
std::span<const Builtin> assertion_builtins();      // assertions.cpp
std::span<const Builtin> control_builtins();        // control.cpp
std::span<const Builtin> option_builtins();         // options.cpp: getopt
std::span<const Builtin> aggregation_builtins();    // aggregations.cpp
std::span<const Builtin> histogram_builtins();      // histograms.cpp
std::span<const Builtin> time_series_builtins();    // time_series.cpp

}  // namespace sonde::builtins
