// MQTT.js as a plain client: the three operations by hand, in JSON or CBOR, over MQTT 3.1.1 or 5, TLS 1.2 or 1.3, with or without ALPN.
import * as cborg from 'cborg';
import mqtt from 'mqtt';
import { giveUpAfter, report, settings } from './settings.mjs';

giveUpAfter(45);

const format = settings.format ?? 'json';
const write = format === 'cbor' ? (body) => Buffer.from(cborg.encode(body)) : JSON.stringify;
const read = format === 'cbor' ? (payload) => cborg.decode(payload) : JSON.parse;

const claim = await connect(`claim-${settings.serial}`, settings.cert, settings.key);
const created = settings.csr
  ? await ask(claim, `$aws/certificates/create-from-csr/${format}`, { certificateSigningRequest: settings.csr })
  : await ask(claim, `$aws/certificates/create/${format}`, {});
const registered = await ask(claim, `$aws/provisioning-templates/${settings.template}/provision/${format}`, {
  certificateOwnershipToken: created.certificateOwnershipToken,
  parameters: { SerialNumber: settings.serial },
});
await claim.endAsync();

const device = await connect(registered.thingName, created.certificatePem, settings.csrKey ?? created.privateKey);
const topic = `devices/${registered.thingName}/hello`;
await device.subscribeAsync(topic, { qos: 1 });
const heard = new Promise((resolve) => device.once('message', (_, payload) => resolve(payload.toString())));
await device.publishAsync(topic, 'hello from MQTT.js', { qos: 1 });
report({ thingName: registered.thingName, certificateId: created.certificateId, echoed: await heard });
await device.endAsync();
process.exit(0);

function connect(clientId, cert, key) {
  return mqtt.connectAsync({
    protocol: 'mqtts',
    host: settings.host,
    port: settings.port,
    ca: settings.ca,
    cert,
    key,
    clientId,
    protocolVersion: settings.protocol ?? 4,
    minVersion: settings.tls,
    maxVersion: settings.tls,
    ALPNProtocols: settings.alpn ? [settings.alpn] : undefined,
    reconnectPeriod: 0,
  });
}

async function ask(client, topic, body) {
  const answered = new Promise((resolve, reject) => {
    client.on('message', function hear(heard, payload) {
      if (!heard.startsWith(topic)) return;
      client.removeListener('message', hear);
      if (heard.endsWith('/accepted')) resolve(read(payload));
      else reject(new Error(`${heard}: ${JSON.stringify(read(payload))}`));
    });
  });
  await client.subscribeAsync([`${topic}/accepted`, `${topic}/rejected`], { qos: 1 });
  await client.publishAsync(topic, write(body), { qos: 1 });
  return answered;
}
