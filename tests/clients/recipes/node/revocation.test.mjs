// Tests of revocation in Node.js, with nothing but what comes with it (and openssl, which reads the staples):
//
//   node --test
//
// mockpki.mjs is what to copy; your own client goes in the place of client.mjs.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { connect } from "node:tls";
import { visit } from "./client.mjs";
import { ask, stop } from "./mockpki.mjs";

after(stop);

/** A PKI for this test alone: at its end it is asked whether anything went wrong, and closed. */
async function open(t) {
  const pki = await ask("POST", "v1/pkis", {});
  const path = `v1/pkis/${pki.id}`;
  t.after(async () => {
    await ask("POST", `${path}/check`);
    await ask("DELETE", path);
  });
  return { ...pki, ask: (method, below, body) => ask(method, path + below, body) };
}

/** And in it a certificate for localhost, a TLS server, and the way there. */
async function serve(t) {
  const pki = await open(t);
  const leaf = await pki.ask("POST", "/certificates", { identities: ["localhost"] });
  const server = await pki.ask("POST", "/tls_servers", { certificates: [leaf.id] });
  const { ca_file, ca_pem, cas: [root, ca] } = pki;
  const target = { ...server, ca_file, ca_pem, cert_file: leaf.cert_file, issuer_file: ca.cert_file };
  return { pki, leaf, target, server: `/tls_servers/${server.id}`, crls: [ca.crl_url, root.crl_url] };
}

const soft = { soft: true };

test("an honest staple is accepted, and nobody is asked", async (t) => {
  const { pki, target, server, crls } = await serve(t);
  await visit(target, crls);
  const { handshakes } = await pki.ask("GET", `${server}/handshakes`);
  t.diagnostic(handshakes[0].text);
  assert.ok(handshakes[0].staple_requested && handshakes[0].staple);
  await pki.ask("POST", "/crl/assert_asked", { times: 0 });
});

test("what is revoked is rejected for that", async (t) => {
  const { pki, leaf, target, server, crls } = await serve(t);
  await pki.ask("POST", `/certificates/${leaf.id}/revoke`, { reason: "key_compromise" });
  await assert.rejects(visit(target, crls), /the staple says revoked/);
  await pki.ask("PUT", `${server}/staple`, { staple: "none" });
  await assert.rejects(visit(target, crls), { code: "CERT_REVOKED" });
  await assert.rejects(visit(target, crls, soft), { code: "CERT_REVOKED" });
  const { requests } = await pki.ask("GET", "/crl/requests");
  requests.forEach((request) => t.diagnostic(request.text));
});

test("without a staple, or with a stale one, the CRL decides", async (t) => {
  const { pki, target, server, crls } = await serve(t);
  for (const staple of ["none", ["Stale by=2d"]]) {
    await pki.ask("PUT", `${server}/staple`, { staple });
    await visit(target, crls);
  }
  await pki.ask("POST", "/crl/assert_asked", { times: 2 });
});

test("an outage is rejected, unless it is soft", async (t) => {
  const { pki, target, server, crls } = await serve(t);
  await pki.ask("PUT", "/crl/faults", { faults: ["HttpStatus 503"] });
  for (const staple of ["none", ["Stale by=2d"]]) {
    await pki.ask("PUT", `${server}/staple`, { staple });
    await assert.rejects(visit(target, crls), /HTTP status 503/);
    await visit(target, crls, soft);
  }
});

test("a client that trusts anybody is not judged", async (t) => {
  // The last target of a first stage is a server whose CA is another: who accepts that is told so, whatever it did.
  const { ok, message } = await play(t, "staple-good", "no-check", ({ host, port }) => new Promise((resolve, reject) => {
    const socket = connect({ host, port, rejectUnauthorized: false }, () => socket.end(resolve));
    socket.on("error", reject);
  }));
  t.diagnostic(message);
  assert.equal(ok, false);
  assert.match(message, /^not judged: it accepts a certificate by a CA that it does not trust/);
});

// The scenario table: each stage says where to go, and the server judges what was done there. Left out is what the
// policy of this client does not speak of: longer chains, second URLs, delta CRLs.
const leftOut = /^(intermediate|crl-second|crl-delta)-/;
const tables = [
  { policy: "hard-fail,sources=staple+CRL", which: /^/, options: {} },
  { policy: "soft-fail,sources=staple+CRL", which: /^crl-(good|revoked|garbage|http-500|refused|silent)$|^all-/, options: soft },
];

for (const { policy, which, options } of tables) {
  test(policy, { concurrency: 8 }, async (t) => {
    const { scenarios } = await ask("GET", `v1/scenarios?policy=${encodeURIComponent(policy)}`);
    const names = scenarios.map(({ name }) => name).filter((name) => which.test(name) && !leftOut.test(name));
    await Promise.all(names.map((name) => t.test(name, async (t) => {
      const { ok, message } = await play(t, name, policy, (target, crls) => visit(target, crls, options));
      assert.ok(ok, message);
    })));
  });
}

async function play(t, scenario, policy, client) {
  const pki = await open(t);
  const stage = await pki.ask("POST", "/stages", { scenario, policy });
  let told = { next: stage.target };
  while (told.next !== null) { // it may have to come more than once
    const { next } = told;
    const crls = next.crl_url && [next.crl_url, pki.cas[0].crl_url];
    const error = await client(next, crls || []).then(() => null, (error) => error);
    const body = { accepted: error === null, detail: String(error ?? "") };
    told = await pki.ask("POST", `/stages/${stage.id}/visits`, body);
  }
  return told;
}
