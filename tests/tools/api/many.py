"""A server of campaigns by the thousand: quick, and slow where a test says so."""

import json
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qs, urlsplit

PAGE = 500


class ManyCampaigns:
    """Pages of 500 campaigns; those from `gate` on come only once it is opened, and `broken` is answered by a 500."""

    def __init__(self, count: int, *, gate: int | None = None, broken: int | None = None) -> None:
        self.opened = threading.Event()
        self.asked: list[int] = []
        served = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                query = parse_qs(urlsplit(self.path).query)
                number = int(query.get("pageno", ["1"])[0])
                served.asked.append(number)
                if gate is not None and number >= gate:
                    served.opened.wait(30)
                status, body = 200, served.page(number, count)
                if number == broken:
                    status, body = 500, {"title": "It broke", "detail": "on purpose"}
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def handle(self) -> None:
                # Who is interrupted hangs up.
                with suppress(ConnectionError):
                    super().handle()

            def log_message(self, *_: object) -> None:
                pass

        setattr(Handler, "do_GET", Handler.answer)  # noqa: B010 - by its name in HTTP, which is none in Python
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base_url = f"http://127.0.0.1:{self._server.server_port}/cyarawebapi"

    def page(self, number: int, count: int) -> dict[str, object]:
        first = (number - 1) * PAGE
        rows = [
            {"campaignId": row, "name": f"Kampagne {row} für 日本", "planType": "Pulse", "status": "Ready"}
            for row in range(first, min(first + PAGE, count))
        ]
        path = f"{self.base_url}/v3.0/accounts/1/campaigns?pageno={number + 1}"
        return {"results": rows, "totalResults": count, "nextPage": path if first + PAGE < count else None}

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.opened.set()
        self._server.shutdown()
        self._server.server_close()
