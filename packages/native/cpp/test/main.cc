// Tests the kernels of one instruction set without Node: `test_kernels isa threads cases`.
#include <stdlib.h>

#include "reference.h"

int main(int argc, char** argv) {
  const char* isa = argc > 1 ? argv[1] : "";
  const int threads = argc > 2 ? atoi(argv[2]) : 2, cases = argc > 3 ? atoi(argv[3]) : 100;
  jem::Context context(threads);
  const jem::Kernels kernels = jem::pick_kernels(isa[0] ? isa : nullptr);
  printf("%s, %d threads\n", kernels.products->name, threads);
  const int failures = jem_test::test_products(context, kernels, cases) + jem_test::test_pointwise(context, kernels, cases);
  return failures == 0 ? 0 : 1;
}
