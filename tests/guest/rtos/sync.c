// Mutexes and queues. Whoever must wait yields.
#include "kernel.h"

void mutex_lock(mutex* m) {
  for (;;) {
    uint64_t was = interrupts_off();
    int free = !m->taken;
    m->taken = 1;
    interrupts_restore(was);
    if (free) return;
    yield();
  }
}

void mutex_unlock(mutex* m) {
  ASSERT(m->taken);
  m->taken = 0;
}

// The bug that a recording is to find: where there is room enough, "the lock is not needed". But ++count is a load and a
// store, and if a slice ends just between them, what the receiver takes meanwhile is never counted.
void queue_send(queue* q, uint64_t word) {
  int locked = q->count > kWordsPerQueue / 2;
  while (q->count == kWordsPerQueue) yield();
  if (locked) mutex_lock(&q->lock);
  q->words[q->sent % kWordsPerQueue] = word;
  ++q->sent;
  ++q->count;
  if (locked) mutex_unlock(&q->lock);
}

uint64_t queue_receive(queue* q) {
  while (q->count == 0) yield();
  mutex_lock(&q->lock);
  uint64_t word = q->words[q->received % kWordsPerQueue];
  ++q->received;
  --q->count;
  mutex_unlock(&q->lock);
  return word;
}
