// The event OCSPRequest, answered from the Cache of the npm package ocsp.
const fs = require("node:fs");
const https = require("node:https");
const ocsp = require("ocsp");

const cache = new ocsp.Cache();
const server = https.createServer(
  { cert: fs.readFileSync("{chain_file}"), key: fs.readFileSync("{key_file}") },
  (request, response) => response.end(),
);
server.on("OCSPRequest", (certificate, issuer, callback) => {
  ocsp.getOCSPURI(certificate, (error, url) => {
    if (error) return callback(error);
    const question = ocsp.request.generate(certificate, issuer);
    cache.probe(question.id, (error, cached) => {
      if (error) return callback(error);
      if (cached !== false) return callback(null, cached.response);
      cache.request(question.id, { url, ocsp: question.data }, callback);
    });
  });
});
server.listen({port}, "{host}");
