// npm easy-ocsp: connects, and asks the responder about the certificate that the server showed.
// Prints "accepts", or why not, and then ends with status 1.
// node easy_ocsp.js HOST PORT SERVER_NAME CA_FILE
const { readFileSync } = require("node:fs");
const tls = require("node:tls");
const { getCertStatus } = require("easy-ocsp");

const [host, port, servername, caFile] = process.argv.slice(2);

function shown() {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ host, port, servername, ca: readFileSync(caFile), timeout: 5000 }, () => {
      resolve(socket.getPeerX509Certificate());
      socket.end();
    });
    socket.on("timeout", () => socket.destroy(new Error("no answer in time")));
    socket.on("error", reject);
  });
}

async function judge() {
  const certificate = await shown();
  const ca = certificate.issuerCertificate.toString();
  const { status, thisUpdate, nextUpdate } = await getCertStatus(certificate, { ca, timeout: 3000 });
  const now = new Date();
  if (status !== "good") {
    throw new Error(`the responder says ${status}`);
  }
  if (now < thisUpdate || (nextUpdate && nextUpdate < now)) {
    throw new Error(`the answer is good from ${thisUpdate} to ${nextUpdate}`);
  }
}

judge().then(
  () => console.log("accepts"),
  (error) => {
    console.error(`rejects: ${error.message}`);
    process.exitCode = 1;
  },
);
