// The client, in whose place your own goes, with a policy of its own: it goes by the staple if that can tell, else by
// CRLs, of the leaf and of its CA, and rejects where neither can, unless it is soft. Node asks for staples and has
// OpenSSL look into CRLs; reading staples and finding CRLs are left to the program.
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Goes to a target. `crlUrls` are those of its chain, as the certificates name them. Throws if it rejects. */
export async function visit(target, crlUrls, { soft = false } = {}) {
  const staple = await shakeHands(target, { requestOCSP: true });
  const said = staple.length === 0 ? "" : await readStaple(staple, target);
  if (said === "good") {
    return;
  }
  if (said === "revoked" || said === "unknown") {
    throw new Error(`the staple says ${said}`);
  }
  if (crlUrls.length === 0 && (said === "" || soft)) {
    return;
  }
  const crl = await Promise.all(crlUrls.map(fetchCrl)).catch((error) => error);
  if (crl instanceof Error || crl.length === 0) {
    if (!soft) {
      throw crl instanceof Error ? crl : new Error(`the staple is of no use: ${said}`);
    }
    return;
  }
  await shakeHands(target, { crl }).catch((error) => {
    if (!soft || error.code === "CERT_REVOKED") {
      throw error;
    }
  });
}

/** Shakes hands, says nothing, and gives back the staple. */
function shakeHands(target, options) {
  return new Promise((resolve, reject) => {
    const { host, port, server_name: servername, ca_pem: ca } = target;
    const socket = connect({ host, port, servername, ca, ...options });
    let staple = Buffer.alloc(0);
    socket.on("OCSPResponse", (der) => {
      staple = der ?? staple;
    });
    socket.on("secureConnect", () => socket.end(() => resolve(staple)));
    socket.on("error", reject);
  });
}

/** What a staple says: good, revoked, unknown; or why it is of no use. */
async function readStaple(der, target) {
  const folder = await mkdtemp(join(tmpdir(), "staple-"));
  try {
    const path = join(folder, "staple.der");
    await writeFile(path, der);
    const about = ["-issuer", target.issuer_file, "-cert", target.cert_file];
    const trust = ["-CAfile", target.ca_file, "-verify_other", target.issuer_file];
    const { stdout, stderr } = await run("openssl", ["ocsp", "-respin", path, ...about, ...trust]).catch((error) => error);
    const words = stdout + stderr;
    const of_use = words.includes("Response verify OK") && !words.includes("Status times invalid");
    return (of_use && /: (good|revoked|unknown)$/m.exec(words)?.[1]) || words;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function fetchCrl(url) {
  const answer = await fetch(url, { signal: AbortSignal.timeout(2000) });
  if (answer.status !== 200) {
    throw new Error(`${url}: HTTP status ${answer.status}`);
  }
  const lines = Buffer.from(await answer.arrayBuffer()).toString("base64").match(/.{1,64}/g);
  return ["-----BEGIN X509 CRL-----", ...(lines ?? []), "-----END X509 CRL-----", ""].join("\n");
}
