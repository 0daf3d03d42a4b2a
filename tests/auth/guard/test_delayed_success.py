import threading
import time

import pytest

from cyara_auth import install
from cyara_auth._http import httpx
from cyara_auth.errors import CredentialRejectedError
from cyara_auth.stores.memory import MemoryStrikeStore
from cyara_tools.portal import LocalPortal, faults

PATH = "/v3.0/accounts/1/testcases"


@pytest.mark.parametrize("policy", ["guarded", "strict"])
def test_row_69_a_success_that_arrives_after_the_first_401_does_not_reopen_the_gate(policy: str) -> None:
    with LocalPortal() as portal:
        client = install(
            httpx.Client(base_url=portal.base_url, timeout=20),
            base_url=portal.base_url,
            credential=portal.credential,
            store=MemoryStrikeStore(),
            policy=policy,
            environ={},
        )
        answers: list[int] = []
        with client:
            assert client.get(PATH).status_code == 200
            portal.inject(faults.delay(1.0))
            arrivals = portal.arrivals
            late = threading.Thread(target=lambda: answers.append(client.get(PATH).status_code))
            late.start()
            while portal.arrivals == arrivals:
                time.sleep(0.005)
            portal.regenerate_token()
            assert client.get(PATH).status_code == 401
            assert answers == []
            late.join(10)
            assert answers == [200]
            for _ in range(3):
                with pytest.raises(CredentialRejectedError):
                    client.get(PATH)
        assert portal.invalid_calls == 1
