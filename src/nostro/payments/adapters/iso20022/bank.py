"""An ISO 20022 bank at the bank port: files by HTTPS, one message id per key."""

from collections.abc import Sequence
from datetime import date, datetime

import httpx

from nostro.kit import Refused, Retry, Unknown
from nostro.payments.adapters.iso20022 import pain001, pain002
from nostro.payments.adapters.iso20022.settings import Iso20022Settings
from nostro.payments.ports import CreditTransfer, TransferStatus

_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_XML = {"Content-Type": "application/xml; charset=utf-8"}


class Iso20022Bank:
    """A Bank. Safe to share between threads."""

    def __init__(self, settings: Iso20022Settings) -> None:
        self._settings = settings
        secret = settings.token.get_secret_value()
        basic = httpx.BasicAuth(settings.user_name, secret) if settings.user_name else None
        bearer = {} if basic else {"Authorization": f"Bearer {secret}"}
        self._http = httpx.Client(
            base_url=str(settings.url),
            auth=basic,
            headers=bearer,
            timeout=httpx.Timeout(settings.timeout_seconds, connect=5.0),
        )

    def send_payments(
        self, transfers: Sequence[CreditTransfer], *, key: str, at: datetime
    ) -> dict[str, TransferStatus]:
        body = pain001.write(self._settings, transfers, key=key, at=at)
        report = self._post(body)
        if report.message_id != pain001.message_id(key):
            raise Unknown("The bank's report is about another file.")
        if report.duplicate:
            return self._as_taken_before(transfers, key)
        return report.statuses(transfer.end_to_end_id for transfer in transfers)

    def payments_status(self, key: str) -> dict[str, TransferStatus] | None:
        report = self._report(key)
        return None if report is None else report.statuses(report.lines)

    def statements(self, account: str, first: date, last: date) -> bytes:
        return self._days("statements", account, first, last)

    def notifications(self, account: str, first: date, last: date) -> bytes:
        return self._days("notifications", account, first, last)

    def _as_taken_before(
        self, transfers: Sequence[CreditTransfer], key: str
    ) -> dict[str, TransferStatus]:
        """The first file's statuses, where it carried the same transfers."""
        try:
            report = self._report(key)
        except Retry as trouble:
            # The file is there; only how it stands could not be learnt.
            raise Unknown(f"The bank has this file, but: {trouble.reason}") from trouble
        if report is None:
            raise Unknown("The bank refuses the file as a duplicate and does not know it.")
        if set(report.lines) != {transfer.end_to_end_id for transfer in transfers} or any(
            not _same(report.lines[transfer.end_to_end_id], transfer) for transfer in transfers
        ):
            raise Refused("This key was used for other transfers.", code="key")
        return report.statuses(report.lines)

    def _post(self, body: bytes) -> pain002.Report:
        try:
            reply = self._http.post("payments", content=body, headers=_XML)
        except _NOT_SENT as error:
            raise Retry(f"The bank cannot be reached: {type(error).__name__}.") from error
        except httpx.RequestError as error:
            raise Unknown(f"The bank did not answer: {type(error).__name__}.") from error
        if reply.status_code >= 500:
            raise Unknown(f"The bank answered {reply.status_code}.")
        _refuse(reply)
        try:
            return pain002.read(reply.content)
        except ValueError as error:
            raise Unknown(f"The bank's report cannot be read: {error}") from error

    def _report(self, key: str) -> pain002.Report | None:
        reply = self._get("payments", message_id=pain001.message_id(key))
        if reply.status_code == httpx.codes.NOT_FOUND:
            return None
        _refuse(reply)
        try:
            return pain002.read(reply.content)
        except ValueError as error:
            raise Retry(f"The bank's report cannot be read: {error}") from error

    def _days(self, path: str, account: str, first: date, last: date) -> bytes:
        days = {"from": first.isoformat(), "to": last.isoformat()}
        reply = self._get(path, account=account, **days)
        _refuse(reply)
        return reply.content

    def _get(self, path: str, **parameters: str) -> httpx.Response:
        """Whatever goes wrong, nothing has happened."""
        try:
            reply = self._http.get(path, params=parameters)
        except httpx.RequestError as error:
            raise Retry(f"The bank did not answer: {type(error).__name__}.") from error
        if reply.status_code >= 500:
            raise Retry(f"The bank answered {reply.status_code}.")
        return reply


def _same(line: pain002.Line, transfer: CreditTransfer) -> bool:
    """Banks need not repeat amount and creditor; where they do, both must fit."""
    amount_fits = line.amount is None or line.amount == transfer.money.amount
    return amount_fits and line.creditor_iban in ("", transfer.creditor_iban)


def _refuse(reply: httpx.Response) -> None:
    """Retry on 429, Refused on any other status that is no success."""
    if reply.status_code == httpx.codes.TOO_MANY_REQUESTS:
        after = reply.headers.get("Retry-After", "")
        raise Retry("The bank asks us to slow down.", after=int(after) if after.isdecimal() else 30)
    if not reply.is_success:
        raise Refused(
            f"The bank answered {reply.status_code}: {reply.text[:200]}",
            code=str(reply.status_code),
        )
