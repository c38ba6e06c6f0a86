// AWS's own control-plane client against the platform's REST API, configured as for AWS: AWS_ENDPOINT_URL_IOT, AWS_REGION,
// AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Goes through the life of every resource once; fails at the first answer that AWS would not give.
import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { createHash, createPrivateKey, randomUUID, X509Certificate } from 'node:crypto';
import * as iot from '@aws-sdk/client-iot';

setTimeout(() => {
  console.error('gave up after 120 s');
  process.exit(2);
}, 120_000).unref();

const client = new iot.IoTClient({});
const send = (name, input) => client.send(new iot[`${name}Command`](input));
const csr = execFileSync('openssl', ['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
  '-keyout', '/dev/null', '-subj', '/CN=operator'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

/** The exception's name that a call fails with; fails itself when the call succeeds. */
async function refusal(name, input, by = client) {
  try {
    await by.send(new iot[`${name}Command`](input));
  } catch (error) {
    return `${error.name} ${error.$metadata?.httpStatusCode}`;
  }
  return 'no exception';
}

/** All pages of a listing. */
async function all(paginate, input, member) {
  const items = [];
  for await (const page of paginate({ client, pageSize: 2 }, input)) items.push(...(page[member] ?? []));
  return items;
}

const run = randomUUID().slice(0, 8);
const document = (client) =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'iot:Connect', Resource: client }] });

