"""TLS and SASL: the options of aiokafka's clients, and what is wrong when a broker refuses them."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any
from urllib.parse import urlsplit

from aiokafka import errors as kafka
from aiokafka.conn import create_conn

from twin_common.errors import BrokerRefused, SettingsError
from twin_common.settings.standard import Stream


def security_options(stream: Stream) -> dict[str, Any]:
    """How clients encrypt and say who they are; nothing for plain text.

    Raises:
        SettingsError: a certificate or key can't be read.
    """
    if stream.security_protocol == "PLAINTEXT":
        return {}
    options: dict[str, Any] = {"security_protocol": stream.security_protocol}
    if stream.encrypted:
        options["ssl_context"] = _context(stream)
    if stream.security_protocol.startswith("SASL") and stream.sasl_password is not None:
        options |= {
            "sasl_mechanism": stream.sasl_mechanism,
            "sasl_plain_username": stream.sasl_username,
            "sasl_plain_password": stream.sasl_password.get_secret_value(),
        }
    return options


async def refusal(stream: Stream) -> BrokerRefused | None:
    """Why a broker that is there refuses us; None when none is there.

    aiokafka says the same of both: it couldn't bootstrap.
    """
    if stream.security_protocol == "PLAINTEXT":
        return None
    options = security_options(stream)
    for broker in stream.broker_list:
        parts = urlsplit(f"kafka://{broker}")
        try:
            async with asyncio.timeout(stream.connect_timeout_s):
                _, writer = await asyncio.open_connection(parts.hostname, parts.port)
                writer.close()
                connection = await create_conn(
                    parts.hostname, parts.port, request_timeout_ms=stream.request_timeout_ms, **options
                )
        except ssl.SSLCertVerificationError as error:
            return BrokerRefused(
                f"the broker at {broker} has a certificate that isn't trusted: {error.verify_message}; "
                "see stream.ca_file"
            )
        except ssl.SSLError as error:
            return BrokerRefused(
                f"the broker at {broker} doesn't speak TLS there, or not with our certificate: {error.reason}; see "
                "stream.security_protocol and stream.cert_file"
            )
        except (kafka.SaslAuthenticationFailed, kafka.AuthenticationFailedError) as error:
            return BrokerRefused(
                f"the broker at {broker} refuses user {stream.sasl_username}: {error}; see stream.sasl_username and "
                "stream.sasl_password"
            )
        except kafka.UnsupportedSaslMechanismError as error:
            return BrokerRefused(f"the broker at {broker}: {error}; see stream.sasl_mechanism")
        except kafka.KafkaConnectionError:
            if stream.security_protocol == "SASL_SSL" or stream.cert_file is not None:
                continue  # nothing is missing on this side: it ends the connection since it is about to end itself
            return BrokerRefused(
                f"the broker at {broker} takes the connection and ends it; see stream.security_protocol, and "
                "stream.cert_file if it asks for a client certificate"
            )
        except (kafka.KafkaError, OSError, TimeoutError):
            continue
        connection.close()
    return None


def _context(stream: Stream) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=stream.ca_file)
        if stream.cert_file is not None:
            context.load_cert_chain(stream.cert_file, stream.key_file)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(
            f"stream.ca_file, stream.cert_file or stream.key_file can't be used: {error}; they must be PEM files"
        ) from None
    return context
