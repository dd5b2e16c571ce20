#pragma once
// A paranoid build (cmake -DRECOUNT_PARANOID=ON) checks on the run what is otherwise true by construction, and ends in a
// failed CHECK where it is not. Slower; nothing else differs.

namespace recount {

#ifdef RECOUNT_PARANOID
inline constexpr bool kParanoid = true;
#else
inline constexpr bool kParanoid = false;
#endif

}  // namespace recount
