"""`python -m simulators.bank`: the bank as a process of its own."""

from pathlib import Path

from simulators.bank.api import Api, control
from simulators.bank.books import Books, Config
from simulators.web.http import Listener
from simulators.web.running import arguments, run


def main() -> None:
    parser = arguments("A bank that speaks ISO 20022")
    parser.add_argument("--config", type=Path, required=True, help="JSON with the accounts")
    given = parser.parse_args()
    books = Books(given.home, Config.read(given.config), seed=given.seed)
    api = books.faults.around(Api(books, given.secret_key))
    public = Listener(given.host, given.port)
    run(
        (public, api),
        (Listener(given.host, given.control_port), control(books)),
        tick=books.work,
    )
    books.store.close()


if __name__ == "__main__":
    main()
