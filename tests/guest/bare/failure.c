// Ends with a failure code.
#include "bare.h"

int main(void) { return 42; }
