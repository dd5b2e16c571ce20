// What CoreMark does, in our own words: a linked list that is searched, reversed and sorted, small matrices,
// a state machine over text, and a CRC over it all.
#include "bench.h"

enum { kRounds = 5000, kNodes = 200, kSide = 16 };

struct Node {
  struct Node* next;
  int16_t key, order;
};

static uint16_t crc16(uint16_t crc, uint16_t data) {
  for (int bit = 0; bit < 16; ++bit) {
    int carry = (crc ^ data) & 1;
    crc >>= 1;
    data >>= 1;
    if (carry) crc ^= 0xa001;
  }
  return crc;
}

static struct Node* reverse(struct Node* list) {
  struct Node* reversed = NULL;
  while (list != NULL) {
    struct Node* next = list->next;
    list->next = reversed;
    reversed = list;
    list = next;
  }
  return reversed;
}

static struct Node* merge(struct Node* a, struct Node* b) {
  struct Node head, *tail = &head;
  while (a != NULL && b != NULL) {
    struct Node** smaller = a->key <= b->key ? &a : &b;
    tail->next = *smaller;
    tail = *smaller;
    *smaller = tail->next;
  }
  tail->next = a != NULL ? a : b;
  return head.next;
}

static struct Node* sort(struct Node* list) {
  if (list == NULL || list->next == NULL) return list;
  struct Node *middle = list, *end = list->next;
  while (end != NULL && end->next != NULL) {
    middle = middle->next;
    end = end->next->next;
  }
  struct Node* second = middle->next;
  middle->next = NULL;
  return merge(sort(list), sort(second));
}

static uint16_t work_on_list(uint16_t crc, struct Node* nodes, uint64_t* random) {
  for (int i = 0; i < kNodes; ++i) {
    nodes[i].next = i + 1 < kNodes ? &nodes[i + 1] : NULL;
    nodes[i].key = (int16_t)(next_random(random) >> 48);
    nodes[i].order = (int16_t)i;
  }
  struct Node* list = sort(reverse(nodes));
  for (int wanted = 0; wanted < 16; ++wanted) {
    const struct Node* found = list;
    while (found != NULL && (found->key & 63) != wanted) found = found->next;
    crc = crc16(crc, found != NULL ? (uint16_t)found->order : 0xffff);
  }
  for (const struct Node* n = list; n != NULL; n = n->next) crc = crc16(crc, (uint16_t)n->key);
  return crc;
}

static uint16_t work_on_matrices(uint16_t crc, uint64_t* random) {
  static int16_t a[kSide][kSide], b[kSide][kSide];
  static int32_t product[kSide][kSide];
  for (int i = 0; i < kSide; ++i) {
    for (int j = 0; j < kSide; ++j) {
      a[i][j] = (int16_t)(next_random(random) >> 52);
      b[i][j] = (int16_t)(next_random(random) >> 52);
    }
  }
  for (int i = 0; i < kSide; ++i) {
    for (int j = 0; j < kSide; ++j) {
      int32_t sum = 0;
      for (int k = 0; k < kSide; ++k) sum += a[i][k] * b[k][j];
      product[i][j] = sum;
    }
  }
  for (int i = 0; i < kSide; ++i) crc = crc16(crc, (uint16_t)(product[i][i] >> 4));
  return crc;
}

// How many of the text's words are integers, decimals, or neither.
static uint16_t work_on_text(uint16_t crc, uint64_t* random) {
  static const char kAlphabet[16] = "0123456789..-+e ";
  enum { kStart, kSign, kInteger, kDecimal, kInvalid, kStates } state = kStart;
  uint16_t counts[kStates] = {0};
  for (int i = 0; i < 2000; ++i) {
    char c = kAlphabet[next_random(random) >> 60];
    int digit = c >= '0' && c <= '9';
    if (c == ' ') {
      ++counts[state];
      state = kStart;
      continue;
    }
    switch (state) {
      case kStart:
        state = digit ? kInteger : c == '-' || c == '+' ? kSign : kInvalid;
        break;
      case kSign:
        state = digit ? kInteger : kInvalid;
        break;
      case kInteger:
        state = digit ? kInteger : c == '.' ? kDecimal : kInvalid;
        break;
      case kDecimal:
        state = digit ? kDecimal : kInvalid;
        break;
      default:
        break;
    }
  }
  for (int i = 0; i < kStates; ++i) crc = crc16(crc, counts[i]);
  return crc;
}

uint64_t run_coremark(void) {
  static struct Node nodes[kNodes];
  uint64_t random = 1;
  uint16_t crc = 0;
  for (int round = 0; round < kRounds; ++round) {
    crc = work_on_list(crc, nodes, &random);
    crc = work_on_matrices(crc, &random);
    crc = work_on_text(crc, &random);
  }
  return crc;
}
