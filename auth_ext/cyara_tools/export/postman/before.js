// Sends nothing while the pair is missing, misformed or was rejected; runs before each request.
// `cyara exec` tells newman the proxy's address in this way, since newman reads no environment variables.
if (pm.globals.get("cyaraProxyUrl")) {
    pm.variables.set("baseUrl", pm.globals.get("cyaraProxyUrl"));
    if (pm.globals.get("cyaraAccountId")) pm.variables.set("accountId", pm.globals.get("cyaraAccountId"));
}

const base = value("baseUrl").replace(/\/+$/, "");
const loopback = /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(\/|$)/.test(base);
// Between the port and the API, the proxy has its secret.
const proxied = loopback && /^http:\/\/[^/]+\/[A-Za-z0-9_-]{22,128}\/cyarawebapi$/.test(base);
pm.variables.set("baseUrl", base);
// The proxy has the credential; the pair stays here.
if (proxied) pm.request.auth = new (require("postman-collection").RequestAuth)({ type: "noauth" });

function problem() {
    if (!base) return "There is no base URL. Next: set baseUrl to https://PORTAL/cyarawebapi in the environment";
    if (!loopback && !/^https:\/\/[^\s/{}?#]+(\/[^\s{}?#]*)?$/.test(base))
        return "baseUrl is no https address. Next: set it to https://PORTAL/cyarawebapi in the environment";
    if (proxied) return null;
    if (withoutPair)
        return "This collection has no credential, and baseUrl is not the proxy's. Next: start cyara proxy, and set " +
            "baseUrl to the address that it prints";
    const key = value("cyaraKey"), token = value("cyaraToken");
    if (!key || !token) return "There is no pair. Next: set cyaraKey and cyaraToken in the environment";
    // The shape of keys and tokens as the portal shows them; anything else is most often a wrong paste.
    const usual = /^[0-9a-f]{32}$/.test(key) && /^[A-Za-z0-9+/]{43}=$/.test(token);
    if (!usual && (value("allowUnusualShape") !== "yes" || !/^[\x21-\x39\x3b-\x7e]+$/.test(key + token)))
        return "The pair is misformed. Next: paste the key alone into cyaraKey and the token alone into cyaraToken, " +
            "without ApiKey, colon, quotes and blanks";
    if (rejected().some(Boolean) && rejected().includes(fingerprint()))
        return "The portal has rejected this pair; another call with it may void the token. Next: look at the token " +
            "in the portal, and set cyaraToken to the one that is valid";
    return null;
}

function nothing() {
    pm.execution.setNextRequest(null);
    skip();
}

function skip() {
    // For a Postman that cannot skip a request: .invalid leads nowhere.
    if (!pm.execution.skipRequest) pm.request.url.update("https://nothing-is-sent.invalid/");
    pm.execution.skipRequest();
}

const wrong = problem();
const left = pm.request.url.variables.all().find((each) => /\{\{/.test(pm.variables.replaceIn(String(each.value))));
const changes = !["GET", "HEAD", "OPTIONS"].includes(pm.request.method);
if (wrong) {
    pm.test(`Nothing was sent. ${wrong}`, () => pm.expect.fail(wrong));
    nothing();
} else if (left) {
    pm.test.skip(`Nothing was sent: ${left.key} has no value. Next: send the request that makes one, or set it`);
    skip();
} else if (changes && !loopback && value("allowChanges") !== "yes") {
    pm.test.skip("Nothing was sent: this request changes the portal. Next: set allowChanges to yes in the environment");
    skip();
}
