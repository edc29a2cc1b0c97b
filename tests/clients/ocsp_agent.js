// npm ocsp: one request, by its agent. Prints "accepts", or why not, and then ends with status 1.
// node ocsp_agent.js URL CA_FILE
const { readFileSync } = require("node:fs");
const https = require("node:https");
const ocsp = require("ocsp");

const [url, caFile] = process.argv.slice(2);

function end(status, words) {
  console.log(words);
  process.exit(status);
}

// The agent waits for as long as a responder does.
setTimeout(end, 4000, 1, "rejects: no answer in time");

https
  .get(url, { ca: readFileSync(caFile), agent: new ocsp.Agent() }, (response) => {
    response.resume().on("end", () => end(0, "accepts"));
  })
  .on("error", (error) => end(1, `rejects: ${error.message}`));
