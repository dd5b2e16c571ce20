#include "debug/rsp/request.h"

#include <gtest/gtest.h>

namespace recount::rsp {
namespace {

template <class T>
T parsed(std::string_view payload) {
  Request request = parse_request(payload);
  EXPECT_TRUE(std::holds_alternative<T>(request)) << payload;
  return std::holds_alternative<T>(request) ? std::get<T>(request) : T{};
}

TEST(Request, MemoryHasAddressAndSize) {
  auto read = parsed<ReadMemory>("mffffffff80000000,40");
  EXPECT_EQ(read.address, 0xffffffff80000000);
  EXPECT_EQ(read.size_bytes, 0x40u);
  EXPECT_FALSE(read.binary);
  EXPECT_TRUE(parsed<ReadMemory>("x0,0").binary);
}

TEST(Request, WhatMakesNoSenseIsMalformed) {
  for (const char* bad : {"m", "m1", "m1,2,3", "mx,1", "p", "pxyz", "Z9,0,0", "Z0,1", "z2,", "H", "Hgz", "T", "vCont;", "vCont;x",
                          "vCont;r1:1", "qRcmd,1", "qXfer:features:read:t:1", "m10000000000000000,1", "vCont;s:fffffffff"}) {
    parsed<Malformed>(bad);
  }
}

TEST(Request, StopsHaveTypeAddressAndKind) {
  auto stop = parsed<ChangeStop>("Z2,1000,8");
  EXPECT_TRUE(stop.insert);
  EXPECT_EQ(stop.type, 2u);
  EXPECT_EQ(stop.address, 0x1000u);
  EXPECT_EQ(stop.kind, 8u);
  EXPECT_FALSE(parsed<ChangeStop>("z0,1000,4").insert);
}

TEST(Request, VContHasAnActionForSomeThreads) {
  auto resume = parsed<Resume>("vCont;r80000000,80000010:2;c");
  ASSERT_EQ(resume.actions.size(), 2u);
  EXPECT_EQ(resume.actions[0].kind, ActionKind::kStepRange);
  EXPECT_EQ(resume.actions[0].thread, 2);
  EXPECT_EQ(resume.actions[0].end, 0x80000010u);
  EXPECT_EQ(resume.actions[1].kind, ActionKind::kContinue);
  EXPECT_EQ(resume.actions[1].thread, kAllThreads);
}

TEST(Request, SignalsAreLeftOut) {
  EXPECT_EQ(parsed<Resume>("C05").actions[0].kind, ActionKind::kContinue);
  EXPECT_EQ(parsed<Resume>("s").actions[0].kind, ActionKind::kStep);
  parsed<ResumeElsewhere>("c1000");
  parsed<ResumeElsewhere>("S05;1000");
}

TEST(Request, BackwardsIsARequestOfItsOwn) {
  EXPECT_EQ(parsed<Reverse>("bs").kind, ActionKind::kStep);
  EXPECT_EQ(parsed<Reverse>("bc").kind, ActionKind::kContinue);
  parsed<Unknown>("bx");
}

TEST(Request, WritesAreOneRequest) {
  for (const char* write : {"G00", "P0=0", "M0,1:00", "X0,1:a"}) parsed<Write>(write);
}

TEST(Request, TransfersHaveAWindow) {
  auto transfer = parsed<Transfer>("qXfer:features:read:target.xml:0,ffb");
  EXPECT_EQ(transfer.object, "features");
  EXPECT_EQ(transfer.annex, "target.xml");
  EXPECT_EQ(transfer.size_bytes, 0xffbu);
  EXPECT_EQ(parsed<Transfer>("qXfer:threads:read::0,100").annex, "");
  parsed<Unknown>("qXfer:memory-map:write::0:aa");
}

TEST(Request, MonitorCommandsAreText) { EXPECT_EQ(parsed<Monitor>("qRcmd,7768656e").command, "when"); }

TEST(Request, QueriesHaveNameAndArguments) {
  auto query = parsed<Query>("qThreadExtraInfo,1");
  EXPECT_EQ(query.name, "qThreadExtraInfo");
  EXPECT_EQ(query.arguments, "1");
  EXPECT_EQ(parsed<Query>("vCont?").name, "vCont?");
  EXPECT_EQ(parsed<Query>("QStartNoAckMode").name, "QStartNoAckMode");
  EXPECT_EQ(parsed<Supported>("qSupported:swbreak+;xmlRegisters=riscv").features.size(), 2u);
}

}  // namespace
}  // namespace recount::rsp
