#pragma once
// Machines that start the same, one an engine, run side by side. Where they come apart, the first step that differs is
// found by bisection, and shown with what each has made of it.

#include <functional>

#include "support/test_machine.h"

namespace recount::test {

class Lockstep {
 public:
  // Makes a machine at power-on: the same each time, but for its engine.
  using Make = std::function<std::unique_ptr<TestMachine>(EngineKind)>;
  enum class Compare : uint8_t { kState, kStateAndMemory };

  // At least two engines; the others are compared with the first.
  Lockstep(Make make, std::vector<EngineKind> engines);

  // Runs all of them to target, or to where they stop. False if they now differ: then only explain() makes sense.
  bool run_until(Position target, Compare what);
  // Why the last run_until() came back; the same for all.
  Stop stop() const { return stop_; }
  TestMachine& first() { return *machines_.front(); }
  Position at() { return first().machine().at(); }
  // A difference is looked for from here on. Costs a copy of RAM; only where memory was just compared.
  void checkpoint();

  // The first step that differs: its instruction, the hart before it and as each of the two engines leaves it, and what
  // else differs.
  std::string explain() const;

 private:
  struct Cut {
    Position target;
    Compare what;
  };
  struct Pair;
  struct Start;
  using Machines = std::vector<std::unique_ptr<TestMachine>>;

  const Make make_;
  const std::vector<EngineKind> engines_;
  Machines machines_;
  Stop stop_ = Stop::kPosition;
  size_t different_ = 0;   // of machines_: the first that is not as the first one; 0: none
  std::vector<Cut> cuts_;  // since power-on
  Checkpoint checkpoint_;
  size_t checkpoint_cut_ = 0;  // how many cuts lie before it; 0: there is none
};

}  // namespace recount::test
