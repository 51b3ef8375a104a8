"""Others' libraries on what the recorder sends: `keys` makes those of a browser, `open` decrypts a push message (http_ece) and
verifies who sent it (PyJWT), `webhook` verifies a signature (standardwebhooks), `announced` holds what is announced to Home
Assistant against its own schemas. JSON in, JSON out."""

import base64
import json
import os
import sys


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def keys(_):
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    private = ec.generate_private_key(ec.SECP256R1())
    point = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    number = private.private_numbers().private_value
    return {"p256dh": b64(point), "auth": b64(os.urandom(16)), "private": str(number)}


def open_message(given):
    import http_ece
    import jwt
    from cryptography.hazmat.primitives.asymmetric import ec

    private = ec.derive_private_key(int(given["keys"]["private"]), ec.SECP256R1())
    text = http_ece.decrypt(
        bytes.fromhex(given["body"]), private_key=private, auth_secret=unb64(given["keys"]["auth"]), version="aes128gcm"
    )
    token, key = given["authorization"].removeprefix("vapid t=").split(", k=")
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unb64(key))
    # The recorder's clock is simulated: its time is looked at here.
    claims = jwt.decode(token, public, algorithms=["ES256"], audience=given["audience"], options={"verify_exp": False})
    assert 0 < claims["exp"] - given["now"] <= 24 * 3600, claims
    return {"text": text.decode(), "claims": claims}


def webhook(given):
    from datetime import datetime, timezone
    from standardwebhooks import Webhook

    headers = given["headers"]
    at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), tz=timezone.utc)
    made = Webhook(given["key"]).sign(headers["webhook-id"], at, given["body"])
    return {"ok": made == headers["webhook-signature"]}


def announced(given):
    """Topics and payloads of devices. That of a device is taken apart as Home Assistant does since 2024.11; its parts are held
    against the schemas of the one that is installed, and nothing in them may be a word that it does not know."""
    import importlib

    from homeassistant.components.mqtt import abbreviations
    from homeassistant.components.number.const import DEVICE_CLASS_UNITS as number_units
    from homeassistant.components.sensor.const import DEVICE_CLASS_STATE_CLASSES, DEVICE_CLASS_UNITS

    def long(part, table):
        return {table.get(key, key): value for key, value in part.items()}

    checked, wrong = {}, []
    for topic, payload in given["devices"].items():
        whole = long(payload, {**abbreviations.ABBREVIATIONS, "cmps": "components", "dev": "device", "o": "origin"})
        parts = whole.pop("components")
        whole["device"] = long(whole["device"], abbreviations.DEVICE_ABBREVIATIONS)
        whole["origin"] = long(whole["origin"], abbreviations.ORIGIN_ABBREVIATIONS)
        for name, part in parts.items():
            platform, where = part.pop("p"), f"{topic} {name}"
            if not part:
                continue
            config = {**whole, **long(part, abbreviations.ABBREVIATIONS)}
            try:
                taken = importlib.import_module(f"homeassistant.components.mqtt.{platform}").DISCOVERY_SCHEMA(dict(config))
            except Exception as why:
                wrong.append(f"{where}: {why}")
                continue
            wrong += [f"{where}: {key} is not known" for key in config.keys() - taken.keys()]
            kind, unit = taken.get("device_class"), taken.get("unit_of_measurement")
            if platform == "sensor" and kind:
                if unit not in DEVICE_CLASS_UNITS[kind]:
                    wrong.append(f"{where}: {kind} is not measured in {unit}")
                if taken.get("state_class") not in DEVICE_CLASS_STATE_CLASSES[kind]:
                    wrong.append(f"{where}: {kind} has no {taken.get('state_class')}")
            if platform == "number" and kind and unit not in number_units[kind]:
                wrong.append(f"{where}: {kind} is not measured in {unit}")
            checked[platform] = checked.get(platform, 0) + 1
    return {"checked": checked, "wrong": wrong}


print(json.dumps({"announced": announced, "keys": keys, "open": open_message, "webhook": webhook}[sys.argv[1]](json.load(sys.stdin))))
