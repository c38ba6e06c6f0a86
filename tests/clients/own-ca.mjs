// Own CAs with AWS's own control-plane client, configured as for AWS (see control-plane.mjs). Fails at the first answer that AWS would not give.
import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as iot from '@aws-sdk/client-iot';

setTimeout(() => {
  console.error('gave up after 60 s');
  process.exit(2);
}, 60_000).unref();

const client = new iot.IoTClient({});
const send = (name, input) => client.send(new iot[`${name}Command`](input));
const folder = mkdtempSync(join(tmpdir(), 'own-ca-'));
const openssl = (...args) => execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
const read = (name) => readFileSync(join(folder, name), 'utf8');

async function refusal(name, input) {
  try {
    await send(name, input);
  } catch (error) {
    return `${error.name} ${error.$metadata?.httpStatusCode}`;
  }
  return 'no exception';
}

/** The four commands of AWS's documentation. */
function ca(name) {
  openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', `${name}.key`, '-out', `${name}.pem`, '-days', '30', '-subj', `/CN=${name}`);
  return {
    pem: read(`${name}.pem`),
    signs(commonName) {
      writeFileSync(join(folder, 'leaf.ext'), 'extendedKeyUsage=clientAuth\n');
      openssl('req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', 'leaf.key', '-out', 'leaf.csr', '-subj', `/CN=${commonName}`);
      openssl('x509', '-req', '-in', 'leaf.csr', '-CA', `${name}.pem`, '-CAkey', `${name}.key`, '-CAcreateserial', '-out', 'leaf.pem', '-days', '20', '-extfile', 'leaf.ext');
      return read('leaf.pem');
    },
  };
}

try {
  const { registrationCode } = await send('GetRegistrationCode', {});
  assert.match(registrationCode, /^[0-9a-f]{64}$/);
  assert.equal((await send('GetRegistrationCode', {})).registrationCode, registrationCode);

  const own = ca('own');
  assert.equal(await refusal('RegisterCACertificate', { caCertificate: own.pem, verificationCertificate: own.signs('another') }), 'RegistrationCodeValidationException 400');
  assert.equal(await refusal('RegisterCACertificate', { caCertificate: own.pem }), 'CertificateValidationException 400');
  assert.equal(await refusal('RegisterCACertificate', { caCertificate: own.pem, certificateMode: 'SNI_ONLY', registrationConfig: { templateName: 'nobody' } }), 'ResourceNotFoundException 404');
  const registered = await send('RegisterCACertificate', { caCertificate: own.pem, verificationCertificate: own.signs(registrationCode), tags: [{ Key: 'plant', Value: 'Berlin' }] });
  assert.deepEqual((await send('ListTagsForResource', { resourceArn: registered.certificateArn })).tags, [{ Key: 'plant', Value: 'Berlin' }]);
  const certificateId = registered.certificateId;
  assert.match(registered.certificateArn, /:cacert\/[0-9a-f]{64}$/);
  assert.equal(await refusal('RegisterCACertificate', { caCertificate: own.pem, certificateMode: 'SNI_ONLY' }), 'ResourceAlreadyExistsException 409');

  const described = await send('DescribeCACertificate', { certificateId });
  assert.equal(described.certificateDescription.status, 'INACTIVE');
  assert.equal(described.certificateDescription.autoRegistrationStatus, 'DISABLE');
  assert.equal(described.certificateDescription.certificateMode, 'DEFAULT');
  assert.equal(described.certificateDescription.certificatePem, own.pem);

  const leaf = own.signs('device');
  assert.equal(await refusal('RegisterCertificate', { certificatePem: leaf }), 'CertificateValidationException 400');
  await send('UpdateCACertificate', { certificateId, newStatus: 'ACTIVE', newAutoRegistrationStatus: 'ENABLE' });
  assert.equal(await refusal('RegisterCertificate', { certificatePem: leaf, status: 'PENDING_ACTIVATION' }), 'CertificateStateException 406');
  const device = await send('RegisterCertificate', { certificatePem: leaf, caCertificatePem: own.pem, status: 'ACTIVE' });
  const known = (await send('DescribeCertificate', { certificateId: device.certificateId })).certificateDescription;
  assert.equal(known.caCertificateId, certificateId);
  assert.equal(known.certificateMode, 'DEFAULT');
  const under = [];
  for await (const page of iot.paginateListCertificatesByCA({ client, pageSize: 1 }, { caCertificateId: certificateId })) under.push(...page.certificates);
  assert.deepEqual(under.map((one) => one.certificateId), [device.certificateId]);

  const sni = ca('sni');
  const second = await send('RegisterCACertificate', { caCertificate: sni.pem, certificateMode: 'SNI_ONLY', setAsActive: true, allowAutoRegistration: true });
  const listed = [];
  for await (const page of iot.paginateListCACertificates({ client, pageSize: 1 }, {})) listed.push(...page.certificates);
  assert.ok([certificateId, second.certificateId].every((id) => listed.some((one) => one.certificateId === id)));

  assert.equal(await refusal('DeleteCACertificate', { certificateId }), 'CertificateStateException 406');
  for (const id of [certificateId, second.certificateId]) {
    await send('UpdateCACertificate', { certificateId: id, newStatus: 'INACTIVE', removeAutoRegistration: true });
    await send('DeleteCACertificate', { certificateId: id });
    assert.equal(await refusal('DescribeCACertificate', { certificateId: id }), 'ResourceNotFoundException 404');
  }

  openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', 'self.key', '-out', 'self.pem', '-days', '30', '-subj', '/CN=self');
  writeFileSync(join(folder, 'device.cnf'), '[req]\ndistinguished_name=dn\n[dn]\n[ext]\nbasicConstraints=CA:FALSE\n');
  openssl('req', '-x509', '-key', 'self.key', '-out', 'self.pem', '-days', '30', '-subj', '/CN=self', '-config', 'device.cnf', '-extensions', 'ext');
  const self = await send('RegisterCertificateWithoutCA', { certificatePem: read('self.pem'), status: 'ACTIVE' });
  assert.equal((await send('DescribeCertificate', { certificateId: self.certificateId })).certificateDescription.certificateMode, 'SNI_ONLY');
  console.log(JSON.stringify({ passed: true }));
} finally {
  rmSync(folder, { recursive: true });
}
