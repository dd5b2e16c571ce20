// A sun and its large planets, step by step; the energy must stay.
#include <math.h>
#include <stdlib.h>

#include "bench.h"

enum { kBodies = 5, kSteps = 300000 };

struct Body {
  double at[3], speed[3], mass;
};

static const struct Body kStart[kBodies] = {
    {{0, 0, 0}, {0, 0, 0}, 39.478},
    {{4.84, -1.16, -0.104}, {0.606, 2.81, -0.0252}, 0.0377},
    {{8.34, 4.12, -0.403}, {-1.01, 1.82, 0.00842}, 0.0113},
    {{12.9, -15.1, -0.223}, {1.08, 0.868, -0.0108}, 0.00172},
    {{15.4, -25.9, 0.179}, {0.979, 0.594, -0.0347}, 0.00203},
};

static double distance_squared(const struct Body* a, const struct Body* b) {
  double sum = 0;
  for (int axis = 0; axis < 3; ++axis) sum += (a->at[axis] - b->at[axis]) * (a->at[axis] - b->at[axis]);
  return sum;
}

static double energy(const struct Body* bodies) {
  double sum = 0;
  for (int i = 0; i < kBodies; ++i) {
    for (int axis = 0; axis < 3; ++axis)
      sum += bodies[i].mass * bodies[i].speed[axis] * bodies[i].speed[axis] / 2;
    for (int j = 0; j < i; ++j)
      sum -= bodies[i].mass * bodies[j].mass / sqrt(distance_squared(&bodies[i], &bodies[j]));
  }
  return sum;
}

static void advance(struct Body* bodies, double time) {
  for (int i = 0; i < kBodies; ++i) {
    for (int j = 0; j < i; ++j) {
      double squared = distance_squared(&bodies[i], &bodies[j]);
      double pull = time / (squared * sqrt(squared));
      for (int axis = 0; axis < 3; ++axis) {
        double apart = bodies[i].at[axis] - bodies[j].at[axis];
        bodies[i].speed[axis] -= apart * bodies[j].mass * pull;
        bodies[j].speed[axis] += apart * bodies[i].mass * pull;
      }
    }
  }
  for (int i = 0; i < kBodies; ++i) {
    for (int axis = 0; axis < 3; ++axis) bodies[i].at[axis] += time * bodies[i].speed[axis];
  }
}

uint64_t run_nbody(void) {
  struct Body bodies[kBodies];
  memcpy(bodies, kStart, sizeof bodies);
  double before = energy(bodies);
  for (int i = 0; i < kSteps; ++i) advance(bodies, 0.005);
  double after = energy(bodies);
  if (!(fabs(after / before - 1) < 1e-3)) abort();
  uint64_t sum = mix_double(0, after);
  for (int i = 0; i < kBodies; ++i) sum = mix_double(sum, bodies[i].at[0]);
  return sum;
}
