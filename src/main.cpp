// sonde: options → compile() → run().
#include "driver/driver.h"

int main(int argc, char **argv) { return sonde::driver::run_sonde(argc, argv); }
