#pragma once
// A register's value for random programs: mostly one that some instruction treats specially.

#include "support/seed.h"

namespace recount::test {

uint64_t random_value(Random& random);

}  // namespace recount::test
