"""The only place that knows everyone: `build` wires the application, `doors` lists its routers."""

from api_gateway.bootstrap.application import build

__all__ = ["build"]
