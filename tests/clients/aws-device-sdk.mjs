// AWS IoT Device SDK v2 for JavaScript, unmodified: provisions with its own fleet-provisioning client (over MQTT 3.1.1 or 5),
// reconnects with the new certificate and makes a publish/subscribe round trip.
import awsIot from 'aws-iot-device-sdk-v2';
import { once } from 'node:events';
import { giveUpAfter, report, settings } from './settings.mjs';

const { iot, iotidentity, mqtt, mqtt5 } = awsIot;
giveUpAfter(45);

const provisioned = settings.protocol === 5 ? await provisionOverMqtt5() : await provisionOverMqtt311();
const echoed = settings.protocol === 5 ? await roundTripOverMqtt5(provisioned) : await roundTripOverMqtt311(provisioned);
report({ thingName: provisioned.thingName, certificateId: provisioned.certificateId, deviceConfiguration: provisioned.deviceConfiguration, echoed });
process.exit(0);

async function provision(identity) {
  const created = settings.csr
    ? await identity.createCertificateFromCsr({ certificateSigningRequest: settings.csr })
    : await identity.createKeysAndCertificate({});
  const registered = await identity.registerThing({
    templateName: settings.template,
    certificateOwnershipToken: created.certificateOwnershipToken,
    parameters: { SerialNumber: settings.serial },
  });
  return {
    thingName: registered.thingName,
    deviceConfiguration: registered.deviceConfiguration,
    certificateId: created.certificateId,
    cert: created.certificatePem,
    key: settings.csrKey ?? created.privateKey,
  };
}

async function provisionOverMqtt311() {
  const connection = newMqtt311(`claim-${settings.serial}`, settings.cert, settings.key);
  await connection.connect();
  const identity = iotidentity.IotIdentityClientv2.newFromMqtt311(connection, limits());
  const result = await provision(identity);
  identity.close();
  await connection.disconnect();
  return result;
}

async function provisionOverMqtt5() {
  const client = newMqtt5(`claim-${settings.serial}`, settings.cert, settings.key);
  await started(client);
  const identity = iotidentity.IotIdentityClientv2.newFromMqtt5(client, limits());
  const result = await provision(identity);
  identity.close();
  await stopped(client);
  return result;
}

async function roundTripOverMqtt311({ thingName, cert, key }) {
  const connection = newMqtt311(thingName, cert, key);
  await connection.connect();
  const topic = `devices/${thingName}/hello`;
  const heard = new Promise((resolve) => {
    connection.subscribe(topic, mqtt.QoS.AtLeastOnce, (_, payload) => resolve(new TextDecoder().decode(payload)))
      .then(() => connection.publish(topic, 'hello 3.1.1', mqtt.QoS.AtLeastOnce));
  });
  const echoed = await heard;
  await connection.disconnect();
  return echoed;
}

async function roundTripOverMqtt5({ thingName, cert, key }) {
  const client = newMqtt5(thingName, cert, key);
  await started(client);
  const topic = `devices/${thingName}/hello`;
  const heard = once(client, 'messageReceived');
  await client.subscribe({ subscriptions: [{ topicFilter: topic, qos: mqtt5.QoS.AtLeastOnce }] });
  await client.publish({ topicName: topic, qos: mqtt5.QoS.AtLeastOnce, payload: 'hello 5' });
  const [{ message }] = await heard;
  await stopped(client);
  return new TextDecoder().decode(message.payload);
}

function newMqtt311(clientId, cert, key) {
  const config = iot.AwsIotMqttConnectionConfigBuilder.new_mtls_builder(cert, key)
    .with_certificate_authority(settings.ca)
    .with_endpoint(settings.host)
    .with_port(settings.port)
    .with_client_id(clientId)
    .build();
  return new mqtt.MqttClient().new_connection(config);
}

function newMqtt5(clientId, cert, key) {
  const config = iot.AwsIotMqtt5ClientConfigBuilder.newDirectMqttBuilderWithMtlsFromMemory(settings.host, cert, key)
    .withCertificateAuthority(settings.ca)
    .withPort(settings.port)
    .withConnectProperties({ clientId, keepAliveIntervalSeconds: 60 })
    .build();
  return new mqtt5.Mqtt5Client(config);
}

function limits() {
  return { maxRequestResponseSubscriptions: 6, maxStreamingSubscriptions: 2, operationTimeoutInSeconds: 20 };
}

async function started(client) {
  const connected = once(client, 'connectionSuccess');
  client.start();
  await connected;
}

async function stopped(client) {
  const done = once(client, 'stopped');
  client.stop();
  await done;
}
