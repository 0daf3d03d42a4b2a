"""The words of the page, and for each tool how it is pointed at the proxy."""

from __future__ import annotations

from string import Template
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cyara_tools.proxy.settings import ProxyAddress

PAGE: Final = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Cyara proxy</title>
<style nonce="$nonce">
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
pre, code { font-family: ui-monospace, monospace; font-size: 0.9rem; }
pre { border: 1px solid #8888; border-radius: 0.3rem; overflow-x: auto; padding: 0.6rem; user-select: all; }
table { border-collapse: collapse; margin: 1rem 0; width: 100%; }
caption { font-weight: bold; text-align: left; }
th, td { border-bottom: 1px solid #8886; padding: 0.2rem 0.6rem 0.2rem 0; text-align: left; vertical-align: top; }
.good, .bad { border-left: 0.4rem solid #2a7d2a; padding-left: 0.8rem; }
.bad { border-color: #c62828; }
</style>
</head>
<body>
<h1>Cyara proxy</h1>
<p>Calls to <code>$base_url</code> go to <code>$portal</code> with the credential of this proxy, through its guard.
A tool needs no credential of its own; one that it sends is dropped. This address lets in whoever has it: keep it on
this machine.</p>
<div id="status">$status</div>
<h2>Tools</h2>
$tools
<h2>What the proxy answers itself</h2>
<p>Status 423 and <code>application/problem+json</code>: nothing was sent, and <code>detail</code> says what to do next.
400, 404, 405 and 415 of that type mean that the request is not as the document has it, and was not sent either. 502 and
504: the portal gave no answer.</p>
<h2>RemoteSyncAPIKey</h2>
<p>This field of Cyara Virtual Agent takes the bare pair <code>key:token</code>, and the vendor's own service then calls
the portal with it. Those calls come from the vendor, not from this machine, so no proxy here can guard them, and the
proxy gives the pair to nobody. Take it from <code>cyara auth remote-sync-key</code>, and replace it with every new
token.</p>
<script nonce="$nonce">
setInterval(async () => {
  try {
    const answer = await fetch("$status_url");
    if (answer.ok) document.getElementById("status").innerHTML = await answer.text();
  } catch { document.getElementById("status").textContent = "The proxy has ended."; }
}, 2000);
</script>
</body>
</html>
""")

STATUS: Final = Template("""<p class="$state" id="verdict">$verdict</p>
<p id="pair">$pair</p>
<p id="facts">$facts</p>
$pairs
$calls
""")


def tools(address: ProxyAddress, account: str) -> Iterator[tuple[str, str, str]]:
    """Yield the name of a tool, what to know, and what to type or paste."""
    base = address.base_url
    call = f"{base}/v3.0/accounts/{account}/campaigns"
    header = f"Cyara-Proxy: {address.secret}" if address.by_header else ""
    curl, shell, script = (f' -H "{header}"', "", "") if header else ("", "", "")
    if header:
        shell = f' -Headers @{{ "Cyara-Proxy" = "{address.secret}" }}'
        script = f', {{ headers: {{ "Cyara-Proxy": "{address.secret}" }} }}'
    also = f" Add the header {header} to each request." if header else ""
    yield "curl", "Any shell.", f'curl{curl} "{call}"'
    yield "PowerShell", "5.1 and 7.", f'Invoke-RestMethod{shell} "{call}"'
    postman = (
        "Set the collection's base URL, with Authorization: No Auth. In Settings, except 127.0.0.1 from the proxy."
    )
    yield "Postman", postman + also, base
    yield "k6", "In the script.", f'http.get("{call}"{script});'
    jmeter = f"HTTP Request Defaults: http, server {address.host}, port {address.port}; each path begins with this."
    yield "JMeter", jmeter + also, base.removeprefix(address.origin)
    yield "Excel", f"Data > From Web (Power Query), with Anonymous access.{also}", call
    if not address.by_header:
        yield (
            "Python, and programs that read CYARA_BASE_URL",
            "connect() of cyara_auth needs no credential with these two.",
            f"CYARA_BASE_URL={base}\nCYARA_PROXY=1",
        )