async function policies() {
  const policyName = `policy+=,.@-${run}`; // every character AWS allows, so that the path needs escaping
  const created = await send('CreatePolicy', { policyName, policyDocument: document('*') });
  assert.match(created.policyArn, /^arn:aws:iot:[^:]+:\d{12}:policy\//);
  assert.equal(created.policyVersionId, '1');
  assert.equal(await refusal('CreatePolicy', { policyName, policyDocument: document('*') }), 'ResourceAlreadyExistsException 409');
  assert.equal(await refusal('CreatePolicy', { policyName: `bad-${run}`, policyDocument: '{}' }), 'MalformedPolicyException 400');
  assert.equal(await refusal('GetPolicy', { policyName: 'nobody' }), 'ResourceNotFoundException 404');
  const version = await send('CreatePolicyVersion', { policyName, policyDocument: document('arn:aws:iot:us-east-1:123456789012:client/x'), setAsDefault: true });
  assert.equal(version.isDefaultVersion, true);
  const policy = await send('GetPolicy', { policyName });
  assert.equal(policy.defaultVersionId, '2');
  assert.equal(policy.policyDocument, document('arn:aws:iot:us-east-1:123456789012:client/x'));
  assert.ok(Math.abs(policy.creationDate - Date.now()) < 60_000);
  assert.equal((await send('GetPolicyVersion', { policyName, policyVersionId: '1' })).isDefaultVersion, false);
  assert.deepEqual((await send('ListPolicyVersions', { policyName })).policyVersions.map((v) => v.versionId), ['2', '1']);
  assert.equal(await refusal('DeletePolicyVersion', { policyName, policyVersionId: '2' }), 'DeleteConflictException 409');
  assert.equal(await refusal('DeletePolicy', { policyName }), 'DeleteConflictException 409');
  await send('SetDefaultPolicyVersion', { policyName, policyVersionId: '1' });
  await send('DeletePolicyVersion', { policyName, policyVersionId: '2' });
  assert.ok((await all(iot.paginateListPolicies, {}, 'policies')).some((p) => p.policyName === policyName));
  return policyName;
}

async function certificates() {
  const made = await send('CreateKeysAndCertificate', { setAsActive: true });
  const x509 = new X509Certificate(made.certificatePem);
  assert.equal(createHash('sha256').update(x509.raw).digest('hex'), made.certificateId);
  assert.ok(x509.checkPrivateKey(createPrivateKey(made.keyPair.PrivateKey)));
  assert.match(made.keyPair.PublicKey, /BEGIN PUBLIC KEY/);
  const described = (await send('DescribeCertificate', { certificateId: made.certificateId })).certificateDescription;
  assert.equal(described.status, 'ACTIVE');
  assert.equal(described.certificatePem, made.certificatePem);
  assert.ok(described.validity.notAfter > new Date());

  const second = await send('CreateKeysAndCertificate', {});
  assert.equal((await send('DescribeCertificate', { certificateId: second.certificateId })).certificateDescription.status, 'INACTIVE');
  const signed = await send('CreateCertificateFromCsr', { certificateSigningRequest: csr, setAsActive: true });
  assert.notEqual(signed.certificateId, (await send('CreateCertificateFromCsr', { certificateSigningRequest: csr })).certificateId);
  assert.equal(await refusal('CreateCertificateFromCsr', { certificateSigningRequest: 'no request' }), 'InvalidRequestException 400');
  assert.equal(await refusal('RegisterCertificateWithoutCA', { certificatePem: made.certificatePem, status: 'ACTIVE' }), 'ResourceAlreadyExistsException 409');
  assert.equal(await refusal('RegisterCertificateWithoutCA', { certificatePem: 'x' }), 'CertificateValidationException 400');
  assert.equal(await refusal('UpdateCertificate', { certificateId: made.certificateId, newStatus: 'PENDING_ACTIVATION' }), 'CertificateStateException 406');
  assert.equal(await refusal('DeleteCertificate', { certificateId: made.certificateId }), 'CertificateStateException 406');
  assert.equal(await refusal('DescribeCertificate', { certificateId: 'f'.repeat(64) }), 'ResourceNotFoundException 404');
  const listed = await all(iot.paginateListCertificates, { ascendingOrder: true }, 'certificates');
  assert.ok([made, second].every((one) => listed.some((certificate) => certificate.certificateId === one.certificateId)));
  assert.equal(new Set(listed.map((certificate) => certificate.certificateId)).size, listed.length);
  await send('DeleteCertificate', { certificateId: second.certificateId });
  return made;
}

async function attachments(policyName, certificate) {
  const target = certificate.certificateArn;
  await send('AttachPolicy', { policyName, target });
  await send('AttachPolicy', { policyName, target });
  assert.deepEqual((await all(iot.paginateListAttachedPolicies, { target }, 'policies')).map((p) => p.policyName), [policyName]);
  assert.deepEqual(await all(iot.paginateListTargetsForPolicy, { policyName }, 'targets'), [target]);
  assert.deepEqual((await send('ListPrincipalPolicies', { principal: target })).policies.map((p) => p.policyName), [policyName]);
  assert.equal(await refusal('AttachPolicy', { policyName: 'nobody', target }), 'ResourceNotFoundException 404');
  assert.equal(await refusal('AttachPolicy', { policyName, target: 'arn:aws:iot:us-east-1:999999999999:cert/x' }), 'InvalidRequestException 400');
}

// May that device do this? Asked of the certificate, its policies, and policies that it has not.
async function authorization(policyName, certificate, thingName) {
  const principal = certificate.certificateArn;
  const arn = (resource) => principal.replace(/cert\/.*/, resource);
  const authInfos = [
    { actionType: 'CONNECT', resources: [arn(`client/${thingName}`)] },
    { actionType: 'PUBLISH', resources: [arn(`topic/devices/${thingName}/up`)] },
  ];
  const ask = async (more) => (await send('TestAuthorization', { principal, clientId: thingName, authInfos, ...more })).authResults;
  const plain = await ask({});
  assert.deepEqual(plain.map((result) => result.authDecision), ['ALLOWED', 'IMPLICIT_DENY']);
  assert.deepEqual(plain.map((result) => result.authInfo), authInfos);
  assert.deepEqual(plain[0].allowed.policies.map((policy) => policy.policyName), [policyName]);
  assert.deepEqual(plain[1].denied.implicitDeny.policies.map((policy) => policy.policyName), [policyName]);
  assert.deepEqual((await ask({ policyNamesToSkip: [policyName] })).map((result) => result.authDecision), ['IMPLICIT_DENY', 'IMPLICIT_DENY']);

  const [own, never] = [`own-${run}`, `never-${run}`];
  const statement = (Effect, Action, Resource) => JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect, Action, Resource }] });
  await send('CreatePolicy', { policyName: own, policyDocument: statement('Allow', 'iot:Publish', arn('topic/devices/${iot:Connection.Thing.ThingName}/up')) });
  await send('CreatePolicy', { policyName: never, policyDocument: statement('Deny', 'iot:Connect', '*') });
  const added = await ask({ policyNamesToAdd: [own, never] });
  assert.deepEqual(added.map((result) => result.authDecision), ['EXPLICIT_DENY', 'ALLOWED']);
  assert.deepEqual(added[0].denied.explicitDeny.policies.map((policy) => policy.policyName), [never]);
  for (const name of [own, never]) await send('DeletePolicy', { policyName: name });

  assert.deepEqual((await send('GetEffectivePolicies', { principal, thingName })).effectivePolicies.map((policy) => [policy.policyName, policy.policyDocument]),
    [[policyName, document('*')]]);
  assert.equal(await refusal('GetEffectivePolicies', { principal, thingName: 'nobody' }), 'ResourceNotFoundException 404');
  assert.equal(await refusal('TestAuthorization', { principal: arn(`cert/${'f'.repeat(64)}`), authInfos }), 'ResourceNotFoundException 404');
  assert.equal(await refusal('TestAuthorization', { principal, authInfos, policyNamesToAdd: ['nobody'] }), 'ResourceNotFoundException 404');
  assert.equal(await refusal('TestAuthorization', { principal, authInfos: [{ actionType: 'CONNECT', resources: ['*'] }] }), 'InvalidRequestException 400');

  const attached = { principal, thingPrincipalType: 'NON_EXCLUSIVE_THING' };
  assert.deepEqual((await send('ListThingPrincipalsV2', { thingName })).thingPrincipalObjects, [attached]);
  assert.deepEqual((await send('ListThingPrincipalsV2', { thingName, thingPrincipalType: 'EXCLUSIVE_THING' })).thingPrincipalObjects, []);
  assert.deepEqual((await send('ListPrincipalThingsV2', { principal })).principalThingObjects, [{ thingName, thingPrincipalType: 'NON_EXCLUSIVE_THING' }]);
}

