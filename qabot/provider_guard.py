"""Tell a breaker how each call of a provider went, and the log of each change. Knows no SDK and no network."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from qabot.breaker import Breaker, Call, State
from qabot.provider_contract import (
    ProviderError,
    ProviderLeftAlone,
    ProviderMisconfigured,
    ProviderRateLimited,
    ProviderRefusedContent,
)

log = logging.getLogger(__name__)


def breaker_for(role: str) -> Breaker:
    """A breaker whose changes are logged, once each."""
    return Breaker(partial(_log_change, role))


@contextmanager
def guarded(breaker: Breaker) -> Iterator[Call]:
    """One call of a provider. Raises ProviderLeftAlone where the breaker lets none through."""
    call = breaker.begin()
    if call is None:
        raise ProviderLeftAlone("The provider failed several times just now, and is not asked for a moment.")
    try:
        yield call
    except (ProviderMisconfigured, ProviderRefusedContent):
        call.succeeded()  # it answered, and at once: there is nothing to spare anybody
        raise
    except ProviderRateLimited as error:
        call.failed(error.retry_after or 0.0)
        raise
    except ProviderError:
        call.failed()
        raise
    except BaseException:
        call.abandoned()
        raise
    call.succeeded()


def _log_change(role: str, state: State) -> None:
    level = logging.WARNING if state == State.OPEN else logging.INFO
    log.log(level, "provider breaker", extra={"role": role, "state": state.value})
