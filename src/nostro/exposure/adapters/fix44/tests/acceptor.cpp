// A FIX 4.4 acceptor on the QuickFIX engine: a provider that this project did not write.
// acceptor PORT STORE_FOLDER DICTIONARY|-; it prints every message, one line each, `in MESSAGE` and
// `out MESSAGE` with | between fields. Commands: fill EXEC_ID, correct EXEC_ID REFERS, quit.

#include <iostream>
#include <mutex>
#include <sstream>
#include <string>

#include <quickfix/Application.h>
#include <quickfix/FileStore.h>
#include <quickfix/Message.h>
#include <quickfix/Session.h>
#include <quickfix/SessionSettings.h>
#include <quickfix/SocketAcceptor.h>
#include <quickfix/fix44/ExecutionReport.h>
#include <quickfix/fix44/PositionReport.h>
#include <quickfix/fix44/RequestForPositionsAck.h>
#include <quickfix/fix44/TradeCaptureReport.h>
#include <quickfix/fix44/TradeCaptureReportRequestAck.h>

namespace {

std::mutex printing;

void say(const std::string &what, std::string text = "") {
  for (char &letter : text)
    if (letter == '\001') letter = '|';
  std::lock_guard<std::mutex> lock(printing);
  std::cout << what << (text.empty() ? "" : " ") << text << std::endl;
}

void answer_trades(const FIX::Message &asked, const FIX::SessionID &session) {
  FIX44::TradeCaptureReportRequestAck ack;
  ack.setField(568, asked.getField(568));
  ack.setField(569, asked.getField(569));
  ack.setField(748, "1");
  ack.setField(749, "0");
  ack.setField(750, "0");
  ack.setField(55, "EUR/USD");
  FIX::Session::sendToTarget(ack, session);
  FIX44::TradeCaptureReport report;
  report.setField(571, "T1");
  report.setField(568, asked.getField(568));
  report.setField(570, "N");
  report.setField(912, "Y");
  report.setField(17, "first");
  report.setField(55, "EUR/USD");
  report.setField(32, "1000");
  report.setField(31, "1.0825");
  report.setField(75, "20260105");
  report.setField(60, "20260105-09:00:00");
  FIX44::TradeCaptureReport::NoSides side;
  side.setField(54, "2");
  side.setField(37, "O1");
  side.setField(1, "NOSTRO-HEDGE");
  report.addGroup(side);
  FIX::Session::sendToTarget(report, session);
}

void answer_positions(const FIX::Message &asked, const FIX::SessionID &session) {
  FIX44::PositionReport report;
  report.setField(721, "P1");
  report.setField(710, asked.getField(710));
  report.setField(727, "1");
  report.setField(728, "0");
  report.setField(715, asked.getField(715));
  report.setField(1, asked.getField(1));
  report.setField(581, "3");
  report.setField(55, "EUR/USD");
  report.setField(730, "1.09");
  report.setField(731, "1");
  report.setField(734, "1.08");
  FIX44::PositionReport::NoPartyIDs party;
  party.setField(448, "LP");
  report.addGroup(party);
  for (const char *kind : {"SOD", "TOT"}) {
    FIX44::PositionReport::NoPositions quantity;
    quantity.setField(703, kind);
    quantity.setField(kind[0] == 'T' ? 705 : 704, "1000");
    quantity.setField(706, "0");
    report.addGroup(quantity);
  }
  FIX44::PositionReport::NoPosAmt amount;
  amount.setField(707, "FMTM");
  amount.setField(708, "0");
  report.addGroup(amount);
  FIX::Session::sendToTarget(report, session);
}

class Provider : public FIX::Application {
public:
  void onCreate(const FIX::SessionID &) override {}
  void onLogon(const FIX::SessionID &) override { say("up"); }
  void onLogout(const FIX::SessionID &) override { say("down"); }
  void toAdmin(FIX::Message &message, const FIX::SessionID &) override {
    say("out", message.toString());
  }
  void toApp(FIX::Message &message, const FIX::SessionID &) throw(FIX::DoNotSend) override {
    say("out", message.toString());
  }
  void fromAdmin(const FIX::Message &message, const FIX::SessionID &) throw(
      FIX::FieldNotFound, FIX::IncorrectDataFormat, FIX::IncorrectTagValue,
      FIX::RejectLogon) override {
    say("in", message.toString());
    if (message.getHeader().getField(35) == "A" && message.getField(554) != "sesame")
      throw FIX::RejectLogon("Wrong password");
  }
  void fromApp(const FIX::Message &message, const FIX::SessionID &session) throw(
      FIX::FieldNotFound, FIX::IncorrectDataFormat, FIX::IncorrectTagValue,
      FIX::UnsupportedMessageType) override {
    say("in", message.toString());
    const std::string kind = message.getHeader().getField(35);
    if (kind == "AD") answer_trades(message, session);
    if (kind == "AN") answer_positions(message, session);
  }
};

void report(const std::string &name, const std::string &refers, const FIX::SessionID &session) {
  FIX44::ExecutionReport message;
  message.setField(37, "O1");
  message.setField(17, name);
  message.setField(150, refers.empty() ? "F" : "G");
  if (!refers.empty()) message.setField(19, refers);
  message.setField(39, "2");
  message.setField(55, "EUR/USD");
  message.setField(54, "1");
  message.setField(32, "1000");
  message.setField(31, "1.0825");
  message.setField(151, "0");
  message.setField(14, "1000");
  message.setField(6, "1.0825");
  message.setField(60, "20260105-09:00:00");
  FIX::Session::sendToTarget(message, session);
}

} // namespace

int main(int count, char **given) {
  if (count != 4) return 2;
  std::stringstream text;
  text << "[DEFAULT]\nConnectionType=acceptor\nStartTime=00:00:00\nEndTime=00:00:00\n"
       << "SocketAcceptPort=" << given[1] << "\nFileStorePath=" << given[2] << "\n"
       << "[SESSION]\nBeginString=FIX.4.4\nSenderCompID=LP\nTargetCompID=NOSTRO\n";
  if (std::string(given[3]) == "-")
    text << "UseDataDictionary=N\n";
  else
    text << "UseDataDictionary=Y\nDataDictionary=" << given[3] << "\n";
  FIX::SessionSettings how(text);
  Provider provider;
  FIX::FileStoreFactory store(how);
  FIX::SocketAcceptor acceptor(provider, store, how);
  const FIX::SessionID session = *acceptor.getSessions().begin();
  acceptor.start();
  say("listening");
  for (std::string line; std::getline(std::cin, line) && line != "quit";) {
    std::istringstream words(line);
    std::string command, name, refers;
    words >> command >> name >> refers;
    report(name, refers, session);
  }
  acceptor.stop(true);
  return 0;
}