async function billing() {
  const [billingGroupName, thingName] = [`cost-${run}`, `billed-${run}`];
  assert.equal(await refusal('CreateThing', { thingName, billingGroupName }), 'ResourceNotFoundException 404');
  const made = await send('CreateBillingGroup', { billingGroupName, billingGroupProperties: { billingGroupDescription: 'Berlin' } });
  assert.match(made.billingGroupArn, /:billinggroup\//);
  assert.equal((await send('CreateBillingGroup', { billingGroupName, billingGroupProperties: { billingGroupDescription: 'Berlin' } })).billingGroupId, made.billingGroupId);
  assert.equal(await refusal('CreateBillingGroup', { billingGroupName }), 'ResourceAlreadyExistsException 409');
  await send('CreateThing', { thingName, billingGroupName });
  assert.equal((await send('DescribeThing', { thingName })).billingGroupName, billingGroupName);
  assert.deepEqual(await all(iot.paginateListThingsInBillingGroup, { billingGroupName }, 'things'), [thingName]);
  assert.equal(await refusal('DeleteBillingGroup', { billingGroupName }), 'InvalidRequestException 400');
  await send('RemoveThingFromBillingGroup', { thingName, billingGroupName });
  await send('AddThingToBillingGroup', { thingArn: `arn:aws:iot:us-east-1:123456789012:thing/${thingName}`, billingGroupArn: made.billingGroupArn });
  await send('RemoveThingFromBillingGroup', { thingName, billingGroupName });
  const changed = await send('UpdateBillingGroup', { billingGroupName, billingGroupProperties: { billingGroupDescription: 'Potsdam' }, expectedVersion: 1 });
  assert.equal(changed.version, 2);
  assert.equal(await refusal('UpdateBillingGroup', { billingGroupName, billingGroupProperties: {}, expectedVersion: 1 }), 'VersionConflictException 409');
  assert.equal((await send('DescribeBillingGroup', { billingGroupName })).billingGroupProperties.billingGroupDescription, 'Potsdam');
  assert.deepEqual((await all(iot.paginateListBillingGroups, { namePrefixFilter: billingGroupName }, 'billingGroups')).map((group) => group.groupName), [billingGroupName]);
  await send('DeleteBillingGroup', { billingGroupName });
  assert.equal(await refusal('DescribeBillingGroup', { billingGroupName }), 'ResourceNotFoundException 404');
  await send('DeleteThing', { thingName });
}

async function things(certificate) {
  const thingName = `SN:${run}`;
  const thingTypeName = `type-${run}`;
  assert.equal(await refusal('CreateThing', { thingName, thingTypeName }), 'ResourceNotFoundException 404');
  const type = await send('CreateThingType', { thingTypeName, thingTypeProperties: { thingTypeDescription: 'a sensor', searchableAttributes: ['color'] } });
  assert.equal((await send('CreateThingType', { thingTypeName, thingTypeProperties: { thingTypeDescription: 'a sensor', searchableAttributes: ['color'] } })).thingTypeId, type.thingTypeId);
  assert.equal((await send('DescribeThingType', { thingTypeName })).thingTypeProperties.thingTypeDescription, 'a sensor');
  assert.equal((await send('ListThingTypes', { thingTypeName })).thingTypes.length, 1);
  await send('UpdateThingType', { thingTypeName, thingTypeProperties: { thingTypeDescription: 'the sensor' } });
  assert.deepEqual((await send('ListThingTypes', { thingTypeName })).thingTypes[0].thingTypeProperties, { thingTypeDescription: 'the sensor', searchableAttributes: ['color'] });
  assert.equal(await refusal('UpdateThingType', { thingTypeName, thingTypeProperties: { mqtt5Configuration: { propagatingAttributes: [{ userPropertyKey: 'color', thingAttribute: 'color' }] } } }), 'InvalidRequestException 400');
  assert.equal(await refusal('UpdateThingType', { thingTypeName: 'nobody', thingTypeProperties: {} }), 'ResourceNotFoundException 404');

  await send('DeprecateThingType', { thingTypeName });
  assert.equal((await send('DescribeThingType', { thingTypeName })).thingTypeMetadata.deprecated, true);
  assert.equal(await refusal('CreateThing', { thingName, thingTypeName }), 'ResourceNotFoundException 404');
  assert.equal(await refusal('DeleteThingType', { thingTypeName }), 'InvalidRequestException 400'); // five minutes later
  await send('DeprecateThingType', { thingTypeName, undoDeprecate: true });

  const wanted = { thingName, thingTypeName, attributePayload: { attributes: { color: 'blue', size: 'L' } } };
  const thing = await send('CreateThing', wanted);
  assert.equal((await send('CreateThing', wanted)).thingId, thing.thingId);
  assert.equal(await refusal('CreateThing', { thingName }), 'ResourceAlreadyExistsException 409');
  await send('UpdateThing', { thingName, attributePayload: { attributes: { size: '', weight: '3' }, merge: true }, expectedVersion: 1 });
  assert.equal(await refusal('UpdateThing', { thingName, removeThingType: true, expectedVersion: 1 }), 'VersionConflictException 409');
  const described = await send('DescribeThing', { thingName });
  assert.deepEqual(described.attributes, { color: 'blue', weight: '3' });
  assert.equal(described.version, 2);
  assert.equal(described.defaultClientId, thingName);

  for (let i = 0; i < 5; i++) await send('CreateThing', { thingName: `${thingName}-${i}`, thingTypeName });
  const names = (await all(iot.paginateListThings, { thingTypeName }, 'things')).map((one) => one.thingName);
  assert.deepEqual(names, [thingName, ...[0, 1, 2, 3, 4].map((i) => `${thingName}-${i}`)]);
  assert.equal(await refusal('ListThings', { nextToken: 'forged' }), 'InvalidRequestException 400');
  assert.equal(await refusal('ListThings', { maxResults: 251 }), 'InvalidRequestException 400');

  await send('AttachThingPrincipal', { thingName, principal: certificate.certificateArn });
  assert.deepEqual(await all(iot.paginateListThingPrincipals, { thingName }, 'principals'), [certificate.certificateArn]);
  assert.deepEqual(await all(iot.paginateListPrincipalThings, { principal: certificate.certificateArn }, 'things'), [thingName]);
  assert.equal(await refusal('DeleteThing', { thingName }), 'InvalidRequestException 400');

  const thingGroupName = `group-${run}`;
  await send('CreateThingGroup', { thingGroupName, thingGroupProperties: { thingGroupDescription: 'all of them' } });
  await send('CreateThingGroup', { thingGroupName: `${thingGroupName}-leaf`, parentGroupName: thingGroupName });
  assert.equal((await send('DescribeThingGroup', { thingGroupName: `${thingGroupName}-leaf` })).thingGroupMetadata.parentGroupName, thingGroupName);
  await send('AddThingToThingGroup', { thingGroupName, thingName });
  assert.deepEqual(await all(iot.paginateListThingsInThingGroup, { thingGroupName }, 'things'), [thingName]);
  assert.deepEqual((await all(iot.paginateListThingGroupsForThing, { thingName }, 'thingGroups')).map((g) => g.groupName), [thingGroupName]);
  assert.ok((await all(iot.paginateListThingGroups, {}, 'thingGroups')).some((group) => group.groupName === thingGroupName));
  assert.deepEqual((await all(iot.paginateListThingGroups, { parentGroup: thingGroupName }, 'thingGroups')).map((g) => g.groupName), [`${thingGroupName}-leaf`]);
  assert.equal((await all(iot.paginateListThingGroups, { namePrefixFilter: thingGroupName }, 'thingGroups')).length, 2);
  await send('UpdateThingGroupsForThing', { thingName, thingGroupsToRemove: [thingGroupName], thingGroupsToAdd: [`${thingGroupName}-leaf`] });
  assert.deepEqual(await all(iot.paginateListThingsInThingGroup, { thingGroupName }, 'things'), []);
  assert.deepEqual(await all(iot.paginateListThingsInThingGroup, { thingGroupName, recursive: true }, 'things'), [thingName]);
  assert.equal((await send('UpdateThingGroup', { thingGroupName, thingGroupProperties: { thingGroupDescription: 'the best' }, expectedVersion: 1 })).version, 2);
  assert.equal(await refusal('UpdateDynamicThingGroup', { thingGroupName, thingGroupProperties: {}, queryString: 'thingName:*' }), 'InvalidRequestException 400');
  assert.equal(await refusal('DeleteThingGroup', { thingGroupName }), 'InvalidRequestException 400'); // the leaf is inside it
  await send('RemoveThingFromThingGroup', { thingGroupName: `${thingGroupName}-leaf`, thingName });
  await send('DeleteThingGroup', { thingGroupName: `${thingGroupName}-leaf` });
  await send('DeleteThingGroup', { thingGroupName });
  assert.equal(await refusal('DescribeThingGroup', { thingGroupName }), 'ResourceNotFoundException 404');
  await dynamicGroup(thingName);
  return thingName;
}

// Who is in it follows a moment later, as on AWS.
async function dynamicGroup(thingName) {
  const thingGroupName = `dynamic-${run}`;
  const members = async (wanted) => {
    while (JSON.stringify(await all(iot.paginateListThingsInThingGroup, { thingGroupName }, 'things')) !== JSON.stringify(wanted)) await new Promise((again) => setTimeout(again, 50));
  };
  assert.equal(await refusal('CreateDynamicThingGroup', { thingGroupName, queryString: 'nonsense' }), 'InvalidQueryException 400');
  const queryString = `thingName:${thingName.slice(0, -1)}?`;
  const created = await send('CreateDynamicThingGroup', { thingGroupName, queryString });
  assert.equal(created.queryString, queryString);
  await members([thingName]);
  assert.deepEqual((await all(iot.paginateListThingGroupsForThing, { thingName }, 'thingGroups')).map((g) => g.groupName), [thingGroupName]);
  assert.equal(await refusal('RemoveThingFromThingGroup', { thingGroupName, thingName }), 'InvalidRequestException 400');
  const update = { thingGroupName, thingGroupProperties: {}, queryString: `NOT thingName:*`, expectedVersion: 1 };
  assert.equal((await send('UpdateDynamicThingGroup', update)).version, 2);
  assert.equal(await refusal('UpdateDynamicThingGroup', update), 'VersionConflictException 409');
  await members([]);
  assert.equal((await send('DescribeThingGroup', { thingGroupName })).queryString, update.queryString);
  await send('DeleteDynamicThingGroup', { thingGroupName });
  assert.equal(await refusal('DescribeThingGroup', { thingGroupName }), 'ResourceNotFoundException 404');
}

const body = (prefix) => JSON.stringify({
  Parameters: { SerialNumber: { Type: 'String' }, 'AWS::IoT::Certificate::Id': { Type: 'String' } },
  Resources: {
    certificate: { Type: 'AWS::IoT::Certificate', Properties: { CertificateId: { Ref: 'AWS::IoT::Certificate::Id' }, Status: 'Active' } },
    thing: { Type: 'AWS::IoT::Thing', Properties: { ThingName: { 'Fn::Join': ['', [prefix, { Ref: 'SerialNumber' }]] } } },
  },
});

async function templates() {
  const templateName = `template-${run}`;
  const provisioningRoleArn = 'arn:aws:iam::123456789012:role/provisioning';
  const created = await send('CreateProvisioningTemplate', { templateName, templateBody: body('a-'), enabled: true, provisioningRoleArn });
  assert.equal(created.defaultVersionId, 1);
  assert.equal(await refusal('CreateProvisioningTemplate', { templateName, templateBody: body('a-'), provisioningRoleArn }), 'ResourceAlreadyExistsException 409');
  const version = await send('CreateProvisioningTemplateVersion', { templateName, templateBody: body('b-'), setAsDefault: true });
  assert.equal(version.versionId, 2);
  const described = await send('DescribeProvisioningTemplate', { templateName });
  assert.equal(described.templateBody, body('b-'));
  assert.equal(described.enabled, true);
  await send('UpdateProvisioningTemplate', { templateName, defaultVersionId: 1, description: 'the first again' });
  assert.equal((await send('DescribeProvisioningTemplateVersion', { templateName, versionId: 1 })).isDefaultVersion, true);
  await send('DeleteProvisioningTemplateVersion', { templateName, versionId: 2 });
  assert.equal((await all(iot.paginateListProvisioningTemplateVersions, { templateName }, 'versions')).length, 1);
  assert.ok((await all(iot.paginateListProvisioningTemplates, {}, 'templates')).some((template) => template.templateName === templateName));
  assert.equal(await refusal('CreateProvisioningClaim', { templateName: 'nobody' }), 'ResourceNotFoundException 404');

  const claim = await send('CreateProvisioningClaim', { templateName });
  const minutes = (claim.expiration - Date.now()) / 60_000;
  assert.ok(minutes > 4 && minutes < 6, `a claim lives five minutes, not ${minutes}`);
  assert.ok(new X509Certificate(claim.certificatePem).checkPrivateKey(createPrivateKey(claim.keyPair.PrivateKey)));
  const listed = await all(iot.paginateListCertificates, {}, 'certificates');
  assert.ok(!listed.some((certificate) => certificate.certificateId === claim.certificateId));
  await send('DeleteProvisioningTemplate', { templateName });
}

// RegisterThing: certificate, thing and policy by one call, each named as the template names it.
async function registration() {
  const thingName = `bulk-${run}`;
  const templateBody = JSON.stringify({
    Parameters: { ThingName: { Type: 'String' }, CSR: { Type: 'String' } },
    Resources: {
      box: { Type: 'AWS::IoT::Thing', Properties: { ThingName: { Ref: 'ThingName' }, AttributePayload: { line: '7' } } },
      papers: { Type: 'AWS::IoT::Certificate', Properties: { CertificateSigningRequest: { Ref: 'CSR' }, Status: 'ACTIVE' } },
      rights: { Type: 'AWS::IoT::Policy', Properties: { PolicyDocument: JSON.parse(document('*')) } },
    },
  });
  const registered = await send('RegisterThing', { templateBody, parameters: { ThingName: thingName, CSR: csr } });
  const certificateArn = registered.resourceArns.papers;
  assert.equal(createHash('sha256').update(new X509Certificate(registered.certificatePem).raw).digest('hex'), certificateArn.split('/')[1]);
  assert.match(registered.resourceArns.box, new RegExp(`thing/${thingName}$`));
  assert.match(registered.resourceArns.rights, /policy\/[0-9A-F]{40}$/);
  assert.deepEqual((await send('ListThingPrincipals', { thingName })).principals, [certificateArn]);
  assert.equal((await send('DescribeCertificate', { certificateId: certificateArn.split('/')[1] })).certificateDescription.status, 'ACTIVE');
  assert.equal(await refusal('RegisterThing', { templateBody, parameters: { ThingName: thingName } }), 'InvalidRequestException 400');
  assert.equal(await refusal('RegisterThing', { templateBody: '{', parameters: {} }), 'InvalidRequestException 400');
}

// Tags of all that has tags, given when it is made and changed after; they go with their resource.
async function tags() {
  const name = `tagged-${run}`;
  const given = [{ Key: 'owner', Value: 'ada' }, { Key: 'Größe/5', Value: '' }];
  const resources = [
    ['ThingType', 'thingTypeArn', { thingTypeName: name }],
    ['ThingGroup', 'thingGroupArn', { thingGroupName: name }],
    ['DynamicThingGroup', 'thingGroupArn', { thingGroupName: `${name}-dynamic`, queryString: 'NOT thingName:*' }],
    ['BillingGroup', 'billingGroupArn', { billingGroupName: name }],
    ['Policy', 'policyArn', { policyName: name, policyDocument: document('*') }],
    ['ProvisioningTemplate', 'templateArn', { templateName: name, templateBody: body('tagged-'), provisioningRoleArn: 'arn:aws:iam::123456789012:role/provisioning' }],
  ];
  const arns = [];
  for (const [noun, arn, input] of resources) {
    assert.equal(await refusal(`Create${noun}`, { ...input, tags: [{ Key: 'aws:owner', Value: 'ada' }] }), 'InvalidRequestException 400');
    const resourceArn = (await send(`Create${noun}`, { ...input, tags: given }))[arn];
    assert.deepEqual(await all(iot.paginateListTagsForResource, { resourceArn }, 'tags'), [given[1], given[0]], noun);
    arns.push(resourceArn);
  }

  const [resourceArn] = arns;
  await send('TagResource', { resourceArn, tags: [{ Key: 'owner', Value: 'grace' }, { Key: 'line', Value: '7' }] });
  await send('UntagResource', { resourceArn, tagKeys: ['Größe/5', 'nothing'] });
  assert.deepEqual((await send('ListTagsForResource', { resourceArn })).tags, [{ Key: 'line', Value: '7' }, { Key: 'owner', Value: 'grace' }]);
  const many = Array.from({ length: 49 }, (_, i) => ({ Key: `k${i}`, Value: 'v' }));
  assert.equal(await refusal('TagResource', { resourceArn, tags: many }), 'LimitExceededException 410');
  assert.equal(await refusal('TagResource', { resourceArn, tags: [{ Key: 'a', Value: '1' }, { Key: 'a', Value: '2' }] }), 'InvalidRequestException 400');
  assert.equal(await refusal('ListTagsForResource', { resourceArn: resourceArn.replace(/thingtype.*/, `thing/${name}`) }), 'InvalidRequestException 400');
  assert.equal(await refusal('TagResource', { resourceArn: `${resourceArn}-nobody`, tags: given }), 'ResourceNotFoundException 404');

  for (const [noun, , input] of resources.slice(1)) {
    const [[member, value]] = Object.entries(input);
    await send(`Delete${noun}`, { [member]: value });
  }
  for (const gone of arns.slice(1)) assert.equal(await refusal('ListTagsForResource', { resourceArn: gone }), 'ResourceNotFoundException 404');
  await send('CreateBillingGroup', { billingGroupName: name });
  assert.deepEqual((await send('ListTagsForResource', { resourceArn: arns[3] })).tags, []);
  await send('DeleteBillingGroup', { billingGroupName: name });
}

// Bulk registration. Only the upload is the platform's own: there is no S3 beside it.
async function bulk() {
  const templateBody = JSON.stringify({
    Parameters: { ThingName: { Type: 'String' }, CSR: { Type: 'String' } },
    Resources: {
      thing: { Type: 'AWS::IoT::Thing', Properties: { ThingName: { Ref: 'ThingName' } } },
      certificate: { Type: 'AWS::IoT::Certificate', Properties: { CertificateSigningRequest: { Ref: 'CSR' }, Status: 'ACTIVE' } },
    },
  });
  const input = { templateBody, inputFileBucket: 'fleet', inputFileKey: process.env.BULK_INPUT, roleArn: 'arn:aws:iam::123456789012:role/fleet' };
  assert.equal(await refusal('StartThingRegistrationTask', { ...input, inputFileKey: 'nothing' }), 'InvalidRequestException 400');
  const { taskId } = await send('StartThingRegistrationTask', input);
  let task;
  while ((task = await send('DescribeThingRegistrationTask', { taskId })).status === 'InProgress') await new Promise((wait) => setTimeout(wait, 100));
  assert.deepEqual([task.status, task.successCount, task.failureCount, task.percentageProgress], ['Completed', 2, 1, 100]);
  assert.ok((await all(iot.paginateListThingRegistrationTasks, { status: 'Completed' }, 'taskIds')).includes(taskId));
  const report = async (reportType) => {
    const { resourceLinks } = await send('ListThingRegistrationTaskReports', { taskId, reportType });
    return (await (await fetch(resourceLinks[0])).text()).trim().split('\n').map((line) => JSON.parse(line));
  };
  assert.deepEqual((await report('RESULTS')).map((line) => line.lineNumber), [1, 3]);
  assert.match((await report('RESULTS'))[0].response.certificatePem, /^-----BEGIN CERTIFICATE-----/);
  assert.deepEqual((await report('ERRORS')).map((line) => [line.lineNumber, line.reason]), [[2, 'unsafe-name']]);
  const { resourceLinks } = await send('ListThingRegistrationTaskReports', { taskId, reportType: 'ERRORS' });
  assert.equal((await fetch(resourceLinks[0].replace('errors', 'results'))).status, 403);
  assert.equal(await refusal('StopThingRegistrationTask', { taskId }), 'InvalidRequestException 400');
  assert.equal(await refusal('DescribeThingRegistrationTask', { taskId: 'nobody' }), 'ResourceNotFoundException 404');
}

async function end(policyName, certificate, thingName) {
  const { certificateId, certificateArn } = certificate;
  await send('UpdateCertificate', { certificateId, newStatus: 'INACTIVE' });
  assert.equal(await refusal('DeleteCertificate', { certificateId }), 'DeleteConflictException 409');
  await send('DetachThingPrincipal', { thingName, principal: certificateArn });
  await send('DeleteThing', { thingName });
  await send('DeleteThing', { thingName });
  await send('DetachPolicy', { policyName, target: certificateArn });
  await send('UpdateCertificate', { certificateId, newStatus: 'REVOKED' });
  assert.equal(await refusal('UpdateCertificate', { certificateId, newStatus: 'ACTIVE' }), 'CertificateStateException 406');
  await send('DeleteCertificate', { certificateId });
  await send('DeletePolicy', { policyName });
}

async function signatures() {
  const { accessKeyId, secretAccessKey } = await client.config.credentials();
  const wrong = (changed) => new iot.IoTClient({ maxAttempts: 1, credentials: { accessKeyId, secretAccessKey, ...changed } });
  assert.equal(await refusal('ListThings', {}, wrong({ secretAccessKey: 'x'.repeat(40) })), 'InvalidSignatureException 403');
  assert.equal(await refusal('ListThings', {}, wrong({ accessKeyId: 'AKIANOBODY0000000000' })), 'UnrecognizedClientException 403');
}

const { endpointAddress } = await send('DescribeEndpoint', { endpointType: 'iot:Data-ATS' });
await signatures();
const policyName = await policies();
const certificate = await certificates();
await attachments(policyName, certificate);
await billing();
const thingName = await things(certificate);
await authorization(policyName, certificate, thingName);
await templates();
await registration();
await tags();
await bulk();
await end(policyName, certificate, thingName);
console.log(JSON.stringify({ passed: true, endpointAddress }));
