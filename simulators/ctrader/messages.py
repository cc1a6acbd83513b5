"""The Manager API's messages: their numbers and their fields, as far as they are known.

Where the schema's third-party copy is silent, Symbol, Asset and Group follow what live servers
were seen to send, and what nobody has seen is left out.
"""

from simulators.ctrader.protobuf import decode, encode, schema

ERROR, HEARTBEAT, PING, PONG, HELLO = 50, 51, 52, 53, 990
SPOT, EXECUTION, TRADER_CHANGED = 3, 300, 503
REQUESTS: dict[int, tuple[str, int]] = {
    52: ("PING", 53), 301: ("MANAGER_AUTH", 302), 313: ("SERVER_TIME", 314),
    403: ("TRADER_LIST", 404), 407: ("POSITION_LIST", 408), 409: ("PENDING_ORDER_LIST", 410),
    417: ("BALANCE_HISTORY_LIST", 418), 419: ("EXPOSURE_SYMBOL_LIST", 420),
    431: ("MANAGER_DEAL_LIST", 432), 465: ("ASSET_LIST", 466), 467: ("SYMBOL_LIST", 468),
    473: ("LIGHT_GROUP_LIST", 474), 501: ("CRUD_TRADER", 502), 519: ("CHANGE_BALANCE", 520),
    601: ("SUBSCRIBE_SPOTS", 602), 703: ("TRADER_BY_ID", 704),
}  # fmt: skip

SCHEMA = schema("""
Container:
payloadType=1:int payload=2:bytes clientMsgId=3:str

Error:
payloadType=1:int errorCode=2:str description=3:str

Window:
payloadType=1:int fromTimestamp=2:int toTimestamp=3:int groupId=4:int onlySubAccounts=6:bool

TraderWindow:
payloadType=1:int traderId=2:int fromTimestamp=3:int toTimestamp=4:int

DealWindow:
payloadType=1:int traderId=2:*int fromTimestamp=3:int toTimestamp=4:int maxRows=5:int
closingDealsOnly=6:bool groupId=9:*int

Auth:
payloadType=1:int plantId=2:str environmentName=3:str login=4:int passwordHash=5:str

AuthRes:
payloadType=1:int permission=2:*int

Time:
payloadType=1:int timestamp=2:int

Plain:
payloadType=1:int

Exposure:
payloadType=1:int bookType=2:int

Spots:
payloadType=1:int symbolId=3:*int

TraderIds:
payloadType=1:int traderId=2:*int

Crud:
payloadType=1:int operation=2:int trader=3:Trader

CrudRes:
payloadType=1:int operation=2:int traderId=3:int

Change:
payloadType=1:int traderId=2:int amount=3:int comment=4:str type=5:int managerId=6:int
externalNote=7:str source=8:str externalId=9:str

ChangeRes:
payloadType=1:int traderId=2:int balanceHistoryId=3:int

TraderListRes:
payloadType=1:int trader=2:*Trader hasMore=3:bool

PositionListRes:
payloadType=1:int traderId=2:int position=3:*Position hasMore=4:bool

OrderListRes:
payloadType=1:int traderId=2:int order=3:*Order hasMore=4:bool

HistoryRes:
payloadType=1:int depositWithdraw=3:*DepositWithdraw hasMore=4:bool

DealListRes:
payloadType=1:int deal=2:*Deal hasMore=3:bool

ExposureRes:
payloadType=1:int exposureSymbolRecord=2:*ExposureSymbol

AssetListRes:
payloadType=1:int asset=2:*Asset

SymbolListRes:
payloadType=1:int symbol=2:*Symbol

GroupListRes:
payloadType=1:int group=2:*Group

Spot:
payloadType=1:int symbolId=2:int bid=3:int ask=4:int high=5:int low=6:int timestamp=9:int

Execution:
payloadType=1:int executionType=2:int position=4:Position order=5:Order errorCode=6:str
depositWithdraw=7:DepositWithdraw deal=8:Deal eventId=9:int isServerEvent=11:bool
depositToUsdRate=12:double

TraderChanged:
payloadType=1:int trader=2:Trader operation=3:int

Trader:
traderId=1:int login=2:int groupId=3:int balance=8:int accountType=9:int name=10:str
passwordHash=11:str description=12:str documentId=22:str registrationTimestamp=25:int
lastConnectTimestamp=26:int online=27:bool utcLastUpdateTimestamp=28:int deleted=29:bool
balanceVersion=30:int
managerBonus=47:int ibBonus=48:int lastName=56:str accessRights=59:int depositAssetId=61:int
swapFree=64:bool nonWithdrawableBonus=65:int leverageInCents=66:int brokerName=69:str
maxLeverage=70:int version=74:int moneyDigits=80:int

TradeData:
symbolId=1:int volume=2:int tradeSide=3:int traderId=4:int openTimestamp=7:int closeTimestamp=8:int
label=12:str comment=13:str channel=14:str measurementUnits=15:str lotSize=16:int

Position:
positionId=1:int tradeData=3:TradeData positionStatus=4:int swap=5:int price=6:double
utcLastUpdateTimestamp=10:int bookType=11:int commission=13:int marginRate=14:double
usedMargin=23:int moneyDigits=30:int

Order:
orderId=1:int tradeData=2:TradeData orderType=3:int orderStatus=4:int
expirationTimestamp=6:int limitPrice=13:double stopPrice=14:double stopLoss=15:double
takeProfit=16:double

Deal:
dealId=1:int orderId=2:int positionId=3:int traderId=4:int volume=5:int filledVolume=6:int
symbolId=7:int createTimestamp=8:int executionTimestamp=9:int utcLastUpdateTimestamp=10:int
executionPrice=11:double tradeSide=13:int dealStatus=14:int dealType=15:int marginRate=16:double
commission=17:int bookType=19:int comment=24:str baseToUsdConversionRate=26:double
closePositionDetail=32:CloseDetail lotSize=42:int manual=52:bool moneyDigits=58:int

CloseDetail:
entryPrice=2:double swap=3:int commission=4:int profit=7:int balance=8:int
quoteToDepositConversionRate=15:double closedVolume=16:int balanceVersion=18:int netProfit=25:int
moneyDigits=43:int

DepositWithdraw:
operationType=1:int balanceHistoryId=2:int traderId=3:int balance=4:int delta=5:int
changeBalanceTimestamp=6:int comment=7:str externalNote=8:str balanceVersion=9:int
nonWithdrawableBonus=13:int source=14:str externalId=15:str moneyDigits=16:int

ExposureSymbol:
symbolId=1:int bookType=2:int positionCount=3:int buyVolume=4:int sellVolume=5:int
buyVwap=6:double sellVwap=7:double

Asset:
assetId=1:int name=2:str displayName=3:str digits=4:int

Symbol:
symbolId=1:int name=2:str digits=4:int pipPosition=5:int swapLong=10:double swapShort=11:double
description=15:str utcLastUpdateTimestamp=16:int maxVolume=17:int minVolume=18:int
measurementUnits=24:str lotSize=32:int

Group:
groupId=1:int name=2:str enabled=3:bool marginStopout=9:double
""")


def packed(name: str, **values: object) -> bytes:
    return encode(SCHEMA, name, values)


def unpacked(name: str, body: bytes) -> dict[str, object]:
    return decode(SCHEMA, name, body)


def container(kind: int, payload: bytes, message_id: str = "") -> bytes:
    """One ProtoMessage with its length before it, as it goes onto the line."""
    body = packed("Container", payloadType=kind, payload=payload, clientMsgId=message_id or None)
    return len(body).to_bytes(4) + body
