// Reference tables of the language, generated from the rows that implement it. docs/language.md
// holds them between markers; a test keeps the page and the rows together.
#pragma once

#include <string>

namespace sonde::driver {

// `page` with the text between each `<!-- generated: NAME -->` and `<!-- end -->` made anew.
// NAMEs: values, functions, aggregations, providers, settings. Unknown names are left alone.
std::string regenerate_tables(const std::string &page);

}  // namespace sonde::driver
