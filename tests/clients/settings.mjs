// What a story tells a client, as one JSON object in argv: { host, port, ca, cert, key, template, serial, csr, csrKey, ... }
// (paths to PEM files; csr and csrKey only where the device makes its own key).
import { readFileSync } from 'node:fs';

const given = JSON.parse(process.argv[2]);
const pem = (path) => (path === undefined ? undefined : readFileSync(path, 'utf8'));

export const settings = {
  ...given,
  ca: pem(given.ca),
  cert: pem(given.cert),
  key: pem(given.key),
  csr: pem(given.csr),
  csrKey: pem(given.csrKey),
};

/** The one line a story reads: the outcome, and nothing that is secret. */
export function report(outcome) {
  console.log(JSON.stringify(outcome));
}

/** Fails the whole script when nothing has come of it in time, so that a story never hangs. */
export function giveUpAfter(seconds) {
  setTimeout(() => {
    console.error(`gave up after ${seconds} s`);
    process.exit(2);
  }, seconds * 1000).unref();
}
