// A server of Node's own that staples: it asks the responder when a client asks it, and goes without where
// that does not answer. What it must never do is refuse a client because somebody else is down.
const fs = require("fs");
const https = require("https");

const [chain, key, responder, request] = process.argv.slice(2);

const server = https.createServer({ cert: fs.readFileSync(chain), key: fs.readFileSync(key) }, (_, answer) =>
  answer.end("hello"),
);
server.on("OCSPRequest", (certificate, issuer, callback) => {
  fetch(responder, {
    method: "POST",
    headers: { "Content-Type": "application/ocsp-request" },
    body: fs.readFileSync(request),
    signal: AbortSignal.timeout(500),
  })
    .then((answer) => (answer.ok ? answer.arrayBuffer() : Promise.reject(new Error(answer.status))))
    .then((body) => callback(null, Buffer.from(body)))
    .catch(() => callback(null, null));
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.resume().on("end", () => process.exit(0));
