"""TLS as the settings ask for it."""

import ssl

from twin_common.settings.services import Mqtt


def tls_context(settings: Mqtt) -> ssl.SSLContext:
    """Trusts the configured authorities, and shows the client certificate when there is one.

    Raises:
        OSError: a file can't be read, or isn't what it should be.
    """
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
    except OSError as error:
        raise OSError(f"mqtt.ca_file {settings.ca_file} can't be used: {error}") from error
    if settings.cert_file is not None:
        try:
            context.load_cert_chain(settings.cert_file, settings.key_file)
        except OSError as error:
            files = f"mqtt.cert_file {settings.cert_file} and mqtt.key_file {settings.key_file}"
            raise OSError(f"{files} can't be used: {error}") from error
    return context
