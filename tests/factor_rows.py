"""Second factors for tests, in a line each, as if their person had set them up."""

import secrets
from unittest import mock

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from cryptography.hazmat.primitives.asymmetric import ec
from django.contrib.auth.models import User
from fido2.cose import ES256
from fido2.utils import sha256
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorAttestationResponse,
    AuthenticatorData,
    CollectedClientData,
    RegistrationResponse,
)

from vps.services.factors import seal_for

SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def give_app(person: User, seed: str = SEED) -> Authenticator:
    """An app for one-time codes that has that secret."""
    data = {"secret": seal_for(person.pk, seed)}
    made: Authenticator = Authenticator.objects.create(user=person, type="totp", data=data)
    return made


def give_codes(person: User) -> list[str]:
    """Recovery codes, as they are shown."""
    seed = RecoveryCodes.generate_seed()
    data = {"seed": seal_for(person.pk, seed), "used_mask": 0}
    row = Authenticator.objects.create(user=person, type="recovery_codes", data=data)
    with mock.patch("allauth.mfa.recovery_codes.internal.auth.decrypt", return_value=seed):
        return list(row.wrap().generate_codes())


def give_passkey(person: User, name: str = "laptop") -> Authenticator:
    """A real one, whose key nobody holds."""
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    key = ES256.from_cryptography_key(public)  # type: ignore[no-untyped-call]
    held = AttestedCredentialData.create(Aaguid(bytes(16)), secrets.token_bytes(16), key)
    flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV | AuthenticatorData.FLAG.AT
    seen = AttestationObject.create(
        "none", AuthenticatorData.create(sha256(b"localhost"), flags, 0, bytes(held)), {}
    )
    told = CollectedClientData.create("webauthn.create", b"challenge", "http://localhost")
    answer = AuthenticatorAttestationResponse(client_data=told, attestation_object=seen)
    credential = dict(RegistrationResponse(raw_id=held.credential_id, response=answer))
    made: Authenticator = Authenticator.objects.create(
        user=person, type="webauthn", data={"name": name, "credential": credential}
    )
    return made
