// Node.js by itself: one request. Prints "accepts", or why not, and then ends with status 1.
// node plain_https.js URL CA_FILE
const { readFileSync } = require("node:fs");
const https = require("node:https");

const [url, caFile] = process.argv.slice(2);

https
  .get(url, { ca: readFileSync(caFile), timeout: 5000 }, (response) => {
    response.resume().on("end", () => console.log("accepts"));
  })
  .on("timeout", function () {
    this.destroy(new Error("no answer in time"));
  })
  .on("error", (error) => {
    console.error(`rejects: ${error.message}`);
    process.exitCode = 1;
  });
