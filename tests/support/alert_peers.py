"""Others' libraries on what the recorder sends: `keys` makes those of a browser, `open` decrypts a push message (http_ece) and
verifies who sent it (PyJWT), `webhook` verifies a signature (standardwebhooks). JSON in, JSON out."""

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


print(json.dumps({"keys": keys, "open": open_message, "webhook": webhook}[sys.argv[1]](json.load(sys.stdin))))
