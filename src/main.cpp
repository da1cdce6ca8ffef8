// sonde: options → compile() → run().
#include "driver/driver.h"

extern "C" const unsigned char sonde_standalone_begin[], sonde_standalone_end[];  // embedded_runtime.S

int main(int argc, char **argv) {
  return sonde::driver::run_sonde(argc, argv, {sonde_standalone_begin, sonde_standalone_end});
}
