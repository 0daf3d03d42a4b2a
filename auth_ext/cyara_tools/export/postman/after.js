// Ends the run at the first 401; runs after each answer.
if (pm.response.code === 401) {
    const proxied = /^http:\/\/[^/]+\/[A-Za-z0-9_-]{22,128}\/cyarawebapi$/.test(value("baseUrl"));
    if (!proxied) pm.collectionVariables.set("cyaraRejected", [...rejected().slice(-20), fingerprint()].join(","));
    pm.execution.setNextRequest(null);
    const next = "The portal rejected the pair (401), and nothing more is sent. Three such calls void the token. " +
        "Next: look at the token in the portal, and set the one that is valid";
    pm.test(next, () => pm.expect.fail(next));
} else if (pm.response.code === 423) {
    // The proxy's own answer: nothing was sent to the portal.
    const detail = (() => { try { return pm.response.json().detail; } catch { return "423"; } })();
    pm.test("The proxy sends the request", () => pm.expect.fail(detail));
}
