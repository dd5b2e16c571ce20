// What comes over a debugger's connection: packets in pieces, what they ask, and any bytes as an answer.

#include <algorithm>

#include "debug/rsp/packet.h"
#include "debug/rsp/request.h"

std::vector<std::vector<uint8_t>> fuzz_seeds() {
  std::vector<recount::Bytes> seeds;
  for (const char* payload :
       {"qSupported:multiprocess+;swbreak+;xmlRegisters=i386", "vCont;r80000000,80000010:1;c", "m80000000,40", "Z2,80001000,8",
        "qXfer:features:read:target.xml:0,ffb", "qRcmd,7768656e", "Hg-1", "qSearch:memory:80000000;1000;ab", "bs", "C05;80000000"}) {
    std::string frame = '+' + recount::rsp::framed(payload);
    seeds.emplace_back(frame.begin(), frame.end());
    std::string plain = payload;
    seeds.emplace_back(plain.begin(), plain.end());
  }
  return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace recount;
  if (size == 0) return 0;
  rsp::parse_request({reinterpret_cast<const char*>(data), size});
  rsp::PacketReader reader;
  const size_t piece = 1 + data[0] % 64;
  for (size_t at = 1; at < size && !reader.overflown(); at += piece) {
    reader.feed({data + at, std::min(piece, size - at)});
    while (auto input = reader.next()) {
      if (input->kind != rsp::InputKind::kPacket) continue;
      rsp::parse_request(input->payload);
    }
  }
  rsp::framed({reinterpret_cast<const char*>(data), size});
  return 0;
}
