const value = (name) => String(pm.variables.get(name) ?? "");
// A hash names the pair without disclosing it. What was rejected is kept in the collection, which newman forgets.
const fingerprint = () =>
    require("crypto-js").SHA256([value("baseUrl"), value("cyaraKey"), value("cyaraToken")].join(" ")).toString();
const rejected = () => String(pm.collectionVariables.get("cyaraRejected") ?? "").split(",");
