#!/usr/bin/env python3
"""Makes vectors.json beside this file: the certificates of the sample fleet, computed apart from our
code by the Python package `cryptography` (48.0.0 with OpenSSL 3.5 made the file).

    python3 test/fleet/keys/vectors.py
"""

import hashlib
import hmac
import json
import pathlib
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

ROOT_KEY = bytes(range(32))
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
FLEET = "harbor"
SHARED = [
    "localhost",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
]


def derive(context, length):
    """HKDF-SHA256 (RFC 5869)."""
    info = json.dumps(context, separators=(",", ":")).encode()
    prk = hmac.digest(b"flotilla/1", ROOT_KEY, "sha256")
    out, block = b"", b""
    for counter in range(1, 255):
        if len(out) >= length:
            return out[:length]
        block = hmac.digest(prk, block + info + bytes([counter]), "sha256")
        out += block


def key_of(*context):
    material = int.from_bytes(derive([FLEET, *context], 48), "big")
    return ec.derive_private_key(material % (ORDER - 1) + 1, ec.SECP256R1())


def name_of(purpose, device=None, generation=None):
    parts = [(NameOID.ORGANIZATION_NAME, FLEET)]
    if device is None:
        parts += [(NameOID.COMMON_NAME, purpose)]
    else:
        parts += [(NameOID.ORGANIZATIONAL_UNIT_NAME, device)]
        parts += [(NameOID.COMMON_NAME, f"{purpose}-{generation}")]
    return x509.Name([x509.NameAttribute(*part) for part in parts])


def identifier(key):
    point = key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    return hashlib.sha256(point).digest()[:20]


def certificate(context, subject, key, extensions, times, issuer=None):
    name, signer = issuer or (subject, key)
    dates = [moment.strftime("%Y-%m-%d") for moment in times]
    serial = bytearray(derive([FLEET, "serial", *context, *([] if len(context) > 3 else dates)], 16))
    serial[0] = serial[0] & 0x3F | 0x40
    builder = (
        x509.CertificateBuilder()
        .serial_number(int.from_bytes(serial, "big"))
        .subject_name(subject)
        .issuer_name(name)
        .public_key(key.public_key())
        .not_valid_before(times[0])
        .not_valid_after(times[1])
    )
    for value, critical in extensions:
        builder = builder.add_extension(value, critical)
    builder = builder.add_extension(x509.SubjectKeyIdentifier(identifier(key)), False)
    if issuer:
        known = x509.AuthorityKeyIdentifier(identifier(signer), None, None)
        builder = builder.add_extension(known, False)
    signed = builder.sign(signer, hashes.SHA256(), ecdsa_deterministic=True)
    return signed.public_bytes(serialization.Encoding.PEM).decode()


def usage(**bits):
    names = "digital_signature content_commitment key_encipherment data_encipherment key_agreement"
    names += " key_cert_sign crl_sign encipher_only decipher_only"
    return x509.KeyUsage(**{name: bits.get(name, False) for name in names.split()}), True


def authority(length):
    return [(x509.BasicConstraints(True, length), True), usage(key_cert_sign=True)]


def private(key):
    form = serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(
        serialization.Encoding.PEM, form, serialization.NoEncryption()
    ).decode()


SERVER = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
CLIENT = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False)
TIMES = (datetime(2020, 1, 1), datetime(2050, 1, 1))


def made(context, extensions, issuer=None):
    key = key_of(*context)
    return certificate(context, name_of(*context), key, extensions, TIMES, issuer), key


def device(name, generation):
    def own(purpose):
        return made([purpose, name, generation], authority(0))

    suffix = "" if generation == 1 else f".g{generation}"
    names = [f"{name}{suffix}.{FLEET}.internal", name, *SHARED]
    bound = x509.NameConstraints([x509.DNSName(each) for each in names], None)
    server = made(
        ["server-ca", name, generation],
        [*authority(0), SERVER, (bound, True)],
        (name_of("fleet-root"), key_of("fleet-root")),
    )
    client, header, etcd = own("client-ca"), own("request-header-ca"), own("etcd-ca")
    return {
        "client-ca.crt": client[0],
        "client-ca.key": private(client[1]),
        "etcd/peer-ca.crt": etcd[0],
        "etcd/peer-ca.key": private(etcd[1]),
        "etcd/server-ca.crt": etcd[0],
        "etcd/server-ca.key": private(etcd[1]),
        "request-header-ca.crt": header[0],
        "request-header-ca.key": private(header[1]),
        "server-ca.crt": server[0] + root[0],
        "server-ca.key": private(server[1]),
        "service.key": private(key_of("service-account", name, generation)),
    }


def admin(name, generation, user, before, after):
    texts = [moment.strftime("%Y-%m-%dT%H:%M:%S.000Z") for moment in (before, after)]
    context = ["admin", name, generation, user, *texts]
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "system:masters"),
            x509.NameAttribute(NameOID.COMMON_NAME, user),
        ]
    )
    key = key_of(*context)
    leaf = [(x509.BasicConstraints(False, None), True), usage(digital_signature=True), CLIENT]
    issuer = (name_of("client-ca", name, generation), key_of("client-ca", name, generation))
    return {
        "admin.crt": certificate(context, subject, key, leaf, (before, after), issuer),
        "admin.key": private(key),
    }


root = made(["fleet-root"], authority(1))
hub = made(["hub-client-ca"], [*authority(0), CLIENT])
next_hub = made(["hub-client-ca", "hub", 2], [*authority(0), CLIENT])
texts = {
    "fleet": {
        "root.crt": root[0],
        "hub-client-ca.crt": hub[0],
        "hub-client-ca.key": private(hub[1]),
        "hub-client-ca-2.crt": next_hub[0],
        "hub-client-ca-2.key": private(next_hub[1]),
    },
    "store-01": device("store-01", 2)
    | admin("store-01", 2, "ann", datetime(2026, 11, 22, 8, 30), datetime(2026, 11, 22, 9, 30, 1)),
    "kiosk-01": device("kiosk-01", 1),
}
digests = {
    owner: {name: hashlib.sha256(text.encode()).hexdigest() for name, text in files.items()}
    for owner, files in texts.items()
}
target = pathlib.Path(__file__).with_name("vectors.json")
target.write_text(json.dumps(digests, indent=2) + "\n")
