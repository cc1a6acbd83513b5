"""Run by an interpreter that has the vendor's own client (`ctrader-open-api`), never by ours: it
connects, sends the frames it is given and prints what came back, one JSON object a line.

The client knows the Open API's messages and not the Manager API's; what it proves is the framing,
the container and the heartbeat, and that its protobuf reads what was written here by hand.
"""

import json
import sys

from ctrader_open_api import Client, TcpProtocol  # type: ignore[import-not-found]
from ctrader_open_api.messages.OpenApiCommonMessages_pb2 import (  # type: ignore[import-not-found]
    ProtoErrorRes,
    ProtoHeartbeatEvent,
    ProtoMessage,
)
from twisted.internet import reactor  # type: ignore[import-not-found]

port, asked = int(sys.argv[1]), json.loads(sys.argv[2])
client = Client("127.0.0.1", port, TcpProtocol, numberOfMessagesToSendPerSecond=50)


def connected(_client: object) -> None:
    for number, kind, payload in asked:
        whole = ProtoMessage(
            payloadType=kind, payload=bytes.fromhex(payload), clientMsgId=number
        ).SerializeToString()
        client.send(whole, clientMsgId=number).addErrback(lambda failure: None)


def received(_client: object, message: ProtoMessage) -> None:
    found = {
        "kind": message.payloadType, "number": message.clientMsgId,
        "payload": message.payload.hex(),
    }  # fmt: skip
    if message.payloadType == ProtoErrorRes().payloadType:
        error = ProtoErrorRes()
        error.ParseFromString(message.payload)
        found["error"] = error.errorCode
    if message.payloadType == ProtoHeartbeatEvent().payloadType:
        found["heartbeat"] = True
    print(json.dumps(found), flush=True)
    if message.clientMsgId == asked[-1][0]:
        reactor.stop()


client.setConnectedCallback(connected)
client.setMessageReceivedCallback(received)
client.startService()
reactor.callLater(20, reactor.stop)
reactor.run()
