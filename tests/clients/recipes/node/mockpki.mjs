// What to copy: a server that ends with this process, whose pipe is its standard input; and a way to ask it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

const server = spawn("mockpki", ["serve", "--exit-with-stdin"], { stdio: ["pipe", "pipe", "inherit"] });
const [ready] = await once(createInterface(server.stdout), "line");
const { url } = JSON.parse(ready);

/** Makes a call, and gives back its answer; one that is refused fails the test with the server's sentence. */
export async function ask(method, path, body) {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(url + path, { method, headers, body: body && JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) {
    throw new Error(`${method} ${path}: ${JSON.parse(text).detail}`);
  }
  return text && JSON.parse(text);
}

export const stop = () => server.stdin.end();
