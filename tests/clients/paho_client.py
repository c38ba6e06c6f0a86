"""python3-paho-mqtt as a plain client: provisions in JSON (with a CSR, or with a key that the platform makes) over MQTT 3.1.1 or 5, reconnects,
makes a publish/subscribe round trip.

Takes one JSON object in argv, as the Node.js clients do, and prints one JSON object.
"""
import json
import queue
import ssl
import sys
import tempfile

import paho.mqtt.client as mqtt

SETTINGS = json.loads(sys.argv[1])
PATIENCE_SECONDS = 20


def connect(client_id, certificate, key):
    heard = queue.Queue()
    connected = queue.Queue()
    client = mqtt.Client(client_id=client_id, protocol=mqtt.MQTTv5 if SETTINGS.get("protocol") == 5 else mqtt.MQTTv311)
    client.tls_set(ca_certs=SETTINGS["ca"], certfile=certificate, keyfile=key, tls_version=ssl.PROTOCOL_TLS_CLIENT)
    client.on_connect = lambda _client, _data, _flags, code, _properties=None: connected.put(code)
    client.on_message = lambda _client, _data, message: heard.put(message)
    client.connect(SETTINGS["host"], SETTINGS["port"], keepalive=60)
    client.loop_start()
    code = connected.get(timeout=PATIENCE_SECONDS)
    if code != 0:
        sys.exit(f"CONNACK {code}")
    return client, heard


def subscribe(client, *topics):
    granted = queue.Queue()
    client.on_subscribe = lambda _client, _data, _id, codes, _properties=None: granted.put(codes)
    for topic in topics:
        client.subscribe(topic, qos=1)
        codes = granted.get(timeout=PATIENCE_SECONDS)
        if any(getattr(code, "value", code) >= 128 for code in codes):
            sys.exit(f"SUBACK refused {topic}")


def ask(client, heard, topic, body):
    subscribe(client, topic + "/accepted", topic + "/rejected")
    client.publish(topic, json.dumps(body), qos=1)
    message = heard.get(timeout=PATIENCE_SECONDS)
    if not message.topic.endswith("/accepted"):
        sys.exit(f"{message.topic}: {message.payload.decode()}")
    return json.loads(message.payload)


def create(claim, heard):
    if "csr" not in SETTINGS:
        return ask(claim, heard, "$aws/certificates/create/json", {})
    with open(SETTINGS["csr"], encoding="ascii") as file:
        request = file.read()
    return ask(claim, heard, "$aws/certificates/create-from-csr/json", {"certificateSigningRequest": request})


def written(text):
    file = tempfile.NamedTemporaryFile("w", suffix=".pem")
    file.write(text)
    file.flush()
    return file


def own_key(created):
    if "csrKey" not in SETTINGS:
        return created["privateKey"]
    with open(SETTINGS["csrKey"], encoding="ascii") as file:
        return file.read()


def leave(client):
    client.disconnect()
    client.loop_stop()


def main():
    claim, heard = connect("claim-" + SETTINGS["serial"], SETTINGS["cert"], SETTINGS["key"])
    created = create(claim, heard)
    registered = ask(claim, heard, f"$aws/provisioning-templates/{SETTINGS['template']}/provision/json", {
        "certificateOwnershipToken": created["certificateOwnershipToken"],
        "parameters": {"SerialNumber": SETTINGS["serial"]},
    })
    leave(claim)

    thing = registered["thingName"]
    with written(created["certificatePem"]) as certificate, written(own_key(created)) as key:
        device, heard = connect(thing, certificate.name, key.name)
        topic = f"devices/{thing}/hello"
        subscribe(device, topic)
        device.publish(topic, "hello from paho", qos=1)
        echoed = heard.get(timeout=PATIENCE_SECONDS).payload.decode()
        leave(device)

    print(json.dumps({"thingName": thing, "certificateId": created["certificateId"], "echoed": echoed}))


main()
