// A FIX 4.4 initiator on the QuickFIX engine: another author's session layer and dictionary.
// initiator PORT STORE_FOLDER DICTIONARY|-  PASSWORD; it prints every message, one line each:
//   `in MESSAGE`, `out MESSAGE` with | between fields, `up` and `down` for the session.
// Commands on standard input: trades, positions, test, quit.

#include <fstream>
#include <iostream>
#include <mutex>
#include <sstream>
#include <string>

#include <quickfix/Application.h>
#include <quickfix/FileStore.h>
#include <quickfix/Message.h>
#include <quickfix/Session.h>
#include <quickfix/SessionSettings.h>
#include <quickfix/SocketInitiator.h>
#include <quickfix/fix44/RequestForPositions.h>
#include <quickfix/fix44/TestRequest.h>
#include <quickfix/fix44/TradeCaptureReportRequest.h>

namespace {

std::mutex printing;

void say(const std::string &what, std::string text = "") {
  for (char &letter : text)
    if (letter == '\001') letter = '|';
  std::lock_guard<std::mutex> lock(printing);
  std::cout << what << (text.empty() ? "" : " ") << text << std::endl;
}

class Listener : public FIX::Application {
public:
  explicit Listener(std::string password) : password_(std::move(password)) {}
  void onCreate(const FIX::SessionID &) override {}
  void onLogon(const FIX::SessionID &) override { say("up"); }
  void onLogout(const FIX::SessionID &) override { say("down"); }
  void toAdmin(FIX::Message &message, const FIX::SessionID &) override {
    if (message.getHeader().getField(35) == "A") message.setField(554, password_);
    say("out", message.toString());
  }
  void toApp(FIX::Message &message, const FIX::SessionID &) throw(FIX::DoNotSend) override {
    say("out", message.toString());
  }
  void fromAdmin(const FIX::Message &message, const FIX::SessionID &) throw(
      FIX::FieldNotFound, FIX::IncorrectDataFormat, FIX::IncorrectTagValue,
      FIX::RejectLogon) override {
    say("in", message.toString());
  }
  void fromApp(const FIX::Message &message, const FIX::SessionID &) throw(
      FIX::FieldNotFound, FIX::IncorrectDataFormat, FIX::IncorrectTagValue,
      FIX::UnsupportedMessageType) override {
    say("in", message.toString());
  }

private:
  std::string password_;
};

FIX::SessionSettings settings(const std::string &port, const std::string &store,
                              const std::string &dictionary) {
  std::stringstream text;
  text << "[DEFAULT]\nConnectionType=initiator\nReconnectInterval=1\nHeartBtInt=1\n"
       << "StartTime=00:00:00\nEndTime=00:00:00\nFileStorePath=" << store << "\n"
       << "[SESSION]\nBeginString=FIX.4.4\nSenderCompID=NOSTRO\nTargetCompID=LP\n"
       << "SocketConnectHost=127.0.0.1\nSocketConnectPort=" << port << "\n";
  if (dictionary == "-")
    text << "UseDataDictionary=N\n";
  else
    text << "UseDataDictionary=Y\nDataDictionary=" << dictionary << "\n";
  return FIX::SessionSettings(text);
}

void ask_trades(const FIX::SessionID &session) {
  FIX44::TradeCaptureReportRequest request(FIX::TradeRequestID("asked-trades"),
                                           FIX::TradeRequestType(0));
  request.set(FIX::SubscriptionRequestType('0'));
  FIX::Session::sendToTarget(request, session);
}

void ask_positions(const FIX::SessionID &session) {
  FIX44::RequestForPositions request(
      FIX::PosReqID("asked-positions"), FIX::PosReqType(0), FIX::Account("NOSTRO-HEDGE"),
      FIX::AccountType(3), FIX::ClearingBusinessDate("20260105"), FIX::TransactTime());
  FIX44::RequestForPositions::NoPartyIDs party;
  party.set(FIX::PartyID("NOSTRO"));
  party.set(FIX::PartyIDSource('D'));
  party.set(FIX::PartyRole(3));
  request.addGroup(party);
  FIX::Session::sendToTarget(request, session);
}

} // namespace

int main(int count, char **given) {
  if (count != 5) return 2;
  Listener listener(given[4]);
  FIX::SessionSettings how = settings(given[1], given[2], given[3]);
  FIX::FileStoreFactory store(how);
  FIX::SocketInitiator initiator(listener, store, how);
  const FIX::SessionID session = *initiator.getSessions().begin();
  initiator.start();
  for (std::string command; std::getline(std::cin, command) && command != "quit";) {
    if (command == "trades") ask_trades(session);
    if (command == "positions") ask_positions(session);
    if (command == "test") {
      FIX44::TestRequest request(FIX::TestReqID("are-you-there"));
      FIX::Session::sendToTarget(request, session);
    }
  }
  initiator.stop();
  return 0;
}
