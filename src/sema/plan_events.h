// Where each field of an event lies in its ring-buffer record.
#pragma once

#include "sema/analysis.h"

namespace sonde::sema {

void plan_events(Analysis &analysis);

}  // namespace sonde::sema
